"""The views of a board in full screen."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PROJECTOR
from tests.browser.visitor import Visitor


class Fetched:
    """Which kinds of pictures a page has asked for."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._kinds: set[str] = set()
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if "/media/" in url:
            self._kinds.add(url.split("/media/")[1].split("?", maxsplit=1)[0].split("/")[1])

    def since(self) -> set[str]:
        """The kinds since it was asked last."""
        # Its request is told after those that were made before it.
        self._page.evaluate("fetch('/healthz').then((answer) => answer.text())")
        kinds, self._kinds = self._kinds, set()
        return kinds


def in_full_screen(page: Page, alt: str) -> None:
    """Return when this picture is shown, and the slides beside it are there."""
    picture = page.locator(".pswp__item[aria-hidden=false] img[alt]")
    expect(picture).to_have_attribute("alt", alt)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")


def test_full_screen_loads_only_the_view_that_is_shown(with_straight: Visitor) -> None:
    page = with_straight.page
    fetched = Fetched(page)
    page.get_by_role("link", name="Open full screen").click()
    expect(page.locator(".pswp__zoom-wrap")).to_have_count(3)
    in_full_screen(page, "Board 1, the best of all views")
    assert fetched.since() == {"upscaled"}
    page.keyboard.press("ArrowRight")
    in_full_screen(page, "Board 1, clean")
    assert fetched.since() == {"clean"}
    page.get_by_role("button", name="Straight").click()
    in_full_screen(page, "Board 1, straight")
    assert fetched.since() == {"straight"}
    page.keyboard.press("ArrowLeft")
    in_full_screen(page, "Board 1, drawn sharp")
    assert fetched.since() == {"sharp"}


def test_the_names_of_the_views_do_not_lie_over_the_picture(with_straight: Visitor) -> None:
    page = with_straight.page
    page.set_viewport_size(PROJECTOR)
    page.get_by_role("link", name="Open full screen").click()
    in_full_screen(page, "Board 1, the best of all views")
    expect(page.locator(".pswp__zoom-wrap")).to_have_count(3)
    picture = page.locator(".pswp__item[aria-hidden=false] img[alt]").bounding_box()
    names = page.locator(".pswp__views").bounding_box()
    assert picture is not None
    assert names is not None
    assert picture["y"] + picture["height"] <= names["y"]


def test_the_next_view_shows_the_same_spot_as_large(with_straight: Visitor) -> None:
    page = with_straight.page
    page.get_by_role("link", name="Open full screen").click()
    expect(page.locator(".pswp__zoom-wrap")).to_have_count(3)
    in_full_screen(page, "Board 1, the best of all views")
    shown = page.locator(".pswp__item[aria-hidden=false] img[alt]")
    page.mouse.click(300, 300)  # the spot that is wanted large
    page.wait_for_function(
        "(image) => image.getBoundingClientRect().width >= 1599", arg=shown.element_handle()
    )
    before = shown.bounding_box()
    assert before is not None
    page.keyboard.press("ArrowRight")
    in_full_screen(page, "Board 1, clean")
    after = shown.bounding_box()
    assert after is not None
    assert after == pytest.approx(before, abs=2)
