"""The object store: content keys, ranges, and what happens when it is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import numpy as np
import pytest
from minio import Minio

from core.errors import StorageUnavailable
from core.services import Services
from core.settings import S3Url, Settings
from core.storage import CHUNK_BYTES, ObjectMissing, ObjectStore, content_key
from tests.conftest import Servers

CONTENT = np.random.default_rng(1).bytes(3 * CHUNK_BYTES + 17)
# Longer than every time-out of the store and its retries together.
AT_MOST_S = 60


async def read_all(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def keys(settings: Settings, folder: str) -> list[str]:
    client = Minio(
        f"{settings.s3_url.host}:{settings.s3_url.port}",
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        secure=False,
    )
    found = client.list_objects(settings.s3_bucket, prefix=f"{folder}/", recursive=True)
    return [str(one.object_name) for one in found]


async def test_bytes_come_back_as_they_went(services: Services) -> None:
    stored = await services.store.put("test-same", CONTENT, "image/jpeg")
    assert (stored.sha256, stored.byte_size) == (sha256(CONTENT).digest(), len(CONTENT))
    assert await services.store.get(stored.key, len(CONTENT)) == CONTENT
    assert await read_all(await services.store.stream(stored.key)) == CONTENT


async def test_putting_twice_is_the_same_as_putting_once(services: Services) -> None:
    stored = await asyncio.gather(
        *(services.store.put("test-twice", CONTENT, "image/jpeg") for _ in range(5))
    )
    assert len(set(stored)) == 1
    assert await asyncio.to_thread(keys, services.settings, "test-twice") == [stored[0].key]
    assert await services.store.get(stored[0].key, len(CONTENT)) == CONTENT


def test_a_content_key_depends_on_the_bytes_alone() -> None:
    digest = sha256(CONTENT).digest()
    assert content_key("originals", digest) == f"originals/{digest.hex()[:2]}/{digest.hex()}"


async def test_get_reads_no_more_than_it_may(services: Services) -> None:
    stored = await services.store.put("test-bound", CONTENT, "image/jpeg")
    assert await services.store.get(stored.key, 1000) == CONTENT[:1000]


@pytest.mark.parametrize(("offset", "length"), [(0, 1), (10, 100), (CHUNK_BYTES - 1, CHUNK_BYTES)])
async def test_a_range_is_streamed_alone(services: Services, offset: int, length: int) -> None:
    stored = await services.store.put("test-range", CONTENT, "image/jpeg")
    chunks = await services.store.stream(stored.key, offset=offset, length=length)
    assert await read_all(chunks) == CONTENT[offset : offset + length]


async def test_a_range_without_an_end_runs_to_the_end(services: Services) -> None:
    stored = await services.store.put("test-range", CONTENT, "image/jpeg")
    chunks = await services.store.stream(stored.key, offset=len(CONTENT) - 5)
    assert await read_all(chunks) == CONTENT[-5:]


async def test_a_reader_who_leaves_early_leaves_the_store_usable(services: Services) -> None:
    stored = await services.store.put("test-leave", CONTENT, "image/jpeg")
    for _ in range(20):
        async for chunk in await services.store.stream(stored.key):
            assert chunk
            break
    assert await services.store.get(stored.key, len(CONTENT)) == CONTENT


async def test_a_missing_object_is_told_from_a_missing_store(services: Services) -> None:
    key = content_key("test-missing", bytes(32))
    with pytest.raises(ObjectMissing):
        await services.store.get(key, 100)
    with pytest.raises(ObjectMissing):
        await services.store.stream(key)


async def test_deleting_is_deleting_once(services: Services) -> None:
    stored = await services.store.put("test-delete", CONTENT, "image/jpeg")
    for _ in range(2):
        await services.store.delete(stored.key)
    with pytest.raises(ObjectMissing):
        await services.store.get(stored.key, 100)


async def test_a_bucket_is_made_once(services: Services) -> None:
    settings = services.settings.model_copy(update={"s3_bucket": "another-bucket"})
    store = ObjectStore(settings)
    with pytest.raises(StorageUnavailable):
        await store.ping()
    for _ in range(2):
        await store.ensure_bucket()
    await store.ping()
    store.close()


async def test_with_the_store_down_every_call_says_so(services: Services, servers: Servers) -> None:
    stored = await services.store.put("test-down", CONTENT, "image/jpeg")
    servers.stop("s3")
    async with asyncio.timeout(AT_MOST_S):
        for call in (
            services.store.put("test-down", b"more", "image/jpeg"),
            services.store.get(stored.key, 100),
            services.store.stream(stored.key),
            services.store.delete(stored.key),
            services.store.ping(),
        ):
            with pytest.raises(StorageUnavailable) as caught:
                await call
            assert not isinstance(caught.value, ObjectMissing)
    servers.start("s3")
    assert await services.store.get(stored.key, len(CONTENT)) == CONTENT


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """A server that takes connections and never answers; gives its port."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_store_that_never_answers_is_given_up(settings: Settings) -> None:
    async with silent_server() as port:
        store = ObjectStore(
            settings.model_copy(
                update={"s3_url": S3Url(f"http://127.0.0.1:{port}"), "s3_timeout_s": 0.2}
            )
        )
        async with asyncio.timeout(AT_MOST_S):
            with pytest.raises(StorageUnavailable):
                await store.get("originals/00/00", 100)
            with pytest.raises(StorageUnavailable):
                await store.put("originals", CONTENT, "image/jpeg")
        store.close()
