"""Becomes another program, tied to its parent: `launch.py PARENT SIGNAL UID GID PROGRAM ...`.

Run by path with `python -I -S`, so it imports nothing of ours and starts in about 15 ms. It stands
between fork and exec in place of Popen's preexec_fn, which is unsafe beside threads, and in place
of Popen's user=, because after changing the user our own interpreter may be out of reach (a venv
below a folder that only root can enter) while the program to run is not.

PR_SET_PDEATHSIG is set last: the kernel clears it when the credentials change (prctl(2)).
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
KEEP = -1  # as UID: stay who we are
GONE = 113  # exit status when the parent died before we could be tied to it


def main(argv: list[str]) -> None:
    """Drop privileges if told, ask for a signal at the parent's death, and become the program."""
    parent, death_signal, uid, gid = (int(word) for word in argv[:4])
    command = argv[4:]
    libc = ctypes.CDLL(None, use_errno=True)
    if uid != KEEP:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died between our fork and the call above
        sys.exit(GONE)
    os.execv(command[0], command)  # noqa: S606  # no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
