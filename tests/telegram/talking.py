"""How a conversation with the bot goes on: what a text brings, and what a press does."""

from tests.telegram.botapi import Message
from tests.telegram.people import Person


async def said(somebody: Person, text: str, reply_to: Message | None = None) -> Message:
    """The answer to what he writes."""
    count = len(somebody.inbox)
    await somebody.writes(text, reply_to=reply_to)
    return (await somebody.got(count + 1))[count]


async def shows(somebody: Person, message: Message, label: str) -> Message:
    """The message as it stands after a press, which has changed it."""
    before = somebody.api.now(message)
    await somebody.hears(await somebody.presses(message, label=label))
    after = somebody.api.now(message)
    assert after is not None
    assert before != after
    return after


async def warned(somebody: Person, query_id: str) -> str:
    """What a press was answered, in a window that he has to close."""
    told = await somebody.hears(query_id)
    (answer,) = [
        sight for sight in somebody.sees("answer") if sight.content["query_id"] == query_id
    ]
    assert answer.content["is_alert"], told
    return told
