"""What stops the operator's commands: each is one line on stderr and an exit code, no traceback."""

from typing import ClassVar


class CannotStart(Exception):
    """Something that the operator can put right; the message is one line that says how."""

    exit_code: ClassVar[int] = 1


class AlreadyRunning(CannotStart):
    """Another supervisor holds this data folder."""

    exit_code = 3


class PortTaken(CannotStart):
    """Another program listens where the web process should."""

    exit_code = 4


class FolderUnusable(CannotStart):
    """The data folder cannot be made, written, or reached by the account that has to."""

    exit_code = 5


class DiskFull(CannotStart):
    """Less free space than the setting asks for."""

    exit_code = 6


class ServerFailed(CannotStart):
    """A server or program ended, or was not ready in time; the line names its log."""

    exit_code = 7
