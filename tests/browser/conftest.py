"""Chromium and the running site, for as long as the tests of this folder last.

Package scope, because Playwright's synchronous interface keeps an event loop running, beside which
no asynchronous test of another folder could run.
"""

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Playwright, ViewportSize, expect, sync_playwright
from sqlalchemy.engine import make_url

from core.values import Picture, RenditionKind
from tests.browser.site import Program, Site
from tests.browser.visitor import Visitor
from tests.conftest import Servers, as_admin, drop_database, with_database
from tests.pictures import board, encoded, photo

Visit = Callable[..., Visitor]

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox and no network of its own: as root, in containers, and without a GPU.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A board is upscaled within, on a machine where other things run too.
PATIENCE_MS = 60_000
PHONE: ViewportSize = {"width": 390, "height": 844}
PROJECTOR: ViewportSize = {"width": 1920, "height": 1080}
# Another shape than the photo's 400x300, as what is cut to a board has.
STRAIGHT = Picture(
    kind=RenditionKind.STRAIGHT,
    media_type="image/jpeg",
    width=1400,
    height=700,
    content=encoded(board(31, size=(1400, 700))),
)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or the one that `playwright install chromium` brings."""
    with sync_playwright() as playwright:
        path = _find_chromium(playwright)
        if path is None:
            pytest.skip("no Chromium: `apt install chromium` or `playwright install chromium`")
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def _find_chromium(playwright: Playwright) -> str | None:
    for name in NAMES:
        if found := shutil.which(name):
            return found
    bundled = playwright.chromium.executable_path
    return bundled if Path(bundled).exists() else None


@contextmanager
def _copy_of(template: str, environment: dict[str, str]) -> Iterator[str]:
    """A database of the browser tests' own; its name."""
    with as_admin(environment) as admin:
        admin.execute(f"CREATE DATABASE browser TEMPLATE {template}")
    yield "browser"
    drop_database(environment, "browser")


@pytest.fixture(scope="package")
def site_environment(
    embedded: Servers, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment of the site's processes: a database and a Redis of their own."""
    with _copy_of(migrated, embedded.environment) as name:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        redis = make_url(embedded.environment["REDIS_URL"]).set(database="1")
        yield with_database(embedded.environment, name) | {
            "REDIS_URL": redis.render_as_string(hide_password=False),
            "AUDITORIUM_DATA": str(tmp_path_factory.mktemp("site")),
            "AUDITORIUM_BIND": "127.0.0.1",
            "AUDITORIUM_PORT": str(port),
            "BOT_TOKEN": "",
        }


@pytest.fixture(scope="package")
def site(site_environment: dict[str, str]) -> Iterator[Site]:
    """The web process and a worker on the real servers.

    Each test makes its own auditorium: nothing of another one's can be seen from it.
    """
    web = Program("web", "startup complete", site_environment)
    worker = Program("worker", "worker.ready", site_environment)
    try:
        web.start()
        worker.start()
        port = site_environment["AUDITORIUM_PORT"]
        yield Site(f"http://127.0.0.1:{port}", web, worker, site_environment)
    finally:
        web.stop()
        worker.stop()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Makes visitors; at the end no browser may have complained of anything unexpected."""
    visitors: list[Visitor] = []

    def arrive(**options: Any) -> Visitor:  # Playwright's own options of a context
        context = chromium.new_context(**{"locale": "en-GB", **options})
        context.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(context, context.new_page())
        visitors.append(visitor)
        return visitor

    yield arrive
    for visitor in visitors:
        visitor.context.close()
    assert [visitor.unexpected() for visitor in visitors] == [[] for _ in visitors]


@pytest.fixture
def anna(site: Site, visit: Visit) -> Visitor:
    """A student with a phone on the page of her board."""
    anna = visit(viewport=PHONE)
    anna.join(site.new_lecture(), "Anna")
    anna.choose(photo(31))
    expect(anna.card(1)).to_have_attribute("data-state", "ready")
    anna.card(1).get_by_role("link").click()
    expect(anna.page.get_by_role("radio", name="Best")).to_be_checked()
    return anna


@pytest.fixture
def with_straight(site: Site, anna: Visitor) -> Visitor:
    """The same student; her board has all five views."""
    board_id = anna.page.locator("#board").get_attribute("data-board")
    assert board_id is not None
    site.add_pictures(UUID(board_id), [STRAIGHT])
    anna.page.reload(wait_until="networkidle")
    return anna
