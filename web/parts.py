"""What the handlers share, made once for an app and found through the request."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from core.services import Services
from core.settings import Settings
from core.texts import Catalogues, Texts, load_texts
from web import language
from web.assets import Assets
from web.live import Hub

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
# Each holds one file of up to 20 MB in memory while it is stored: 320 MB at the very most.
_ACCEPTED_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one app. accepting: bounds the uploads that are in memory at once."""

    settings: Settings
    services: Services
    hub: Hub
    catalogues: Catalogues
    assets: Assets
    pages: Environment
    accepting: asyncio.Semaphore

    def texts(self, request: HTTPConnection) -> Texts:
        """The texts in the request's language."""
        return self.catalogues.get(language.of(request)) or self.catalogues[language.FALLBACK]


def make_parts(settings: Settings, services: Services, assets: Assets) -> Parts:
    """Read the catalogues and prepare the templates; nothing is contacted."""
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,  # a misspelt name is an error and no empty place on a page
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return Parts(
        settings=settings,
        services=services,
        hub=Hub(services.redis),
        catalogues=load_texts(),
        assets=assets,
        pages=pages,
        accepting=asyncio.Semaphore(_ACCEPTED_AT_ONCE),
    )


def install(app: Starlette, parts: Parts) -> None:
    """Let the handlers of this app find its parts."""
    app.state.parts = parts


def parts_of_app(app: Starlette) -> Parts:
    """The parts that were installed."""
    parts: Parts = app.state.parts
    return parts


def parts_of(request: HTTPConnection) -> Parts:
    """The parts of the app that serves this request."""
    return parts_of_app(request.app)
