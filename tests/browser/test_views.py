"""The switch between the views of a board."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.visitor import Visitor


def shown(page: Page) -> str:
    """The kind of the picture that is laid over the photo."""
    address: str = page.locator("#board img.after").evaluate("image => image.src")
    return address.split("/media/")[1].split("?", maxsplit=1)[0].split("/")[1]


def test_a_tap_shows_a_view_and_is_recorded_once(anna: Visitor) -> None:
    with anna.page.expect_response(lambda answer: answer.url.endswith("/views")) as recorded:
        anna.page.get_by_role("radio", name="Clean").click()
    assert recorded.value.status == 204
    expect(anna.page.get_by_role("radio", name="Clean")).to_be_checked()
    assert shown(anna.page) == "clean"
    expect(anna.page.get_by_role("slider")).to_be_visible()
    anna.page.reload()
    expect(anna.page.get_by_role("radio", name="Clean")).to_be_checked()


def test_the_straight_view_has_no_slider_since_it_does_not_lie_on_the_photo(
    with_straight: Visitor,
) -> None:
    page = with_straight.page
    parts = [page.locator(f"[data-compare] {name}") for name in ("input", ".before", ".edge")]
    page.get_by_role("radio", name="Straight").click()
    page.wait_for_url("**?view=straight")
    for _ in range(2):
        assert shown(page) == "straight"
        for part in parts:
            expect(part).to_be_hidden()
        frame = page.locator("[data-compare]").bounding_box()
        assert frame is not None
        assert frame["width"] / frame["height"] == pytest.approx(2.0, abs=0.02)
        page.reload()  # and so it comes from the server
    page.get_by_role("radio", name="Clean").click()
    for part in parts:
        expect(part).to_be_visible()


def test_arrow_keys_move_between_views(anna: Visitor) -> None:
    anna.page.get_by_role("radio", name="Best").press("ArrowRight")
    expect(anna.page.get_by_role("radio", name="Clean")).to_be_checked()
    expect(anna.page.get_by_role("radio", name="Clean")).to_be_focused()
    anna.page.get_by_role("radio", name="Clean").press("ArrowLeft")
    expect(anna.page.get_by_role("radio", name="Best")).to_be_checked()


def test_what_one_wants_to_see_first_stays_and_can_be_taken_back(anna: Visitor) -> None:
    page, gallery = anna.page, anna.page.url.partition("?")[0]
    page.get_by_role("radio", name="Clean").click()
    page.get_by_role("button", name="Show me this first").click()
    expect(page.get_by_text("You see this first.")).to_be_visible()
    page.goto(gallery)
    expect(page.get_by_role("radio", name="Clean")).to_be_checked()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("button", name="Show me this first")).to_be_visible()
    page.goto(gallery)
    expect(page.get_by_role("radio", name="Best")).to_be_checked()


@pytest.mark.parametrize("scripts", [True, False])
def test_who_changes_the_language_still_sees_the_view(
    anna: Visitor, visit: Visit, *, scripts: bool
) -> None:
    reader = visit(java_script_enabled=scripts, storage_state=anna.context.storage_state())
    page = reader.page
    page.goto(anna.page.url)
    page.locator("[data-view=sharp]").click()
    page.wait_for_url("**?view=sharp")
    page.get_by_role("button", name="Русский").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    assert "view=sharp" in page.url
    assert shown(page) == "sharp"


def test_without_scripts_the_views_are_links(anna: Visitor, visit: Visit) -> None:
    plain = visit(java_script_enabled=False, storage_state=anna.context.storage_state())
    plain.page.goto(anna.page.url)
    plain.page.get_by_role("link", name="Clean", exact=True).click()
    assert "view=clean" in plain.page.url
    address = plain.page.locator("#board img.after").get_attribute("src") or ""
    assert "/clean" in address


def test_without_scripts_half_of_the_picture_is_the_photo(anna: Visitor, visit: Visit) -> None:
    plain = visit(java_script_enabled=False, storage_state=anna.context.storage_state())
    plain.page.goto(anna.page.url)
    frame = plain.page.locator("[data-compare]").bounding_box()
    edge = plain.page.locator("[data-compare] .edge").bounding_box()
    assert frame is not None
    assert edge is not None
    middle = edge["x"] + edge["width"] / 2 - frame["x"]
    assert middle == pytest.approx(frame["width"] / 2, abs=2)


def test_the_switch_fits_a_phone_and_a_thumb(anna: Visitor) -> None:
    page = anna.page
    for radio in page.get_by_role("radio").all():
        box = radio.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    width: int = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


@pytest.mark.parametrize("width", [320, 390])
def test_five_names_stand_side_by_side_on_a_phone(
    with_straight: Visitor, visit: Visit, width: int
) -> None:
    reader = visit(
        viewport={"width": width, "height": 700},
        locale="ru",
        storage_state=with_straight.context.storage_state(),
    )
    page = reader.page
    page.goto(with_straight.page.url)
    page.locator("a[data-zoom]").click()
    for names in (page.locator("[data-segments] a"), page.locator(".pswp__views button")):
        expect(names).to_have_count(5)
        tops = names.evaluate_all("all => all.map((one) => one.getBoundingClientRect().top)")
        assert len(set(tops)) == 1
