"""Calls of the Bot API without any library, for tests of the server's own rules."""

import json
from io import BytesIO
from typing import Any

import aiohttp

from tests.telegram.botapi import BotApi, Message, Refused


async def call(api: BotApi, method: str, **fields: Any) -> Any:
    """The result of a method, called with JSON. Raises Refused."""
    return await answer_to(api, method, json=fields)


async def answer_to(
    api: BotApi, method: str, *, verb: str = "POST", token: str | None = None, **request: Any
) -> Any:
    """The result of a method, called as aiohttp's own arguments say. Raises Refused."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(verb, f"{api.url}/bot{token or api.token}/{method}", **request) as answer,
    ):
        body = await answer.json()
    if body["ok"]:
        return body["result"]
    assert answer.status == body["error_code"]
    raise Refused(body["error_code"], body["description"], **body.get("parameters", {}))


def form(fields: dict[str, Any], **files: tuple[str, bytes]) -> aiohttp.FormData:
    """A multipart body. files: (file name, content) by the name of their part."""
    body = aiohttp.FormData()
    for name, value in fields.items():
        body.add_field(name, value if isinstance(value, str) else json.dumps(value))
    for name, (file_name, content) in files.items():
        body.add_field(name, BytesIO(content), filename=file_name)
    return body


async def news(api: BotApi, **fields: Any) -> list[dict[str, Any]]:
    """What the bot has not confirmed yet, as getUpdates gives it."""
    updates: list[dict[str, Any]] = await call(api, "getUpdates", **fields)
    return updates


def kinds(updates: list[dict[str, Any]]) -> list[str]:
    """What kind of news each of them is."""
    return [next(name for name in update if name != "update_id") for update in updates]


def texts(messages: list[Message]) -> list[str]:
    """What messages say."""
    return [message.says for message in messages]
