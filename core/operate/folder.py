"""The data folder: made, checked, and claimed by one supervisor at a time."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.operate.problems import AlreadyRunning, DiskFull, FolderUnusable

# After kill -9 of a supervisor its children hold the lock until they have ended: PostgreSQL's
# immediate shutdown is bounded by 5 s.
LEFTOVERS_END_S = 8.0
LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A claimed data folder. lock: the descriptor of the lock, inherited by every child."""

    path: Path
    lock: int

    @property
    def logs(self) -> Path:
        """Where every child writes what it has to say."""
        return self.path / "logs"


@contextmanager
def claim(path: Path) -> Iterator[DataFolder]:
    """Make the folder if needed and hold it.

    Children inherit the lock, so a new supervisor cannot meet the dying children of one that was
    killed. Raises FolderUnusable or AlreadyRunning.
    """
    path = path.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        path = path.resolve()
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise FolderUnusable(
            f"The data folder {path} cannot be written ({problem.strerror}): "
            "set AUDITORIUM_DATA to a folder that you own."
        ) from problem
    try:
        _hold(lock, path)
        try:
            (path / "logs").mkdir(exist_ok=True)
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(os.getpid()).encode(), 0)
        except OSError as problem:
            raise FolderUnusable(
                f"The data folder {path} cannot be written ({problem.strerror})."
            ) from problem
        yield DataFolder(path, lock)
    finally:
        os.close(lock)


def is_claimed(path: Path) -> bool:
    """Whether a supervisor, or children that it left, hold the folder now. Changes nothing."""
    try:
        lock = os.open(path / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Shared, and let go at once: a supervisor that starts in between looks again.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def check_free_space(path: Path, least_mb: int) -> None:
    """Raises DiskFull when the file system of `path` has less than least_mb megabytes for us."""
    free_mb = shutil.disk_usage(path).free // 1_000_000
    if free_mb < least_mb:
        raise DiskFull(
            f"Too little disk: {free_mb} MB are free in {path}, {least_mb} MB are needed: "
            "free some, or set AUDITORIUM_DATA (another disk) or AUDITORIUM_LEAST_FREE_MB (less)."
        )


def _hold(lock: int, path: Path) -> None:
    deadline = time.monotonic() + LEFTOVERS_END_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            owner = _owner(lock)
            if owner is not None and _runs(owner):
                raise AlreadyRunning(
                    f"Auditorium already runs on the data folder {path} (process {owner}): "
                    "stop it first, or set AUDITORIUM_DATA to another folder."
                ) from problem
            if time.monotonic() > deadline:
                raise AlreadyRunning(
                    f"Processes of an earlier start still hold the data folder {path}: "
                    "wait for them to end, or stop them."
                ) from problem
            time.sleep(LOOK_AGAIN_S)  # flock with a deadline does not exist
        except OSError as problem:
            raise FolderUnusable(
                f"The data folder {path} cannot be locked ({problem.strerror}): "
                "set AUDITORIUM_DATA to a folder on a local disk."
            ) from problem
        else:
            return


def _owner(lock: int) -> int | None:
    text = os.pread(lock, 20, 0)
    return int(text) if text.isdigit() else None


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it exists and is somebody else's
        return True
    return True
