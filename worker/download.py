"""One file over HTTP, bounded in bytes and in time."""

import time
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from worker.errors import ModelDownloadFailed

# No byte for this long means that the other side is gone.
SILENCE_S: Final = 20.0
# 67 MB over a bad lecture-hall line (1 Mbit/s) takes nine minutes.
WHOLE_S: Final = 600.0
_CHUNK_BYTES: Final = 1 << 18


def fetch(
    url: str,
    target: Path,
    *,
    most_bytes: int,
    silence_s: float = SILENCE_S,
    whole_s: float = WHOLE_S,
) -> None:
    """Writes what `url` answers into `target`. Blocking.

    Raises ModelDownloadFailed on an HTTP error, no connection, silence, more than `most_bytes`,
    or more than `whole_s` seconds in all.
    """
    until = time.monotonic() + whole_s
    request = Request(url, headers={"User-Agent": "auditorium"})  # noqa: S310 -- our own table
    try:
        with (
            urlopen(request, timeout=silence_s) as answer,  # noqa: S310 -- our own table
            target.open("wb") as stream,
        ):
            taken = 0
            while chunk := answer.read(_CHUNK_BYTES):
                taken += len(chunk)
                if taken > most_bytes:
                    raise ModelDownloadFailed(f"{url}: more than {most_bytes} bytes")
                if time.monotonic() > until:
                    raise ModelDownloadFailed(f"{url}: not finished within {whole_s:.0f} s")
                stream.write(chunk)
            promised = answer.headers.get("Content-Length")
            if promised is not None and int(promised) != taken:
                raise ModelDownloadFailed(f"{url}: {taken} of {promised} bytes came")
    except HTTPError as error:
        raise ModelDownloadFailed(f"{url}: HTTP {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:
        # URLError is an OSError; ValueError is a URL or a Content-Length that is none.
        raise ModelDownloadFailed(f"{url}: {error}") from error
