"""The door behind a link from the bot, in a browser with scripts."""

import asyncio
import re
import threading
from collections.abc import Mapping

from playwright.sync_api import expect

from core.links import enter_url
from core.logins import new_link
from core.rooms import create_from_telegram
from core.services import open_services
from core.settings import Settings
from tests.browser.conftest import PHONE, Visit
from tests.browser.site import Site


def link_for(environment: Mapping[str, str], site: Site, chat_id: int) -> str:
    """What the bot would hand a teacher."""
    found: list[str] = []

    async def make() -> None:
        fields = {name.lower(): value for name, value in environment.items()}
        settings = Settings(_env_file=None, **fields, auditorium_public_url=site.url)  # type: ignore[arg-type]  # validated on the way in
        async with open_services(settings) as services:
            owner = await create_from_telegram(
                services, title="Topology", chat_id=chat_id, name="Ada", locale="en"
            )
            key = await new_link(services, owner.member_id)
            found.append(enter_url(settings, owner.code, key))

    # Playwright's own loop runs in this thread.
    thread = threading.Thread(target=lambda: asyncio.run(make()))
    thread.start()
    thread.join()
    return found[0]


def test_the_link_opens_the_gallery_without_a_press(
    site: Site, site_environment: Mapping[str, str], visit: Visit
) -> None:
    ada = visit(viewport=PHONE)
    link = link_for(site_environment, site, 901)
    ada.page.goto(link)
    ada.page.wait_for_url(re.compile(r"/a/[A-Z0-9]{6}$"))
    expect(ada.page.get_by_role("heading", level=1)).to_have_text("Topology")
    ada.wait_until_live()
    expect(ada.page.get_by_role("link", name="Manage")).to_be_visible()
    # Back is not a trap: the door has left no trace.
    ada.page.goto(link)
    ada.page.wait_for_url(re.compile(r"/a/[A-Z0-9]{6}$"))


def test_without_scripts_there_is_a_button_and_it_works_once(
    site: Site, site_environment: Mapping[str, str], visit: Visit
) -> None:
    ada = visit(viewport=PHONE, java_script_enabled=False)
    link = link_for(site_environment, site, 902)
    ada.page.goto(link)
    ada.page.get_by_role("button", name="Open the gallery").click()
    expect(ada.page).to_have_url(re.compile(r"/a/[A-Z0-9]{6}$"))
    other = visit(viewport=PHONE, locale="ru-RU", color_scheme="dark")
    other.allowed.append("Failed to load resource.* 410")
    other.page.goto(link)
    expect(other.page.get_by_role("heading", level=1)).to_contain_text("Эта ссылка уже")
    expect(other.page.locator("main")).to_contain_text("/gallery")
