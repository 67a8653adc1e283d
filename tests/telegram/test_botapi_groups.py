"""The Bot API server: groups, topics, privacy mode, migration, and who may be written to."""

import pytest

from tests.telegram.botapi import BOT_NAME, BotApi, Refused
from tests.telegram.calling import call, kinds, news
from tests.telegram.people import make_group, person


async def test_in_privacy_mode_a_bot_hears_only_what_is_meant_for_it(api: BotApi) -> None:
    ada, emmy = person(api, "Ada"), person(api)
    lecture = make_group(api, "Year 2", ada, [emmy])
    await lecture.adds_bot(by=ada)
    mine = await call(api, "sendMessage", chat_id=lecture.chat_id, text="Hello")
    (hello,) = lecture.inbox
    heard = [
        await emmy.writes("/help", in_=lecture),
        await emmy.writes(f"/help@{BOT_NAME}", in_=lecture),
        await emmy.writes(f"is @{BOT_NAME} here?", in_=lecture),
        await emmy.writes("thanks", in_=lecture, reply_to=hello),
    ]
    unheard = [
        await emmy.writes("good morning", in_=lecture),
        await emmy.writes("/help@other_bot", in_=lecture),
        await emmy.writes("and/or", in_=lecture),
        await emmy.sends_sticker(in_=lecture),
    ]
    assert all(message.update_id for message in heard)
    assert not any(message.update_id for message in unheard)
    assert mine["message_id"] == hello["message_id"]
    await lecture.promotes_bot(by=ada)
    assert (await emmy.writes("good morning", in_=lecture)).update_id
    await lecture.demotes_bot(by=ada)
    assert not (await emmy.writes("good morning", in_=lecture)).update_id
    api.world.has_privacy = False
    assert (await emmy.writes("good morning", in_=lecture)).update_id


async def test_a_bot_is_told_when_it_comes_and_goes_and_may_not_write_afterwards(
    api: BotApi,
) -> None:
    ada = person(api, "Ada")
    lecture = make_group(api, "Year 2", ada)
    with pytest.raises(Refused, match="Bad Request: chat not found"):
        await call(api, "sendMessage", chat_id=lecture.chat_id, text="Hello")
    await lecture.adds_bot(by=ada)
    await lecture.promotes_bot(by=ada)
    await lecture.removes_bot(by=ada)
    told = await news(api)
    assert kinds(told) == [
        "my_chat_member",
        "message",
        "my_chat_member",
        "message",
        "my_chat_member",
    ]
    changes = [update["my_chat_member"] for update in told if "my_chat_member" in update]
    assert [change["new_chat_member"]["status"] for change in changes] == [
        "member",
        "administrator",
        "kicked",
    ]
    with pytest.raises(Refused, match="Forbidden: bot was kicked from the supergroup chat"):
        await call(api, "sendMessage", chat_id=lecture.chat_id, text="Hello")


async def test_a_group_that_became_a_supergroup_says_where_it_is(api: BotApi) -> None:
    ada = person(api, "Ada")
    lecture = make_group(api, "Year 2", ada, kind="group")
    await lecture.adds_bot(by=ada)
    old = lecture.chat_id
    new = await lecture.migrates(by=ada)
    told = [update["message"] for update in await news(api) if "message" in update]
    assert (told[-2]["chat"]["id"], told[-2]["migrate_to_chat_id"]) == (old, new)
    assert (told[-1]["chat"]["id"], told[-1]["migrate_from_chat_id"]) == (new, old)
    with pytest.raises(Refused, match="group chat was upgraded to a supergroup chat") as refused:
        await call(api, "sendMessage", chat_id=old, text="Hello")
    assert refused.value.parameters == {"migrate_to_chat_id": new}
    assert (await call(api, "getChat", chat_id=old))["title"] == "Year 2"
    with pytest.raises(Refused, match="group chat was upgraded to a supergroup chat"):
        await call(api, "getChatMember", chat_id=old, user_id=ada.chat_id)
    await call(api, "sendMessage", chat_id=new, text="Hello")
    assert len(await lecture.got(1)) == 1


async def test_messages_of_a_topic_stay_in_it(api: BotApi) -> None:
    ada = person(api, "Ada")
    lecture = make_group(api, "Year 2", ada, is_forum=True)
    await lecture.adds_bot(by=ada)
    boards = await lecture.new_topic("Boards", by=ada)
    asked = await ada.writes("/help", in_=boards)
    assert (asked["message_thread_id"], asked["is_topic_message"]) == (boards.thread, True)
    assert asked["reply_to_message"]["forum_topic_created"]["name"] == "Boards"
    there = {"chat_id": lecture.chat_id, "text": "Here"}
    await call(api, "sendMessage", **there, message_thread_id=boards.thread)
    await call(api, "sendMessage", **there)
    assert [len(lecture.inbox), len(boards.inbox)] == [2, 1]
    for nowhere in (1, 999):
        with pytest.raises(Refused, match="Bad Request: message thread not found"):
            await call(api, "sendMessage", **there, message_thread_id=nowhere)
    await lecture.promotes_bot(by=ada)
    topic = await call(api, "createForumTopic", chat_id=lecture.chat_id, name="Questions")
    await call(api, "sendMessage", **there, message_thread_id=topic["message_thread_id"])


@pytest.mark.parametrize("kind", ["group", "supergroup"])
async def test_an_administrator_bot_pins_and_asks_about_members(api: BotApi, kind: str) -> None:
    ada, emmy = person(api, "Ada"), person(api)
    lecture = make_group(api, "Year 2", ada, kind="group" if kind == "group" else "supergroup")
    await lecture.adds_bot(by=ada)
    await lecture.joins(emmy)
    there = {"chat_id": lecture.chat_id}
    sent = await call(api, "sendMessage", **there, text="Join here")
    pin = there | {"message_id": sent["message_id"]}
    with pytest.raises(Refused, match="not enough rights to manage pinned messages in the chat"):
        await call(api, "pinChatMessage", **pin)
    await lecture.promotes_bot(by=ada)
    await call(api, "pinChatMessage", **pin)
    assert (await call(api, "getChat", **there))["pinned_message"]["text"] == "Join here"
    assert (await call(api, "getChatMember", **there, user_id=emmy.chat_id))["status"] == "member"
    admins = await call(api, "getChatAdministrators", **there)
    assert [each["status"] for each in admins] == ["creator", "administrator"]
    assert await call(api, "getChatMemberCount", **there) == 3
    await call(api, "leaveChat", **there)
    with pytest.raises(Refused, match=f"Forbidden: bot is not a member of the {kind} chat"):
        await call(api, "sendMessage", **there, text="Bye")


async def test_who_cannot_be_written_to_is_told_apart(api: BotApi) -> None:
    stranger = person(api, has_started=False)
    blocker, gone = person(api), person(api)
    await blocker.blocks()
    await gone.deletes_account()
    refusals = {
        stranger: "Forbidden: bot can't initiate conversation with a user",
        blocker: "Forbidden: bot was blocked by the user",
        gone: "Forbidden: user is deactivated",
    }
    for somebody, words in refusals.items():
        with pytest.raises(Refused, match=words):
            await call(api, "sendMessage", chat_id=somebody.chat_id, text="Hello")
    await stranger.starts("ABC234")
    await blocker.comes_back()
    for somebody in (stranger, blocker):
        await call(api, "sendMessage", chat_id=somebody.chat_id, text="Hello")
    assert kinds(await news(api)) == ["my_chat_member", "message", "my_chat_member", "message"]
