"""The world behind the bot over HTTP: /control/..., for a page on which people are played by hand.

Only for one's own machine: whoever reaches it can act as anybody.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.calls import Upload
from tests.telegram.botapi.counts import Counts, Handler, counting
from tests.telegram.botapi.errors import Refused
from tests.telegram.botapi.groups import make_group
from tests.telegram.botapi.http import API
from tests.telegram.botapi.orders import (
    GROUP_ACTS,
    PERSON_ACTS,
    NotUnderstood,
    Order,
    find_group,
    find_person,
)
from tests.telegram.botapi.people import Person, person
from tests.telegram.botapi.screens import Sight
from tests.telegram.botapi.world import Chat

# Below the minute after which proxies close a silent stream.
_COMMENT_EVERY_S: Final = 15.0
COUNTS: Final = web.AppKey("counts", Counts)


def add_control(app: web.Application) -> None:
    """Add the routes to a server, and count from now on what its bot does."""
    app[COUNTS] = Counts()
    app.middlewares.append(counting(app[COUNTS]))
    app.router.add_get("/control/state", _answering(_state))
    app.router.add_post("/control/people", _answering(_new_person))
    app.router.add_post("/control/people/{id}/{act}", _answering(_person_act))
    app.router.add_get("/control/people/{id}/menu", _answering(_menu))
    app.router.add_post("/control/groups", _answering(_new_group))
    app.router.add_post("/control/groups/{id}/{act}", _answering(_group_act))
    app.router.add_get("/control/chats/{id}/messages", _answering(_messages))
    app.router.add_post("/control/weather", _answering(_weather))
    app.router.add_get("/control/files/{id}", _file)
    app.router.add_get("/control/events", _events)


def _answering(work: Callable[[web.Request], Awaitable[Any]]) -> Handler:
    """JSON, or 400 with the reason."""

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await work(request))
        except (NotUnderstood, Refused, AssertionError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return handler


async def _order(request: web.Request) -> Order:
    fields: dict[str, Any] = {}
    files: list[Upload] = []
    if request.content_type == "application/json":
        fields = await request.json() if request.can_read_body else {}
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                with value.file as file:
                    files.append(Upload(value.filename, file.read(), value.content_type))
            else:
                fields[name] = value
    return Order(request.app[API], fields, tuple(files))


async def _state(request: web.Request) -> Any:
    api = request.app[API]
    return {
        "bot": api.world.bot.user(),
        "people": [_person_json(Person(api, each)) for each in api.world.accounts.values()],
        "groups": [_group_json(api, each) for each in api.world.chats.values() if each.is_group],
        "weather": _weather_json(api),
        "calls": len(api.calls),
        "counts": asdict(request.app[COUNTS]),
        "updates_waiting": len(api.updates.waiting),
        "webhook": api.webhook.url,
        # From here on the stream of events tells what this answer does not.
        "last_event": api.screens.newest,
    }


async def _new_person(request: web.Request) -> Any:
    order = await _order(request)
    return _person_json(
        person(
            order.api,
            order.text("name"),
            order.text("language", "en"),
            has_started=order.flag("has_started"),
        )
    )


async def _person_act(request: web.Request) -> Any:
    order = await _order(request)
    who = find_person(order.api, int(request.match_info["id"]))
    act = PERSON_ACTS.get(request.match_info["act"])
    if act is None:
        raise NotUnderstood(f"no such act, only {sorted(PERSON_ACTS)}")
    fields = {"user_id": who.chat_id, **order.fields}
    return await act(who, Order(order.api, fields, order.files))


async def _menu(request: web.Request) -> Any:
    order = Order(request.app[API], dict(request.query))
    return find_person(order.api, int(request.match_info["id"])).menu(order.place())


async def _new_group(request: web.Request) -> Any:
    order = await _order(request)
    kind = order.text("kind", "supergroup")
    if kind not in {"group", "supergroup"}:
        raise NotUnderstood("kind is group or supergroup")
    members = [find_person(order.api, int(each)) for each in order.fields.get("members", [])]
    group = make_group(
        order.api,
        order.text("title"),
        order.person("owner"),
        members,
        kind="group" if kind == "group" else "supergroup",
        is_forum=order.flag("is_forum"),
    )
    return _group_json(order.api, group.chat)


async def _group_act(request: web.Request) -> Any:
    order = await _order(request)
    group = find_group(order.api, int(request.match_info["id"]))
    act = GROUP_ACTS.get(request.match_info["act"])
    if act is None:
        raise NotUnderstood(f"no such act, only {sorted(GROUP_ACTS)}")
    return await act(group, order)


async def _messages(request: web.Request) -> Any:
    chat = request.app[API].world.chats.get(int(request.match_info["id"]))
    if chat is None:
        raise NotUnderstood("there is no such chat")
    return [
        message | {"reactions": _reactions(chat, message_id)}
        for message_id, message in chat.messages.items()
    ]


async def _weather(request: web.Request) -> Any:
    """How Telegram does: latency_s, outage ("", "cut" or "502"), has_limits, has_privacy."""
    order = await _order(request)
    api = order.api
    if "latency_s" in order.fields:
        api.faults.latency_s = float(order.fields["latency_s"])
    if "outage" in order.fields:
        how = order.text("outage")
        api.comes_back()
        if how:
            api.goes_away("502" if how == "502" else "cut")
    if "has_limits" in order.fields:
        api.rates.is_on = order.flag("has_limits")
    if "has_privacy" in order.fields:
        api.world.has_privacy = order.flag("has_privacy")
    return _weather_json(api)


async def _file(request: web.Request) -> web.StreamResponse:
    file = request.app[API].files.kept.get(request.match_info["id"])
    if file is None:
        return web.Response(status=404)
    is_picture = file.media_type in {"image/jpeg", "image/png", "image/webp"}
    # What a person sends is not to run as a page of this server.
    shown_as = file.media_type if is_picture else "application/octet-stream"
    return web.Response(
        body=file.content,
        headers={
            "Content-Type": shown_as,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=86400, immutable",  # an id has one content for ever
        },
    )


async def _events(request: web.Request) -> web.StreamResponse:
    """Server-sent events: what everybody sees, after the number in `after` or Last-Event-ID."""
    api = request.app[API]
    after = request.headers.get("Last-Event-ID") or request.query.get("after", "0")
    last = int(after) if after.isdigit() else 0
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    async with api.screens.listening() as news:
        for sight in api.screens.after(last):
            await response.write(_event(sight))
            last = sight.number
        while True:
            try:
                sight = await asyncio.wait_for(news.get(), _COMMENT_EVERY_S)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            if sight.number > last:
                await response.write(_event(sight))


def _event(sight: Sight) -> bytes:
    data = json.dumps(sight.as_json(), ensure_ascii=False)
    return f"id: {sight.number}\nevent: {sight.kind}\ndata: {data}\n\n".encode()


def _person_json(who: Person) -> dict[str, Any]:
    return {
        "user_id": who.chat_id,
        "name": who.name,
        "language": who.language,
        "has_started": who.account.has_started,
        "has_blocked": who.account.has_blocked,
        "is_deleted": who.account.is_deleted,
        # What he reads of the bot before he starts it.
        "description": who.api.profile.description(who.language),
    }


def _group_json(api: BotApi, chat: Chat) -> dict[str, Any]:
    return {
        "chat_id": chat.chat_id,
        "title": chat.title,
        "kind": chat.kind,
        "is_forum": chat.is_forum,
        "members": [account.user_id for account in api.world.people_in(chat)],
        "bot": chat.standing(api.world.bot.user_id),
        "topics": [
            {"thread_id": each.topic_id, "name": each.name} for each in chat.topics.values()
        ],
        "migrated_to": chat.migrated_to,
    }


def _weather_json(api: BotApi) -> dict[str, Any]:
    return {
        "latency_s": api.faults.latency_s,
        "is_away": api.faults.outage is not None,
        "outage": _outage(api),
        "has_limits": api.rates.is_on,
        "refused_as_too_fast": api.rates.refused,
        "has_privacy": api.world.has_privacy,
    }


def _outage(api: BotApi) -> str:
    match api.faults.outage:
        case None:
            return ""
        case Refused():
            return "502"
        case _:
            return "cut"


def _reactions(chat: Chat, message_id: int) -> dict[str, list[str]]:
    given = chat.reactions.get(message_id, {})
    return {str(who): [each["emoji"] for each in emoji] for who, emoji in given.items()}
