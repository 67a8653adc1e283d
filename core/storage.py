"""The object store: bytes under content keys. Putting twice is the same as putting once.

The minio client is synchronous; every call runs in a thread of a small pool of its own, so that a
store that hangs cannot use up the threads that decode pictures.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from io import BytesIO
from typing import TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from core.errors import StorageUnavailable
from core.settings import Settings

T = TypeVar("T")

# As many calls at once as one process needs for fifty students on a gallery page.
_THREADS = 8
# Small enough that a slow phone holds little memory, large enough to keep the loop's turns few.
CHUNK_BYTES = 256 * 1024
_SHARD = 2  # hex digits of the key's folder: 256 folders stay listable


class ObjectMissing(StorageUnavailable):
    """The row names an object that the store does not have."""

    code = "object_missing"


@dataclass(frozen=True, slots=True)
class Stored:
    """Where bytes went. key: the content key; sha256: 32 bytes."""

    key: str
    sha256: bytes
    byte_size: int


def content_key(folder: str, digest: bytes) -> str:
    """The key of bytes with this SHA-256: the same bytes always have the same key."""
    name = digest.hex()
    return f"{folder}/{name[:_SHARD]}/{name}"


class ObjectStore:
    """One bucket of an S3 server."""

    def __init__(self, settings: Settings) -> None:
        url = urlsplit(str(settings.s3_url))
        self._bucket = settings.s3_bucket
        self._client = Minio(
            url.netloc,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key.get_secret_value(),
            secure=url.scheme == "https",
            region="us-east-1",  # any: naming one saves a request before each first call
            http_client=urllib3.PoolManager(
                maxsize=_THREADS,
                timeout=urllib3.Timeout(connect=2.0, read=settings.s3_timeout_s),
                retries=urllib3.Retry(total=1, backoff_factor=0.2),
            ),
        )
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="s3")

    async def put(self, folder: str, content: bytes, media_type: str) -> Stored:
        """Store `content` under its content key. Raises StorageUnavailable."""
        digest = sha256(content).digest()
        key = content_key(folder, digest)

        def call() -> None:
            self._client.put_object(
                self._bucket, key, BytesIO(content), len(content), content_type=media_type
            )

        await self._run(call)
        return Stored(key, digest, len(content))

    async def get(self, key: str, limit: int) -> bytes:
        """The bytes under `key`, at most `limit`. Raises ObjectMissing, StorageUnavailable."""

        def call() -> bytes:
            response = self._client.get_object(self._bucket, key)
            try:
                return response.read(limit)
            finally:
                response.close()
                response.release_conn()

        return await self._run(call)

    async def stream(
        self, key: str, *, offset: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes under `key` in chunks. Raises like get(), before the first chunk."""
        # minio takes length=0 for "to the end".
        response = await self._run(
            lambda: self._client.get_object(self._bucket, key, offset=offset, length=length or 0)
        )

        async def chunks() -> AsyncIterator[bytes]:
            try:
                while chunk := await self._run(lambda: response.read(CHUNK_BYTES)):
                    yield chunk
            finally:
                response.close()
                response.release_conn()

        return chunks()

    async def has(self, key: str) -> bool:
        """Whether there are bytes under `key`. Raises StorageUnavailable."""
        try:
            await self._run(lambda: self._client.stat_object(self._bucket, key))
        except ObjectMissing:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Remove `key`; it is no error when it is not there."""
        await self._run(lambda: self._client.remove_object(self._bucket, key))

    async def ping(self) -> None:
        """Raises StorageUnavailable unless the bucket can be reached."""
        if not await self._run(lambda: self._client.bucket_exists(self._bucket)):
            raise StorageUnavailable(f"no bucket {self._bucket}")

    async def ensure_bucket(self) -> None:
        """Make the bucket if it is not there."""

        def call() -> None:
            if not self._client.bucket_exists(self._bucket):
                self._client.make_bucket(self._bucket)

        await self._run(call)

    def close(self) -> None:
        """Let go of the threads; calls under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except S3Error as error:
            if error.code in {"NoSuchKey", "NoSuchObject"}:
                raise ObjectMissing(error.code) from error
            raise StorageUnavailable(error.code or "S3Error") from error
        except (MinioException, urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
            raise StorageUnavailable(type(error).__name__) from error
