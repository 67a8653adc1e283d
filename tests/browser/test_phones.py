"""The page of `make demo-telegram`: people are played by hand, and see what the bot does."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.scripted import Telegram, scripted_telegram
from tests.browser.visitor import Visitor, file_of
from tests.pictures import photo

WIDE = {"width": 1920, "height": 1080}


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with scripted_telegram() as running:
        yield running


def come(telegram: Telegram, visit: Visit, **options: object) -> Visitor:
    """Somebody opens the page."""
    visitor = visit(**{"viewport": WIDE, **options})
    visitor.page.goto(telegram.url)
    return visitor


def phone(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def start(owner: Locator, code: str = "ABC234") -> None:
    owner.get_by_role("textbox", name="Code").fill(code)
    owner.get_by_role("button", name="Start").click()
    expect(owner.locator(".message")).to_have_count(2)


def attach(page: Page, owner: Locator, *names: str) -> None:
    for name in names:
        owner.get_by_role("button", name="Attach").click()
        page.get_by_role("button", name=name, exact=True).click()
    expect(owner.locator(".staged img")).to_have_count(len(names))


def write(owner: Locator, text: str) -> None:
    owner.get_by_role("textbox", name="Message").fill(text)
    owner.get_by_role("textbox", name="Message").press("Enter")


def test_a_student_starts_with_a_code_and_sees_what_becomes_of_his_photo(
    telegram: Telegram, visit: Visit
) -> None:
    page = come(telegram, visit).page
    emmy = phone(page, "Emmy")
    expect(emmy).to_contain_text("Makes boards readable")
    start(emmy)
    expect(emmy.locator(".message b, .message strong").last).to_have_text("ABC234")
    attach(page, emmy, "chalkboard.jpg")
    write(emmy, "from row 12")

    own = emmy.locator(".message.own").last
    expect(own).to_contain_text("from row 12")
    expect(own.locator(".reaction")).to_have_text("👀")
    status = emmy.locator(".message", has_text="Board 1 is ready")
    expect(status).to_contain_text("edited")
    expect(status.locator(".quote")).to_contain_text("from row 12")
    board = emmy.locator(".message", has_text="Board 1").last
    expect(board.get_by_role("link", name="Gallery")).to_have_attribute("target", "_blank")
    board.get_by_role("button", name="Like").click()
    expect(emmy.get_by_role("status")).to_have_text("Thank you")
    expect(emmy.get_by_role("button", name="Like ✓")).to_be_focused()
    expect(page.locator("[data-count=reused] dd")).to_have_text("1")
    expect(page.locator("[data-count=edits] dd")).to_have_text("2")
    expect(phone(page, "Alan").locator(".message")).to_have_count(0)


def test_an_alert_waits_until_it_was_read_and_a_photo_is_shown_large(
    telegram: Telegram, visit: Visit
) -> None:
    page = come(telegram, visit).page
    alan = phone(page, "Alan")
    start(alan)
    alan.locator("input[type=file]").first.set_input_files([file_of("mine.jpg", photo(1))])
    alan.get_by_role("button", name="Send", exact=True).click()
    alan.get_by_role("button", name="Warn me").click()
    alert = alan.get_by_role("alertdialog")
    expect(alert).to_contain_text("The auditorium is closed")
    page.keyboard.press("Enter")
    expect(alert).to_have_count(0)
    alan.locator(".photo").last.click()
    expect(page.locator("#zoom img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#zoom img")).to_be_hidden()


def test_a_blocked_bot_is_started_again(telegram: Telegram, visit: Visit) -> None:
    page = come(telegram, visit).page
    alan = phone(page, "Alan")
    start(alan)
    alan.get_by_role("button", name="Menu of the chat").click()
    page.get_by_role("button", name="Block the bot").click()
    expect(alan).to_contain_text("You have blocked this bot.")
    alan.get_by_role("button", name="Restart").click()
    expect(alan.get_by_role("textbox", name="Message")).to_be_visible()
    changes = telegram.ask(
        lambda api: [
            each.has_blocked for each in api.world.accounts.values() if each.first_name == "Alan"
        ]
    )
    assert changes == [False]


def test_a_forum_is_made_its_topic_written_in_and_an_album_forwarded(
    telegram: Telegram, visit: Visit
) -> None:
    page = come(telegram, visit).page
    ada, emmy = phone(page, "Ada"), phone(page, "Emmy")
    start(ada)
    ada.get_by_role("button", name="Menu of the chat").click()
    page.get_by_role("button", name="New group").click()
    page.get_by_label("Forum with topics").check()
    page.get_by_label("Name of the group").fill("Year 2")
    page.get_by_role("button", name="Create").click()
    expect(ada.locator(".bar")).to_contain_text("bot: a member")
    ada.get_by_role("button", name="New topic").click()
    page.get_by_label("Name of the topic").fill("Boards")
    page.keyboard.press("Enter")
    expect(ada.get_by_role("button", name="Boards", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    ada.get_by_role("button", name="Commands").click()
    page.get_by_role("button", name="/help").click()
    expect(ada.locator(".message").last).to_contain_text("Send a photo")

    emmy.get_by_role("button", name="Chats").click()
    emmy.get_by_role("button", name="Year 2").click()
    expect(emmy.locator(".message:visible")).to_have_count(0)
    emmy.get_by_role("button", name="Boards", exact=True).click()
    expect(emmy.locator(".message:visible").last).to_contain_text("Send a photo")
    attach(page, emmy, "whiteboard-1.jpg", "whiteboard-2.jpg")
    emmy.get_by_role("button", name="Send", exact=True).click()
    expect(emmy.locator(".album .photo")).to_have_count(2)
    ada.locator(".album .message").last.hover()
    ada.locator(".album .more").last.click()
    page.get_by_role("button", name="Forward to").click()
    page.get_by_role("dialog").get_by_role("button", name="Boards", exact=True).click()
    expect(ada.locator(".forwarded")).to_contain_text("Forwarded from Emmy")


def test_one_edits_answers_reacts_and_deletes(telegram: Telegram, visit: Visit) -> None:
    page = come(telegram, visit).page
    emmy = phone(page, "Emmy")
    start(emmy)
    write(emmy, "first")
    first = emmy.locator(".message", has_text="first")

    def choose(what: str) -> None:
        emmy.locator(".message.own").last.hover()
        emmy.locator(".message.own .more").last.click()
        page.get_by_role("dialog").get_by_role("button", name=what).click()

    expect(first).to_have_count(1)
    choose("Edit")
    write(emmy, "second")
    own = emmy.locator(".message.own").last
    expect(own).to_contain_text("second")
    expect(own).to_contain_text("edited")
    choose("React 🔥")
    expect(own.locator(".reaction")).to_have_text("🔥")
    choose("Reply")
    write(emmy, "third")
    expect(own.locator(".quote")).to_contain_text("second")
    choose("Delete")
    expect(emmy.locator(".message", has_text="third")).to_have_count(0)


def test_telegrams_side_is_switched_and_shown_to_all_who_look(
    telegram: Telegram, visit: Visit
) -> None:
    one, other = come(telegram, visit).page, come(telegram, visit).page
    one.get_by_label("Outage").select_option("502 to each call")
    expect(other.get_by_label("Outage")).to_have_value("502")
    one.get_by_label("Outage").select_option("none")
    one.get_by_role("switch", name="Privacy mode").uncheck()
    expect(other.get_by_role("switch", name="Privacy mode")).not_to_be_checked()
    assert telegram.ask(lambda api: api.world.has_privacy) is False


def test_what_was_said_is_there_after_a_reload(telegram: Telegram, visit: Visit) -> None:
    page = come(telegram, visit).page
    start(phone(page, "Emmy"))
    page.reload()
    expect(phone(page, "Emmy").locator(".message")).to_have_count(2)
    write(phone(page, "Emmy"), "/help")
    expect(phone(page, "Emmy").locator(".message")).to_have_count(4)


def test_on_a_narrow_screen_a_phone_is_chosen_in_russian(telegram: Telegram, visit: Visit) -> None:
    page = come(telegram, visit, viewport=PHONE, locale="ru-RU").page
    tabs = page.get_by_role("navigation", name="Телефоны")
    tabs.get_by_role("button", name="Софья").click()
    sofia = page.get_by_role("region", name="Телефон: Софья")
    expect(tabs.get_by_role("button", name="Софья")).to_have_attribute("aria-current", "true")
    expect(sofia.get_by_role("button", name="Запустить")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
