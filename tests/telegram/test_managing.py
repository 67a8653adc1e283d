"""Members and moderators as a teacher has them in Telegram: lists, pages, search, yes and no."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import col

from bot.member_lists import OneMember, ShowMembers, show_members
from core.membership import Listing, set_moderator, viewer_by_code
from core.rooms import create_from_telegram, join_from_telegram
from core.services import Services
from core.tables import Member, Notice
from core.values import InactiveReason, Role
from tests.telegram.botapi import BotApi
from tests.telegram.people import Person, person
from tests.telegram.talking import said, shows


class Lecture:
    """A teacher's auditorium and who is in it."""

    def __init__(self, services: Services, api: BotApi, language: str) -> None:
        self.services = services
        self.api = api
        self.ada = person(api, "Ada", language)
        self.code = ""

    async def opens(self) -> "Lecture":
        owner = await create_from_telegram(
            self.services,
            title="Topology",
            chat_id=self.ada.chat_id,
            name="Ada",
            locale=self.ada.language,
        )
        self.code = owner.code
        return self

    async def joined(self, *names: str) -> list[Person]:
        people = [person(self.api, name) for name in names]
        for each in people:
            await join_from_telegram(
                self.services, code=self.code, chat_id=each.chat_id, name=each.name, locale="en"
            )
        return people

    async def member(self, somebody: Person) -> Member:
        async with self.services.sessions() as session:
            query = select(Member).where(col(Member.telegram_chat_id) == somebody.chat_id)
            return (await session.scalars(query)).one()


async def lecture_of(services: Services, api: BotApi, language: str = "en") -> Lecture:
    return await Lecture(services, api, language).opens()


async def test_a_member_is_removed_after_a_question(services: Services, bot: BotApi) -> None:
    lecture = await lecture_of(services, bot)
    emmy, _ = await lecture.joined("Emmy", "Alan")
    ada = lecture.ada
    listed = await said(ada, "/kick")
    assert listed.says == 'Whom to remove from "Topology"?'
    assert listed.buttons == [["Alan"], ["Emmy"], ["Who was removed"]]
    asked = await shows(ada, listed, "Emmy")
    assert asked.says.startswith('Remove Emmy from "Topology"?')
    back = await shows(ada, asked, "Back to the list")
    assert back.buttons == listed.buttons
    assert (await lecture.member(emmy)).inactive_reason is None
    await shows(ada, back, "Emmy")
    done = await shows(ada, listed, "Remove")
    assert done.says == 'Emmy is removed from "Topology".'
    assert (await lecture.member(emmy)).inactive_reason == InactiveReason.KICKED
    async with services.sessions() as session:
        (notice,) = await session.scalars(select(Notice))
    assert (notice.kind, notice.data) == ("kicked", {"title": "Topology"})


async def test_who_was_removed_cannot_join_until_he_is_let_in(
    services: Services, bot: BotApi
) -> None:
    lecture = await lecture_of(services, bot, "ru")
    (emmy,) = await lecture.joined("Emmy")
    listed = await said(lecture.ada, "/kick")
    await shows(lecture.ada, listed, "Emmy")
    await shows(lecture.ada, listed, "Исключить")
    refused = await said(emmy, f"/start {lecture.code}")
    assert refused.says == (
        "A teacher has removed you from this auditorium. Only a teacher of it can let you in again."
    )
    again = await said(lecture.ada, "/kick")
    assert again.says.endswith("Никого нет.")
    removed = await shows(lecture.ada, again, "Кто исключён")
    assert [row[0] for row in removed.buttons][:-1] == ["Emmy"]
    done = await shows(lecture.ada, removed, "Emmy")
    assert done.says == "Снова участвует в «Topology»: Emmy."
    assert "Topology" in (await said(emmy, f"/start {lecture.code}")).says


async def test_long_lists_have_pages_and_are_searched(services: Services, bot: BotApi) -> None:
    lecture = await lecture_of(services, bot)
    await lecture.joined(*(f"Student {n:02}" for n in range(18)))
    first = await said(lecture.ada, "/kick")
    assert "Page 1 of 3" in first.says
    assert [row[0] for row in first.buttons[:8]] == [f"Student {n:02}" for n in range(8)]
    assert first.buttons[8:] == [["→"], ["Who was removed"]]
    second = await shows(lecture.ada, first, "→")
    assert second.buttons[8] == ["←", "→"]
    third = await shows(lecture.ada, first, "→")
    assert third.buttons == [["Student 16"], ["Student 17"], ["←"], ["Who was removed"]]
    # From the question back to the page from which it came.
    await shows(lecture.ada, first, "Student 17")
    assert (await shows(lecture.ada, first, "Back to the list")).buttons == third.buttons
    found = await said(lecture.ada, "/kick student 1")
    assert [row[0] for row in found.buttons[:8]] == [f"Student {n}" for n in range(10, 18)]
    assert 'With "student 1" in the name:' in found.says
    nobody = await said(lecture.ada, "/kick zzz")
    assert nobody.says.endswith("There is nobody.")


async def test_a_search_keeps_its_pages(services: Services, bot: BotApi) -> None:
    lecture = await lecture_of(services, bot)
    await lecture.joined(*(f"Student {n:02}" for n in range(10)), "Emmy")
    found = await said(lecture.ada, "/kick stud")
    last = await shows(lecture.ada, found, "→")
    assert last.buttons[:2] == [["Student 08"], ["Student 09"]]
    assert 'With "stud" in the name:' in last.says


async def test_the_owner_makes_a_moderator_who_gets_the_commands(
    services: Services, bot: BotApi
) -> None:
    lecture = await lecture_of(services, bot)
    (emmy,) = await lecture.joined("Emmy")
    listed = await said(lecture.ada, "/moderators")
    assert listed.buttons == [["Emmy"]]
    made = await shows(lecture.ada, listed, "Emmy")
    assert made.buttons == [["★ Emmy"]]
    (told,) = await emmy.got(1)
    assert told.says.startswith('You manage "Topology" now')
    assert any(line.startswith("/kick") for line in emmy.menu())
    assert "Only the owner" in (await said(emmy, "/moderators")).says
    assert "closed" in (await said(emmy, "/close")).says
    unmade = await shows(lecture.ada, listed, "★ Emmy")
    assert unmade.buttons == [["Emmy"]]
    await bot.until(lambda: not any(line.startswith("/kick") for line in emmy.menu()))
    assert (await said(emmy, "/open")).says.startswith("Only those who manage")
    assert lecture.ada.alerts[-2:] == ["Emmy moderates now.", "Emmy no longer moderates."]


async def test_a_removed_moderator_loses_his_menu(services: Services, bot: BotApi) -> None:
    lecture = await lecture_of(services, bot)
    (emmy,) = await lecture.joined("Emmy")
    listed = await said(lecture.ada, "/moderators")
    await shows(lecture.ada, listed, "Emmy")
    await bot.until(lambda: any(line.startswith("/kick") for line in emmy.menu()))
    listed = await said(lecture.ada, "/kick")
    await shows(lecture.ada, listed, "★ Emmy")
    await shows(lecture.ada, listed, "Remove")
    await bot.until(lambda: not any(line.startswith("/kick") for line in emmy.menu()))


async def test_buttons_work_for_managers_only_and_for_their_auditorium(
    services: Services, bot: BotApi
) -> None:
    lecture = await lecture_of(services, bot)
    emmy, alan = await lecture.joined("Emmy", "Alan")
    listed = await said(lecture.ada, "/kick")
    owner = await viewer_by_code(services, lecture.ada.chat_id, lecture.code)
    mod = await lecture.member(alan)
    await set_moderator(services, owner, mod.id, is_moderator=True)
    await shows(lecture.ada, listed, "Alan")
    # The teacher has another auditorium now; his old list is of the old one.
    await create_from_telegram(
        services, title="Sets", chat_id=lecture.ada.chat_id, name="Ada", locale="en"
    )
    await shows(lecture.ada, listed, "Back to the list")
    await shows(lecture.ada, listed, "Emmy")
    await set_moderator(services, owner, mod.id, is_moderator=False)
    done = await shows(lecture.ada, listed, "Remove")
    assert done.says == 'Emmy is removed from "Topology".'
    assert (await lecture.member(emmy)).role == Role.STUDENT


async def test_who_no_longer_moderates_presses_in_vain(services: Services, bot: BotApi) -> None:
    lecture = await lecture_of(services, bot)
    emmy, alan = await lecture.joined("Emmy", "Alan")
    owner = await viewer_by_code(services, lecture.ada.chat_id, lecture.code)
    emmys = (await lecture.member(emmy)).id
    await set_moderator(services, owner, emmys, is_moderator=True)
    listed = await said(emmy, "/kick")
    await shows(emmy, listed, "Alan")
    await set_moderator(services, owner, emmys, is_moderator=False)
    query = await emmy.presses(listed, label="Remove")
    assert "Only the teacher may do this." in await emmy.hears(query)
    assert (await lecture.member(alan)).inactive_reason is None


async def test_a_press_twice_and_a_member_that_is_gone_are_answered(
    services: Services, bot: BotApi
) -> None:
    lecture = await lecture_of(services, bot)
    (emmy,) = await lecture.joined("Emmy")
    listed = await said(lecture.ada, "/kick")
    first = await lecture.ada.presses(listed, label="Emmy")
    assert await lecture.ada.hears(first) == ""
    again = await lecture.ada.presses(listed, label="Back to the list")
    await lecture.ada.hears(again)
    member_id = (await lecture.member(emmy)).id
    async with services.sessions.begin() as session:
        await session.delete(await session.get_one(Member, member_id))
    query = await lecture.ada.presses(listed, label="Emmy")
    assert await lecture.ada.hears(query) != ""


def test_a_long_search_is_cut_to_what_a_button_holds() -> None:
    for query in ("x" * 300, "я" * 300, "Anna: the second", ""):
        data = show_members(Listing.REMOVABLE, "ABC234", 12, query)
        assert len(data.encode()) <= 64
        kept = ShowMembers.unpack(data)
        assert query.startswith(kept.query)
        assert (kept.code, kept.page) == ("ABC234", 12)
    assert ShowMembers.unpack(show_members(Listing.PEOPLE, "ABC234", 0, "я" * 300)).query


def test_an_acts_button_fits_whatever_the_page() -> None:
    for act in ("ask", "kick", "in", "mod", "unmod"):
        packed = OneMember(act=act, member_id=uuid4(), page=9999).pack()
        assert len(packed.encode()) <= 64
        assert isinstance(OneMember.unpack(packed).member_id, UUID)
