"""The gallery as students and a teacher use it."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.site import Site
from tests.pictures import board, encoded, photo

CYRILLIC = re.compile(r"[\u0400-\u04ff]{3}")


def test_a_guest_joins_by_code_and_sends_a_photo(site: Site, visit: Visit) -> None:
    lecture = site.new_lecture()
    anna = visit(viewport=PHONE)
    anna.page.goto(site.url)
    anna.page.get_by_label("Code from the screen").fill(lecture.code.lower())
    anna.page.get_by_role("button", name="Join").click()
    anna.page.get_by_label("Your name").fill("Anna")
    anna.page.get_by_role("button", name="Join").click()
    expect(anna.page).to_have_url(lecture.gallery_url)
    expect(anna.page.locator("#no-boards")).to_be_visible()

    anna.choose(photo(1), "first.jpg")

    expect(anna.line("first.jpg")).to_have_attribute("data-state", "accepted")
    expect(anna.card(1)).to_have_attribute("data-state", "ready")
    expect(anna.card(1)).to_contain_text("Anna")
    expect(anna.page.locator("#no-boards")).to_be_hidden()


def test_a_photo_sent_in_one_browser_appears_live_in_the_other(site: Site, visit: Visit) -> None:
    lecture = site.new_lecture()
    anna, boris = visit(), visit()
    anna.join(lecture, "Anna")
    boris.join(lecture, "Boris")
    boris.page.evaluate("window.__loadedOnce = true")

    anna.choose(photo(2))

    expect(boris.card(1)).to_have_attribute("data-state", "ready")
    expect(boris.page.locator("#announcements")).to_contain_text("Board 1 is ready")
    assert boris.page.evaluate("window.__loadedOnce")


def test_newer_boards_stand_before_older_ones(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    anna.choose_all({f"{seed}.jpg": photo(seed) for seed in (3, 4, 5)})
    expect(anna.page.locator("[data-board] h3")).to_have_text(["Board 3", "Board 2", "Board 1"])
    expect(anna.page.locator("[data-line][data-state=accepted]")).to_have_count(3)


def test_a_duplicate_is_told_at_once_with_a_link_to_its_board(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    anna.choose(photo(6), "one.jpg")
    expect(anna.line("one.jpg")).to_have_attribute("data-state", "accepted")
    anna.choose(photo(6), "again.jpg")

    again = anna.line("again.jpg")
    expect(again).to_have_attribute("data-state", "duplicate")
    expect(again).to_contain_text("This photo is already here")
    expect(anna.card(1)).to_contain_text("sent 2 times")
    again.get_by_role("link", name="Board 1").click()
    expect(anna.page.get_by_role("heading", level=1)).to_have_text("Board 1")


def test_a_file_that_is_no_photo_is_refused_with_a_reason(site: Site, visit: Visit) -> None:
    anna = visit(locale="ru-RU")
    anna.allowed.append("Failed to load resource.* 4\\d\\d")
    anna.join(site.new_lecture(), "Анна")
    anna.choose(b"not a picture at all", "homework.jpg")
    anna.choose(b"", "nothing.jpg")
    anna.choose(photo(7), "good.jpg")

    expect(anna.line("homework.jpg")).to_have_attribute("data-state", "refused")
    expect(anna.line("homework.jpg").locator("[data-words]")).to_have_text(CYRILLIC)
    expect(anna.line("nothing.jpg")).to_contain_text("Файл пустой.")
    expect(anna.line("good.jpg")).to_have_attribute("data-state", "accepted")


def test_a_file_over_the_limit_is_refused_before_it_travels(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    sent: list[str] = []
    anna.page.on("request", lambda request: sent.append(request.url))
    anna.choose(bytes(20_000_001), "huge.jpg")
    expect(anna.line("huge.jpg")).to_contain_text("at most 20 MB")
    assert [url for url in sent if url.endswith("/uploads")] == []


def test_a_photo_is_dropped_anywhere_on_the_page(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    anna.drag("dragover", photo(8))
    expect(anna.page.locator("#drop-overlay")).to_be_visible()
    anna.drag("drop", photo(8), "dropped.jpg")
    expect(anna.page.locator("#drop-overlay")).to_be_hidden()
    expect(anna.line("dropped.jpg")).to_have_attribute("data-state", "accepted")


def test_a_photo_is_pasted(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    anna.drag("paste", encoded(board(9), "PNG"), "image.png")
    expect(anna.line("Pasted photo")).to_have_attribute("data-state", "accepted")


def test_a_photo_chosen_while_the_scripts_are_on_their_way_is_sent(
    site: Site, visit: Visit
) -> None:
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    held: list[Route] = []
    anna.page.route("**/gallery-*.js", lambda route: held.append(route))  # noqa: PLW0108  # Playwright asks for a signature
    with anna.page.expect_request("**/gallery-*.js"):
        anna.page.reload(wait_until="commit")
    anna.choose(photo(19), "early.jpg")
    held.pop().continue_()
    expect(anna.line("early.jpg")).to_have_attribute("data-state", "accepted")


def test_a_lost_connection_offers_to_send_again(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.allowed.append("ERR_FAILED")
    anna.join(site.new_lecture(), "Anna")
    anna.page.route("**/uploads", lambda route: route.abort(), times=1)
    anna.choose(photo(10), "lost.jpg")
    expect(anna.line("lost.jpg")).to_contain_text("The connection was lost.")
    anna.line("lost.jpg").get_by_role("button", name="Send again").click()
    expect(anna.line("lost.jpg")).to_have_attribute("data-state", "accepted")


def test_the_gallery_lives_on_after_the_web_process_was_restarted(site: Site, visit: Visit) -> None:
    lecture = site.new_lecture()
    anna, boris = visit(), visit()
    for visitor in (anna, boris):
        visitor.allowed.append("Failed to load resource|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY")
    anna.join(lecture, "Anna")
    boris.join(lecture, "Boris")
    anna.choose(photo(11))
    expect(boris.card(1)).to_have_attribute("data-state", "ready")

    site.web.stop()
    expect(boris.page.locator("#connection")).to_have_attribute("data-state", "lost")
    expect(boris.page.locator("#connection")).to_contain_text("Reconnecting")
    site.web.start()
    boris.wait_until_live()
    anna.choose(photo(12))

    expect(boris.card(2)).to_have_attribute("data-state", "ready")


def test_a_board_keeps_its_place_and_size_while_it_gets_ready(site: Site, visit: Visit) -> None:
    anna = visit()
    anna.join(site.new_lecture(), "Anna")
    site.worker.stop()
    try:
        anna.choose(photo(13, size=(500, 200)))
        expect(anna.card(1)).to_have_attribute("data-state", "waiting")
        expect(anna.line("board.jpg")).to_have_attribute("data-state", "accepted")
        before = anna.place(1)
    finally:
        site.worker.start()
    expect(anna.card(1)).to_have_attribute("data-state", "ready")
    assert anna.place(1) == before


def test_closing_the_auditorium_takes_the_buttons_away_live(site: Site, visit: Visit) -> None:
    lecture = site.new_lecture()
    anna, teacher = visit(), visit()
    anna.join(lecture, "Anna")
    teacher.page.goto(lecture.admin_url)
    teacher.page.get_by_role("button", name="Close the auditorium").click()

    expect(anna.page.get_by_text("Send a board photo")).to_be_hidden()
    expect(anna.page.get_by_text("The auditorium is closed.")).to_be_visible()
    teacher.page.get_by_role("button", name="Open it again").click()
    expect(anna.page.get_by_text("Send a board photo")).to_be_visible()


def test_a_deleted_board_leaves_the_gallery_and_its_own_page_live(site: Site, visit: Visit) -> None:
    lecture = site.new_lecture()
    anna, boris = visit(), visit()
    anna.join(lecture, "Anna")
    boris.join(lecture, "Boris")
    token, upload_id = site.send(lecture, "Vera", photo(14))
    anna.choose(photo(15))
    expect(anna.card(2)).to_have_attribute("data-state", "ready")
    expect(boris.card(1)).to_have_attribute("data-state", "ready")
    boris.card(1).get_by_role("link").click()
    boris.wait_until_live()
    expect(boris.page.locator("#board img.after")).to_be_visible()

    site.take_back(token, upload_id)

    expect(anna.card(1)).to_have_count(0)
    expect(anna.card(2)).to_be_visible()
    expect(anna.page.locator("#announcements")).to_contain_text("Board 1 was deleted.")
    expect(boris.page.locator("#board")).to_have_text("Board 1 was deleted.")
    expect(boris.page.locator("#board img")).to_have_count(0)


def test_with_the_last_board_gone_the_gallery_says_that_there_are_none(
    site: Site, visit: Visit
) -> None:
    lecture = site.new_lecture()
    anna = visit()
    anna.join(lecture, "Anna")
    token, upload_id = site.send(lecture, "Vera", photo(16))
    expect(anna.card(1)).to_have_attribute("data-state", "ready")
    expect(anna.page.locator("#no-boards")).to_be_hidden()
    site.take_back(token, upload_id)
    expect(anna.page.locator("#no-boards")).to_be_visible()
    expect(anna.card(1)).to_have_count(0)


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with scripts", "without scripts"])
def test_earlier_boards_are_fetched_by_page(site: Site, visit: Visit, *, has_scripts: bool) -> None:
    lecture = site.new_lecture()
    anna = visit()
    anna.join(lecture, "Anna")
    anna.choose_all({f"{seed}.jpg": photo(seed, size=(64, 48)) for seed in range(100, 126)})
    expect(anna.page.locator("[data-line][data-state=accepted]")).to_have_count(26)
    anna.page.reload()
    if has_scripts:
        anna.wait_until_live()
        page = anna.page
    else:
        plain = visit(java_script_enabled=False, storage_state=anna.context.storage_state())
        page = plain.page
        page.goto(lecture.gallery_url)
    expect(page.locator("[data-board][data-number='1']")).to_have_count(0)
    page.get_by_role("link", name="Show earlier boards").click()
    expect(page.locator("[data-board][data-number='1']")).to_be_visible()
    expect(page.locator("[data-board][data-number='26']")).to_have_count(1 if has_scripts else 0)


def test_the_join_link_is_copied_and_the_code_shown_large(site: Site, visit: Visit) -> None:
    lecture = site.new_lecture()
    anna = visit(permissions=["clipboard-read", "clipboard-write"])
    anna.join(lecture, "Anna")
    anna.page.get_by_role("button", name="Copy the link").click()
    expect(anna.page.get_by_role("button", name="Link copied")).to_be_visible()
    assert anna.page.evaluate("navigator.clipboard.readText()") == lecture.join_url
    anna.page.get_by_role("button", name="Show the QR code large").click()
    expect(anna.page.get_by_role("dialog")).to_contain_text(lecture.code)
    anna.page.keyboard.press("Escape")
    expect(anna.page.get_by_role("dialog")).to_be_hidden()
