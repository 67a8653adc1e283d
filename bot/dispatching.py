"""Which handler gets an update: private chats, groups, and what happens to the bot itself."""

from aiogram import Dispatcher, F, Router
from aiogram.enums import ChatType

from bot.exports import Exports
from bot.handlers import (
    boards,
    choices,
    feedback,
    gallery,
    groups,
    life,
    managing,
    own,
    photos,
    rooms,
    teaching,
)
from bot.middlewares import Language, TellErrors
from bot.pictures import BoardPictures
from bot.uploads import Uploads
from core.services import Services
from core.texts import Catalogues

_GROUPS = {ChatType.GROUP, ChatType.SUPERGROUP}


def make_dispatcher(
    services: Services,
    catalogues: Catalogues,
    *,
    pictures: BoardPictures,
    uploads: Uploads,
    exports: Exports,
) -> Dispatcher:
    """Handlers with what they need."""
    dispatcher = Dispatcher(
        services=services,
        catalogues=catalogues,
        pictures=pictures,
        uploads=uploads,
        exports=exports,
    )
    for observer in (dispatcher.message, dispatcher.callback_query, dispatcher.my_chat_member):
        observer.outer_middleware(Language(services, catalogues))
    for told in (dispatcher.message, dispatcher.callback_query):
        told.middleware(TellErrors())
    dispatcher.include_routers(
        life.make_router(),
        own.make_router(),
        feedback.make_router(),
        gallery.make_router(),
        teaching.make_router(catalogues),
        managing.make_router(),
        _in_groups(),
        _in_private(),
        boards.make_router(),  # the last of its buttons is any: one of an older version
    )
    return dispatcher


def _in_groups() -> Router:
    router = Router(name="in groups")
    router.message.filter(F.chat.type.in_(_GROUPS))
    router.callback_query.filter(F.message.chat.type.in_(_GROUPS))
    router.include_router(groups.make_router())
    return router


def _in_private() -> Router:
    router = Router(name="in private")
    router.message.filter(F.chat.type == ChatType.PRIVATE)
    router.callback_query.filter(F.message.chat.type == ChatType.PRIVATE)
    router.include_routers(
        rooms.make_router(),
        choices.make_router(),
        photos.make_router(),
        rooms.make_text_router(),
        photos.make_last_router(),
    )
    return router
