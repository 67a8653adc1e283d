"""What doctor says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Only FAILED makes the command's exit code 1."""

    OK = "ok"
    WARNING = "warning"  # works, and will surprise somebody
    FAILED = "failed"  # something that people need does not work


class Subject(StrEnum):
    """What was looked at, in the order in which it is told."""

    SETTINGS = "settings"
    DISK = "disk"
    SERVERS = "servers"
    POSTGRES = "postgres"
    REDIS = "redis"
    STORE = "store"
    MODEL = "model"
    TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """code: stable, for machines. says: what is; advice: what to do about it, or nothing."""

    subject: Subject
    code: str
    level: Level
    says: str
    advice: str = ""


def ok(subject: Subject, code: str, says: str, advice: str = "") -> Finding:
    """All is well."""
    return Finding(subject=subject, code=code, level=Level.OK, says=says, advice=advice)


def warning(subject: Subject, code: str, says: str, advice: str) -> Finding:
    """It works, but not as somebody expects."""
    return Finding(subject=subject, code=code, level=Level.WARNING, says=says, advice=advice)


def failed(subject: Subject, code: str, says: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(subject=subject, code=code, level=Level.FAILED, says=says, advice=advice)


def worst_is_failed(findings: list[Finding]) -> bool:
    """Whether anything failed."""
    return any(finding.level is Level.FAILED for finding in findings)
