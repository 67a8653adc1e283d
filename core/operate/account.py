"""Which account PostgreSQL runs as, and what that account can reach.

PostgreSQL refuses to run as root. Then it runs as an account that the machine already has; none is
made, and no folder of the operator's is opened to others.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from core.operate.problems import CannotStart

# First the account that distributions make for PostgreSQL, then the one that every Unix has.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An account to run a child as, with no supplementary groups."""

    name: str
    uid: int
    gid: int


def unprivileged_account(owner_of: Path | None = None) -> Account | None:
    """None when we are not root: run as we are. Else the cluster's owner, or a candidate.

    owner_of: the cluster, if it exists; only its owner may run it. Raises CannotStart.
    """
    if os.geteuid() != 0:
        return None
    if owner_of is not None and (uid := owner_of.stat().st_uid) != 0:
        try:
            return _account(pwd.getpwuid(uid))
        except KeyError:
            return Account(str(uid), uid, owner_of.stat().st_gid)
    for name in CANDIDATES:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise CannotStart(
        "PostgreSQL does not run as root, and this machine has neither an account 'postgres' nor "
        "'nobody': run as an ordinary user."
    )


def closed_folder(path: Path, account: Account) -> Path | None:
    """The first folder on the way to (and with) `path` that the account cannot enter, or None.

    Judged by owner, group and mode, as the kernel does without access lists.
    """
    real = path.resolve()
    for folder in reversed([real, *real.parents]):
        mode = folder.stat()
        if mode.st_uid == account.uid:
            enter = mode.st_mode & stat.S_IXUSR
        elif mode.st_gid == account.gid:
            enter = mode.st_mode & stat.S_IXGRP
        else:
            enter = mode.st_mode & stat.S_IXOTH
        if not enter:
            return folder
    return None


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
