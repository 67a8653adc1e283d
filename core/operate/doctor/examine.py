"""Which checks there are, and the command around them."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.operate.doctor import ask_postgres, ask_redis, ask_store
from core.operate.doctor.ask_machine import ask_folder, ask_model, read_env_file
from core.operate.doctor.ask_telegram import ask_telegram
from core.operate.doctor.checks import Ask, Check, run_checks
from core.operate.doctor.find_servers import Servers, find_servers
from core.operate.doctor.finding import Finding, Subject, failed, worst_is_failed
from core.operate.doctor.judge_machine import judge_folder, judge_model
from core.operate.doctor.judge_servers import judge_postgres, judge_redis, judge_store
from core.operate.doctor.judge_settings import judge_settings, unreadable
from core.operate.doctor.judge_telegram import judge_telegram
from core.operate.doctor.reach import Unreachable, Why, away
from core.operate.doctor.report import as_json, as_lines, without_secrets
from core.operate.problems import FolderUnusable
from core.operate.terminal import Progress, has_colours, say
from core.settings import Settings, load_settings

# Seconds. All run at once, so that the command takes as long as the longest of those that hang.
DISK_S: Final = 5.0
SERVER_S: Final = 10.0
TELEGRAM_S: Final = 14.5
MODEL_S: Final = 16.0  # its child process is killed after 14

SERVERS: Final = (Subject.POSTGRES, Subject.REDIS, Subject.STORE)
SOMETHING_FAILED: Final = 1


def doctor(*, machine: bool) -> int:
    """Look at everything and print it, as JSON for a machine; the exit code."""
    began = time.monotonic()
    try:
        settings = load_settings()
    except (ValueError, OSError) as problem:
        findings = without_secrets(unreadable(problem))
    else:
        live = sys.stderr.isatty() and not machine
        if live:
            with Progress(sys.stderr) as progress:
                findings = examine(
                    settings,
                    os.environ,
                    lambda share: progress.show("checking", time.monotonic() - began, share),
                )
        else:
            findings = examine(settings, os.environ)
    _print(findings, time.monotonic() - began, machine=machine)
    return SOMETHING_FAILED if worst_is_failed(findings) else 0


def examine(
    settings: Settings,
    environ: Mapping[str, str],
    told: Callable[[float], None] = lambda _share: None,
) -> list[Finding]:
    """All findings, without secrets. told: hears what share of the checks has ended. Blocks."""
    found = judge_settings(settings, read_env_file())
    try:
        servers: Servers | None = find_servers(settings, environ)
    except FolderUnusable as problem:
        servers = None
        found.append(failed(Subject.SERVERS, "folder_unusable", str(problem), ""))
    checks = [
        Check(Subject.DISK, DISK_S, _disk(settings, servers)),
        *([] if servers is None else _servers(servers)),
        Check(Subject.MODEL, MODEL_S, _model(settings, environ)),
        Check(Subject.TELEGRAM, TELEGRAM_S, _telegram(settings)),
    ]
    found += run_checks(checks, lambda done: told(done / len(checks)))
    found = nothing_runs(found, servers)
    return without_secrets(found, settings, *([] if servers is None else [servers.settings]))


def nothing_runs(findings: Sequence[Finding], servers: Servers | None) -> list[Finding]:
    """One finding in place of three where no server is there at all. Pure."""
    refused = [finding for finding in findings if finding.subject in SERVERS]
    all_refused = [finding.code for finding in refused] == [Why.REFUSED] * len(SERVERS)
    if servers is None or not all_refused:
        return list(findings)
    if servers.running:
        says = f"Auditorium holds {servers.data}, but none of its servers answers"
        logs = servers.data / "logs"
        advice = f"If it has just been started, try again in some seconds; else look into {logs}."
    else:
        says = "nothing is running: no server answers"
        advice = (
            "`make run` starts everything. For servers of your own set DATABASE_URL, REDIS_URL "
            "and S3_URL."
        )
    told = failed(Subject.SERVERS, "nothing_runs", says, advice)
    place = findings.index(refused[0])
    before = [finding for finding in findings[:place] if finding not in refused]
    return [*before, told, *(finding for finding in findings[place:] if finding not in refused)]


def _servers(servers: Servers) -> list[Check]:
    settings = servers.settings

    def postgres() -> list[Finding]:
        return judge_postgres(
            settings,
            ask_postgres.where_of(settings),
            ask_postgres.ask_postgres(settings),
            ask_postgres.read_migrations(),
            servers.help_for(Subject.POSTGRES),
        )

    def redis() -> list[Finding]:
        where, answer = ask_redis.where_of(settings), ask_redis.ask_redis(settings)
        return judge_redis(where, answer, servers.help_for(Subject.REDIS))

    def store() -> list[Finding]:
        where, answer = ask_store.where_of(settings), ask_store.ask_store(settings)
        return judge_store(where, answer, servers.help_for(Subject.STORE))

    asks: dict[Subject, Ask] = {
        Subject.POSTGRES: postgres,
        Subject.REDIS: redis,
        Subject.STORE: store,
    }
    # Servers of a folder that nobody holds are not asked: others may have their ports by now.
    off = frozenset() if servers.running else servers.embedded
    return [
        Check(subject, SERVER_S, _off(subject) if subject in off else ask)
        for subject, ask in asks.items()
    ]


def _off(subject: Subject) -> Ask:
    problem = Unreachable(Why.REFUSED, "its supervisor is not running")
    return lambda: [away(subject, "the data folder's own", problem, "`make run` starts it.")]


def _disk(settings: Settings, servers: Servers | None) -> Ask:
    cluster = None if servers is None else servers.cluster
    return lambda: judge_folder(settings, ask_folder(settings.auditorium_data, cluster))


def _model(settings: Settings, environ: Mapping[str, str]) -> Ask:
    if settings.auditorium_workers == 0:
        return lambda: judge_model(settings, None)
    return lambda: judge_model(settings, ask_model(settings, environ))


def _telegram(settings: Settings) -> Ask:
    token, api = settings.bot_token, settings.telegram_api_url
    if token is None:
        return lambda: judge_telegram(settings, None, time.time())
    return lambda: judge_telegram(
        settings,
        ask_telegram(token.get_secret_value(), None if api is None else str(api)),
        time.time(),
    )


def _print(findings: Sequence[Finding], took_s: float, *, machine: bool) -> None:
    if machine:
        say(as_json(findings, took_s))
        return
    columns = shutil.get_terminal_size().columns
    for line in as_lines(findings, columns, coloured=has_colours(sys.stdout)):
        say(line)
