"""The application: parts, middleware, routes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI

from core.errors import StorageUnavailable
from core.logs import get_logger
from core.services import Services, open_services
from core.settings import Settings
from core.storage import ObjectStore
from web import admin, api, enter, gallery, health, pages, urls, view_routes
from web.assets import load_assets
from web.failures import FailuresMiddleware, handle_errors
from web.headers import SameOriginMiddleware, SecurityHeadersMiddleware
from web.limits import BodyLimitMiddleware
from web.openapi import describe
from web.parts import install, make_parts, parts_of_app
from web.request_log import RequestLogMiddleware
from web.static_files import HashedFiles

log = get_logger(__name__)

_BUCKET_RETRY_S: Final = 1.0


def create_app(settings: Settings, services: Services | None = None) -> FastAPI:
    """The web process's application.

    services: those of a test, which stay the caller's; otherwise the app opens its own when it
    starts and closes them when it stops. Nothing is contacted before its first use.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if services is None:
                opened = await stack.enter_async_context(open_services(settings))
                install(app, make_parts(settings, opened, assets))
            parts = parts_of_app(app)
            stack.push_async_callback(parts.hub.aclose)
            bucket = asyncio.create_task(_ensure_bucket(parts.services.store), name="bucket")
            try:
                yield
            finally:
                bucket.cancel()
                with suppress(asyncio.CancelledError):
                    await bucket

    app = FastAPI(
        title="Auditorium",
        version="1",
        description="One sharp picture of the board for everybody in the lecture.",
        openapi_url=f"{urls.API}/openapi.json",
        docs_url=None,  # these pages load their scripts from a CDN
        redoc_url=None,
        lifespan=lifespan,
    )
    assets = load_assets()
    if services is not None:
        install(app, make_parts(settings, services, assets))
    # The last one added is the outermost.
    app.add_middleware(SameOriginMiddleware, public_url=settings.public_url)
    app.add_middleware(FailuresMiddleware)
    app.add_middleware(BodyLimitMiddleware, settings=settings)
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(RequestLogMiddleware)
    handle_errors(app)
    people = (pages.router, gallery.router, view_routes.router, enter.router, admin.router)
    for router in (*people, *api.routers, health.router):
        app.include_router(router)
    app.mount("/static", HashedFiles(assets), name="static")
    describe(app)
    return app


async def _ensure_bucket(store: ObjectStore) -> None:
    """Make the bucket as soon as the store answers; until then uploads say that it is away."""
    said = False
    while True:
        try:
            await store.ensure_bucket()
        except StorageUnavailable as error:
            if not said:
                log.warning("store.away", detail=error.detail)
            said = True
            await asyncio.sleep(_BUCKET_RETRY_S)
        else:
            return
