"""What people read: every sentence in both languages, every error with a text."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from core.errors import DomainError, NotFound, TooManyBytes
from core.messages import MESSAGES
from core.texts import (
    LOCALES_DIR,
    ago_text,
    error_code_text,
    error_text,
    load_texts,
    size_text,
    stage_text,
    status_text,
)
from core.values import BoardState, Stage

ROOT = Path(__file__).parents[2]
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None}
# "%(name)s" is filled by Python, "{name}" by the pages' scripts.
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def extracted() -> set[str | tuple[str, str]]:
    found: set[str | tuple[str, str]] = set()
    for folder in ("core", "web", "bot", "templates"):
        for _, _, message, _, _ in extract_from_dir(
            ROOT / folder,
            method_map=[("**.py", "python"), ("**.html", "jinja2")],
            keywords=KEYWORDS,
            directory_filter=lambda path: Path(path).name not in {"node_modules", "static"},
        ):
            found.add((message[0], message[1]) if isinstance(message, tuple) else message)
    return found


@pytest.fixture(scope="module")
def russian() -> Catalog:
    with (LOCALES_DIR / "ru" / "LC_MESSAGES" / "auditorium.po").open("rb") as file:
        return read_po(file, locale="ru", abort_invalid=True)


def forms(entry: object) -> tuple[str, ...]:
    return tuple(entry) if isinstance(entry, list | tuple) else (str(entry),)


def test_every_sentence_is_translated_with_the_same_placeholders(russian: Catalog) -> None:
    messages = extracted()
    assert len(messages) > 150, "the extraction finds the sentences"
    for message in messages:
        entry = russian.get(message[0] if isinstance(message, tuple) else message)
        assert entry is not None, f"not translated: {message!r}"
        assert not entry.fuzzy, message
        assert forms(entry.id) == forms(message), f"plural forms differ: {message!r}"
        wanted = set(PLACEHOLDER.findall(forms(message)[-1]))
        assert len(forms(entry.string)) == (russian.num_plurals if entry.pluralizable else 1)
        for form in forms(entry.string):
            assert form, f"empty: {message!r}"
            assert set(PLACEHOLDER.findall(form)) == wanted, f"placeholders differ: {message!r}"


def test_the_catalogue_holds_nothing_that_nobody_says(russian: Catalog) -> None:
    said = {forms(message)[0] for message in extracted()}
    unused = {forms(entry.id)[0] for entry in russian if entry.id} - said
    assert unused == set()


def subclasses(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


def all_errors() -> set[type[DomainError]]:
    """Every error of the domain, of the pages, of the bot and of the worker."""
    for package in ("core", "web", "bot"):
        for module in walk_packages([str(ROOT / package)], f"{package}."):
            if "__main__" not in module.name:
                import_module(module.name)
    import_module("worker.errors")
    return set(subclasses(DomainError))


def test_every_error_code_has_a_text_of_its_own() -> None:
    codes = {kind.code for kind in all_errors()}
    assert codes <= set(MESSAGES)
    # Codes of boards whose worker went away are stored without an error being raised.
    assert set(MESSAGES) - codes <= {"worker_lost", "worker_stopped"}


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_errors_tell_the_numbers_of_their_context(locale: str) -> None:
    texts = load_texts()[locale]
    told = error_text(texts, TooManyBytes(limit_mb=20))
    assert "20" in told.says
    assert told.advice
    for code in MESSAGES:
        assert "%(" not in error_code_text(texts, code).says + error_code_text(texts, code).advice


def test_an_unknown_code_is_told_as_a_fault_of_ours_and_no_advice_stays_empty() -> None:
    texts = load_texts()["ru"]
    assert error_code_text(texts, "from_the_future") == error_code_text(texts, "internal")
    assert error_code_text(texts, "lease_lost").advice == ""
    assert error_text(texts, NotFound()).says != error_text(load_texts()["en"], NotFound()).says


def test_the_state_of_a_board_is_told_in_words() -> None:
    texts = load_texts()["en"]
    assert status_text(texts, state=BoardState.WAITING) == "Next in the queue"
    assert "3" in status_text(texts, state=BoardState.WAITING, ahead=2)
    running = status_text(texts, state=BoardState.RUNNING, stage=Stage.UPSCALE)
    assert running == stage_text(texts, Stage.UPSCALE)
    assert status_text(texts, state=BoardState.READY) == "Ready"
    failed = status_text(texts, state=BoardState.FAILED, error_code="render_deadline")
    assert failed == error_code_text(texts, "render_deadline").says


def test_sizes_and_ages_are_written_as_the_language_does() -> None:
    catalogues = load_texts()
    assert size_text(catalogues["en"], 2_540_000) == "2.5 MB"
    assert "2,5" in size_text(catalogues["ru"], 2_540_000)
    assert size_text(catalogues["en"], 12) == "1 kB"
    assert ago_text(catalogues["en"], NOW - timedelta(minutes=5), NOW) == "5 minutes ago"
    assert ago_text(catalogues["ru"], NOW - timedelta(minutes=5), NOW) == "5 минут назад"
    assert ago_text(catalogues["en"], NOW + timedelta(seconds=2), NOW) == "just now"
