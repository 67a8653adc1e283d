"""The findings as people and machines read them. Pure."""

import json
import re
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, urlsplit

from core.logs import Redactor, secrets_of
from core.operate.doctor.finding import Finding, Level
from core.settings import Settings

WIDEST: Final = 100  # columns; longer lines are hard to read
NARROWEST: Final = 40
_WORDS: Final = {Level.OK: "OK", Level.WARNING: "WARNING", Level.FAILED: "FAILED"}
_LEVEL_WIDTH: Final = 9
_SUBJECT_WIDTH: Final = 10
_COLOURS: Final = {Level.OK: "\x1b[32m", Level.WARNING: "\x1b[33m", Level.FAILED: "\x1b[31m"}
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"  # ECMA-48
_CONTROL: Final = re.compile(r"[^\x20-\x7e\u00a0-\uffff]+")


def without_secrets(findings: Sequence[Finding], *settings: Settings) -> list[Finding]:
    """The findings with every secret of these settings blanked, and nothing that moves a cursor.

    No finding should hold any; but they repeat what servers and libraries say.
    """
    redactor = Redactor(secret for each in settings for secret in _secrets(each))

    def clean(text: str) -> str:
        return redactor.clean_text(_CONTROL.sub(" ", text))

    return [
        replace(finding, says=clean(finding.says), advice=clean(finding.advice))
        for finding in findings
    ]


def as_lines(findings: Sequence[Finding], columns: int, *, coloured: bool) -> list[str]:
    """A line a finding, its advice below it, and a last line that sums up."""
    width = max(NARROWEST, min(columns, WIDEST))
    lines: list[str] = []
    for finding in findings:
        margin = " " * (_LEVEL_WIDTH + _SUBJECT_WIDTH)
        first = f"{_WORDS[finding.level]:<{_LEVEL_WIDTH}}{finding.subject:<{_SUBJECT_WIDTH}}"
        told = _wrapped(finding.says, width, first, margin)
        if coloured:
            word = _WORDS[finding.level]
            told[0] = told[0].replace(word, f"{_COLOURS[finding.level]}{word}{_PLAIN}", 1)
        lines += told
        if finding.advice:
            lines += _wrapped(finding.advice, width, f"{margin}→ ", f"{margin}  ")
    total = _sum(findings)
    return [*lines, "", f"{_BOLD}{total}{_PLAIN}" if coloured else total]


def as_json(findings: Sequence[Finding], took_s: float) -> str:
    """One object: ok, seconds, and the findings with their codes."""
    return json.dumps(
        {
            "ok": all(finding.level is not Level.FAILED for finding in findings),
            "seconds": round(took_s, 2),
            "findings": [
                {
                    "subject": finding.subject.value,
                    "code": finding.code,
                    "level": finding.level.value,
                    "says": finding.says,
                    "advice": finding.advice,
                }
                for finding in findings
            ],
        },
        ensure_ascii=False,
    )


def _wrapped(text: str, width: int, first: str, margin: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=margin,
        break_on_hyphens=False,
    ) or [first]


def _sum(findings: Sequence[Finding]) -> str:
    counted = {
        level: sum(finding.level is level for finding in findings)
        for level in (Level.FAILED, Level.WARNING)
    }
    warnings = {0: "no warnings", 1: "1 warning"}.get(
        counted[Level.WARNING], f"{counted[Level.WARNING]} warnings"
    )
    if counted[Level.FAILED]:
        return f"{counted[Level.FAILED]} failed, {warnings}."
    return f"Nothing failed, {warnings}."


def _secrets(settings: Settings) -> list[str]:
    """What must not be shown: secrets by themselves and those that stand in addresses."""
    found = secrets_of(settings)
    if settings.bot_token is not None:
        found.append(settings.bot_token.get_secret_value().partition(":")[2])
    for name in type(settings).model_fields:
        text = str(getattr(settings, name))
        if "://" not in text:
            continue
        try:
            password = urlsplit(text).password
        except ValueError:
            continue
        found += [password, unquote(password)] if password else []
    return found
