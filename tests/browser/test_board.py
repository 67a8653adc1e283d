"""The page of one board."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.pictures import photo


@pytest.fixture
def anna(site: Site, visit: Visit) -> Visitor:
    """A student on the page of her board, which is ready."""
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    anna.choose(photo(20))
    expect(anna.card(1)).to_have_attribute("data-state", "ready")
    anna.card(1).get_by_role("link").click()
    expect(anna.page.get_by_role("slider")).to_be_visible()
    return anna


def edge(page: Page) -> float:
    """Where the edge between before and after lies, as a part of the picture's width."""
    found: float = page.evaluate(
        """() => {
          const frame = document.querySelector("[data-compare]").getBoundingClientRect();
          const edge = document.querySelector("[data-compare] .edge").getBoundingClientRect();
          return (edge.left + edge.width / 2 - frame.left) / frame.width;
        }"""
    )
    return found


def test_the_slider_moves_by_keyboard(anna: Visitor) -> None:
    slider = anna.page.get_by_role("slider", name="Compare the photo with the view")
    assert edge(anna.page) == pytest.approx(0.5, abs=0.01)
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    assert edge(anna.page) == pytest.approx(0.6, abs=0.01)
    expect(slider).to_have_attribute("aria-valuetext", "Best: 40 % of the picture")
    slider.press("Home")
    assert edge(anna.page) == pytest.approx(0.0, abs=0.01)


def test_before_and_after_lie_exactly_on_each_other(anna: Visitor) -> None:
    before, after = (
        anna.page.locator(f"[data-compare] img.{name}") for name in ("before", "after")
    )
    assert before.bounding_box() == after.bounding_box()
    for picture in (before, after):
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")


def test_the_picture_opens_full_screen_and_closes_by_keyboard(anna: Visitor) -> None:
    anna.page.get_by_role("link", name="Open full screen").press("Enter")
    opened = anna.page.locator(
        ".pswp__item[aria-hidden=false] img.pswp__img:not(.pswp__img--placeholder)"
    )
    expect(opened).to_be_visible()
    assert opened.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1600
    anna.page.keyboard.press("Escape")
    expect(anna.page.locator(".pswp")).to_have_count(0)


def test_the_best_picture_is_downloaded(anna: Visitor) -> None:
    with anna.page.expect_download() as download:
        anna.page.get_by_role("link", name="Best picture").click()
    assert download.value.suggested_filename.endswith(".jpg")
    assert download.value.path().read_bytes().startswith(b"\xff\xd8")


def test_the_lossless_picture_is_made_and_downloaded(anna: Visitor) -> None:
    with anna.page.expect_download() as download:
        anna.page.get_by_role("button", name="Lossless").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_waiting_board_gets_ready_without_reload(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    site.worker.stop()
    try:
        anna.choose(photo(21))
        anna.line("board.jpg").get_by_role("link", name="Board 1").click()
        expect(anna.page.locator("#board")).to_have_attribute("data-state", "waiting")
        expect(anna.page.locator("#board img")).to_be_visible()
        anna.wait_until_live()
        anna.page.evaluate("window.__loadedOnce = true")
    finally:
        site.worker.start()
    expect(anna.page.get_by_role("slider")).to_be_visible()
    expect(anna.page.get_by_role("link", name="Open full screen")).to_be_visible()
    assert anna.page.evaluate("window.__loadedOnce")
