"""What the disk, the data folder and the worker's word on its model mean. Pure."""

from typing import Final

from core.operate.doctor.ask_machine import MODEL_WITHIN_S, FolderFacts, ModelFacts
from core.operate.doctor.finding import Finding, Subject, failed, ok, warning
from core.settings import Settings

# A lecture of 100 boards is about 0.5 GB: below twice the least, the next but one does not fit.
AMPLE: Final = 2


def judge_folder(settings: Settings, found: FolderFacts) -> list[Finding]:
    """Disk and permissions."""
    if not found.writable:
        return [
            failed(
                Subject.DISK,
                "not_writable",
                f"{found.path} cannot be written",
                "Set AUDITORIUM_DATA to a folder that this account owns, or change its owner.",
            )
        ]
    findings = [_space(settings, str(found.path), found.free_mb)]
    if found.cluster is not None and found.cluster_free_mb is not None:
        findings.append(_space(settings, str(found.cluster), found.cluster_free_mb))
    if found.mode is not None and found.mode & 0o077:
        findings.append(
            failed(
                Subject.DISK,
                "open_passwords",
                f"servers.json has mode {found.mode:04o}: others can read the servers' passwords",
                f"chmod 600 {found.path / 'servers.json'}",
            )
        )
    if not found.owned:
        findings.append(
            warning(
                Subject.DISK,
                "other_owner",
                f"{found.path} belongs to another account",
                "Run Auditorium, and doctor, as the account that made it.",
            )
        )
    return findings


def judge_model(settings: Settings, found: ModelFacts | None) -> list[Finding]:
    """found: None where no worker is to run here."""
    model = settings.model
    if found is None:
        return [ok(Subject.MODEL, "elsewhere", "not checked: AUDITORIUM_WORKERS is 0")]
    match found.code:
        case 0:  # the exit codes of worker.check
            return [ok(Subject.MODEL, "usable", found.said)]
        case 3:
            return [
                warning(
                    Subject.MODEL,
                    "not_here",
                    found.said,
                    "The worker downloads it at its first start: see that the network is there.",
                )
            ]
        case None:
            return [
                warning(
                    Subject.MODEL,
                    "not_told",
                    f"{model}: not checked within {MODEL_WITHIN_S:.0f} s",
                    "The machine is busy or its disk slow: `python -m worker check` waits longer.",
                )
            ]
        case _:
            return [
                failed(
                    Subject.MODEL,
                    "unusable",
                    found.said or f"{model}: the check ended with exit code {found.code}",
                    "Set MODEL, MODEL_SHA256 and DEVICE: docs/models.md lists what there is.",
                )
            ]


def _space(settings: Settings, path: str, free_mb: int) -> Finding:
    least = settings.auditorium_least_free_mb
    if free_mb < least:
        return failed(
            Subject.DISK,
            "full",
            f"{free_mb} MB are free in {path}, a start needs {least}",
            "Free some, or set AUDITORIUM_DATA to another disk or AUDITORIUM_LEAST_FREE_MB lower.",
        )
    if free_mb < AMPLE * least:
        return warning(
            Subject.DISK,
            "nearly_full",
            f"{free_mb} MB are free in {path}, a start needs {least}",
            "Enough for a lecture or two: make room soon.",
        )
    return ok(Subject.DISK, "space", f"{free_mb / 1000:.1f} GB are free in {path}")
