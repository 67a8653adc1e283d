"""What holds for every page: languages, small screens, keyboard, and no complaints."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, PROJECTOR, Visit
from tests.browser.site import Lecture, Site
from tests.browser.visitor import Visitor, file_of
from tests.pictures import photo

CYRILLIC = re.compile(r"[\u0400-\u04ff]{3}")
# Visible things to be tapped that are lower than a fingertip (WCAG 2.5.5: 44 px); links within a
# sentence are excepted there too.
TOO_SMALL = """() => [...document.querySelectorAll("button, a.button, label.button, .bar a")]
  .filter((element) => element.checkVisibility())
  .filter((element) => element.getBoundingClientRect().height < 43.5)
  .map((element) => element.outerHTML.slice(0, 80))"""


def every_page(teacher: Visitor, site: Site, lecture: Lecture) -> dict[str, str]:
    """The addresses of all kinds of pages, with a ready board among them."""
    teacher.page.goto(lecture.admin_url)
    teacher.page.goto(lecture.gallery_url)
    teacher.wait_until_live()
    teacher.choose(photo(30))
    expect(teacher.card(1)).to_have_attribute("data-state", "ready")
    board = teacher.card(1).get_by_role("link").get_attribute("href")
    return {
        "home": f"{site.url}/",
        "gallery": lecture.gallery_url,
        "board": f"{site.url}{board}",
        "admin": f"{lecture.gallery_url}/admin",
        "join": site.new_lecture("Another lecture with a rather long title").join_url,
        "missing": f"{site.url}/join/QQQQQQ",
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_fits_a_phone_and_speaks_one_language(
    site: Site, visit: Visit, language: str, theme: str
) -> None:
    teacher = visit(viewport=PHONE, locale=language, color_scheme=theme, has_touch=True)
    teacher.allowed.append("Failed to load resource.* 404")
    for name, url in every_page(teacher, site, site.new_lecture("Calculus")).items():
        teacher.page.goto(url)
        expect(teacher.page.locator("html")).to_have_attribute("lang", language)
        expect(teacher.page.get_by_role("heading", level=1)).to_have_count(1)
        width = teacher.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{name} scrolls sideways"
        assert teacher.page.evaluate(TOO_SMALL) == [], name
        if language == "ru":
            expect(teacher.page.locator("main")).to_contain_text(CYRILLIC)


def test_every_page_fits_a_projector(site: Site, visit: Visit) -> None:
    teacher = visit(viewport=PROJECTOR)
    teacher.allowed.append("Failed to load resource.* 404")
    for name, url in every_page(teacher, site, site.new_lecture("Calculus")).items():
        teacher.page.goto(url)
        width = teacher.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PROJECTOR["width"], f"{name} scrolls sideways"


def test_the_language_is_switched_and_kept(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.page.goto(site.url)
    anna.page.get_by_role("button", name="Русский").click()
    expect(anna.page.locator("html")).to_have_attribute("lang", "ru")
    anna.page.goto(site.new_lecture().join_url)
    expect(anna.page.get_by_label("Как вас зовут")).to_be_visible()
    anna.page.get_by_role("button", name="English").click()
    expect(anna.page.get_by_label("Your name")).to_be_visible()


def test_an_unknown_code_is_told_beside_the_field(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.allowed.append("Failed to load resource.* 404")
    anna.page.goto(site.url)
    anna.page.get_by_label("Code from the screen").fill("QQQQQQ")
    anna.page.get_by_role("button", name="Join").click()
    field = anna.page.get_by_label("Code from the screen")
    expect(field).to_have_value("QQQQQQ")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(anna.page.locator("#code-error")).not_to_be_empty()


def test_a_teacher_opens_an_auditorium_and_sees_its_code(site: Site, visit: Visit) -> None:
    teacher = visit(viewport=PROJECTOR)
    teacher.page.goto(site.url)
    teacher.page.get_by_label("Name of the lecture").fill("Topology")
    teacher.page.get_by_role("button", name="Open").click()
    expect(teacher.page.get_by_role("heading", level=1)).to_have_text("Topology")
    qr = teacher.page.get_by_role("img", name="QR code of the link to join").first
    assert qr.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")


def test_photos_are_sent_by_keyboard_alone(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    # Around all of it: the browser is told to hand its choosers over well before the key is hit.
    with anna.page.expect_file_chooser() as chooser:
        for _ in range(20):
            anna.page.keyboard.press("Tab")
            if anna.page.evaluate("document.activeElement.matches('#send input[multiple]')"):
                break
        anna.page.keyboard.press("Enter")
    chooser.value.set_files(file_of("keys.jpg", photo(31)))
    expect(anna.line("keys.jpg")).to_have_attribute("data-state", "accepted")
