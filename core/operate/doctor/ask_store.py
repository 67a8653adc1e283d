"""Puts one probe object into the store, reads it and removes it."""

import time
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from core.operate.doctor.reach import Unreachable, Why, why_of
from core.settings import Settings

CONNECT_S: Final = 2.0
READ_S: Final = 3.0
PROBE: Final = b"a probe of `python -m core doctor`, which removes it"
FOLDER: Final = "doctor"

_CREDENTIALS: Final = {
    "InvalidAccessKeyId": "it does not know S3_ACCESS_KEY",
    "SignatureDoesNotMatch": "S3_SECRET_KEY is not this key's",
    "AccessDenied": "the key may not do that",
    "RequestTimeTooSkewed": "this machine's clock differs from the store's",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """left_behind: the probe's key, where it could be put but not removed. took_s: all calls."""

    bucket_exists: bool
    same_bytes: bool = False
    left_behind: str = ""
    took_s: float = 0.0


def where_of(settings: Settings) -> str:
    """Host, port and bucket."""
    parts = urlsplit(str(settings.s3_url))
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}/{settings.s3_bucket}"


def ask_store(settings: Settings) -> StoreFacts | Unreachable:
    """Bucket, PUT, GET, DELETE. Blocks."""
    url = urlsplit(str(settings.s3_url))
    began = time.monotonic()
    with urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S), retries=False
    ) as http:
        try:
            client = Minio(
                url.netloc.rpartition("@")[2],
                access_key=settings.s3_access_key,
                secret_key=settings.s3_secret_key.get_secret_value(),
                secure=url.scheme == "https",
                region="us-east-1",  # as core.storage
                http_client=http,
            )
            if not client.bucket_exists(settings.s3_bucket):
                return StoreFacts(bucket_exists=False)
            same, left_behind = _there_and_back(client, settings.s3_bucket)
        except S3Error as error:
            detail = _CREDENTIALS.get(error.code or "", "")
            if detail:
                return Unreachable(Why.DENIED, detail)
            return Unreachable(Why.STRANGE, error.code or "")
        except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return Unreachable(why_of(error))
    return StoreFacts(
        bucket_exists=True,
        same_bytes=same,
        left_behind=left_behind,
        took_s=time.monotonic() - began,
    )


def _there_and_back(client: Minio, bucket: str) -> tuple[bool, str]:
    """Whether the bytes came back, and the key of what could not be removed."""
    key = f"{FOLDER}/{uuid4()}"
    removed = False
    try:
        client.put_object(bucket, key, BytesIO(PROBE), len(PROBE))
        answer = client.get_object(bucket, key)
        try:
            same = answer.read() == PROBE
        finally:
            answer.close()
            answer.release_conn()
    finally:
        # Also where reading failed; a time-out may have stored it all the same.
        with suppress(MinioException, urllib3.exceptions.HTTPError, OSError):
            client.remove_object(bucket, key)
            removed = True
    return same, "" if removed else key
