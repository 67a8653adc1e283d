"""What bars people from a page: axe finds nothing on a board's page, nor in full screen."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE, PROJECTOR, Visit
from tests.browser.visitor import Visitor

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
# A line for each thing that is wrong: the rule, and where.
BARRIERS = """() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`)))"""


def barriers(page: Page) -> list[str]:
    """What axe has to say against the page as it is now."""
    assert AXE.exists(), "`make install` fetches axe"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(BARRIERS)
    return found


@pytest.mark.parametrize("size", [PHONE, PROJECTOR], ids=["phone", "projector"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_nothing_bars_people_from_the_views_of_a_board(
    with_straight: Visitor, visit: Visit, language: str, theme: str, size: ViewportSize
) -> None:
    reader = visit(
        viewport=size,
        locale=language,
        color_scheme=theme,
        reduced_motion="reduce",
        storage_state=with_straight.context.storage_state(),
    )
    page = reader.page
    page.goto(with_straight.page.url, wait_until="networkidle")
    expect(page.locator("[data-view]")).to_have_count(5)
    assert barriers(page) == []
    page.locator("[data-view=straight]").click()
    page.wait_for_url("**?view=straight")
    assert barriers(page) == []
    page.locator("a[data-zoom]").click()
    expect(page.locator(".pswp__zoom-wrap")).to_have_count(2)  # it is the last view
    expect(page.locator(".pswp")).to_have_class(re.compile("pswp--ui-visible"))
    assert barriers(page) == []
