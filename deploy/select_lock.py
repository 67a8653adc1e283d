"""Print the part of requirements.lock that some extras need, for `pip install --require-hashes`.

    python deploy/select_lock.py web bot > web-and-bot.txt

One lock file holds every extra; a container of `web` must not carry torch. The lock's own "# via"
comments say who needs what, so the part is what can be reached from the extras' own dependencies.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def normalized(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    """The normalized name at the start of a requirement."""
    match = _NAME.match(requirement)
    if match is None:
        raise ValueError(requirement)
    return normalized(match.group())


def blocks(lock: str) -> list[str]:
    """The lock's entries: a requirement line with its hashes and its "# via" comments."""
    found: list[list[str]] = []
    for line in lock.splitlines():
        if _NAME.match(line):
            found.append([])
        if found:
            found[-1].append(line)
    return ["\n".join(lines) for lines in found]


def needed_by(block: str) -> set[str]:
    """The names in an entry's "# via" comment."""
    comment = "\n".join(line for line in block.splitlines() if line.lstrip().startswith("#"))
    words = re.sub(r"#|\bvia\b", " ", comment).split("\n")
    return {name_of(word.strip()) for word in words if word.strip()}


def select(lock: str, direct: set[str]) -> list[str]:
    """The entries reachable from the names in `direct`, in the lock's order."""
    entries = blocks(lock)
    wanted = set(direct)
    while True:
        reached = {name_of(entry) for entry in entries if needed_by(entry) & wanted}
        if reached <= wanted:
            return [entry for entry in entries if name_of(entry) in wanted]
        wanted |= reached


def main(extras: list[str]) -> int:
    """Print the part; exit code 2 if an extra does not exist."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    unknown = [extra for extra in extras if extra not in optional]
    if unknown:
        print(
            f"no such extra: {', '.join(unknown)}; there are {', '.join(optional)}", file=sys.stderr
        )
        return 2
    requirements = [
        *project["dependencies"],
        *(line for extra in extras for line in optional[extra]),
    ]
    lock = (ROOT / "requirements.lock").read_text()
    print("\n".join(select(lock, {name_of(line) for line in requirements})))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
