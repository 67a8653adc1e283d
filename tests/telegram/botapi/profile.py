"""What a bot says of itself: commands by scope and language, descriptions, the menu button."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from tests.telegram.botapi.calls import Call
from tests.telegram.botapi.errors import bad_request

Command = dict[str, str]
_COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE: Final = re.compile(r"(?:[a-z]{2})?")
_SCOPES: Final = {
    "default": set[str](),
    "all_private_chats": set(),
    "all_group_chats": set(),
    "all_chat_administrators": set(),
    "chat": {"chat_id"},
    "chat_administrators": {"chat_id"},
    "chat_member": {"chat_id", "user_id"},
}
MOST_COMMANDS: Final = 100
DESCRIPTION_LENGTH: Final = 256
ABOUT_LENGTH: Final = 512
SHORT_LENGTH: Final = 120
_DEFAULT_SCOPE: Final = {"type": "default"}
_DEFAULT_BUTTON: Final = {"type": "commands"}


@dataclass
class Profile:
    """Everything by language; "" is for all who have no list of their own language."""

    commands: dict[tuple[str, str], list[Command]] = field(default_factory=dict)
    about: dict[tuple[str, str], str] = field(default_factory=dict)
    buttons: dict[int | None, dict[str, Any]] = field(default_factory=dict)

    def menu(
        self, *, chat_id: int, user_id: int, language: str, is_group: bool, is_admin: bool
    ) -> list[Command]:
        """The commands that somebody is shown: the narrowest scope that has any."""
        at = {"chat_id": chat_id}
        scopes: list[dict[str, Any]] = []
        if is_group:
            scopes.append({"type": "chat_member", **at, "user_id": user_id})
            if is_admin:
                scopes.append({"type": "chat_administrators", **at})
            scopes.append({"type": "chat", **at})
            if is_admin:
                scopes.append({"type": "all_chat_administrators"})
            scopes.append({"type": "all_group_chats"})
        else:
            scopes += [{"type": "chat", **at}, {"type": "all_private_chats"}]
        for scope in (*scopes, _DEFAULT_SCOPE):
            for code in (language[:2], ""):
                if found := self.commands.get((_key(scope), code)):
                    return found
        return []

    def description(self, language: str) -> str:
        """What somebody reads of the bot before he has started it; "": nothing."""
        about = (self.about.get(("description", code)) for code in (language[:2], ""))
        return next((said for said in about if said), "")


def set_commands(profile: Profile, call: Call) -> bool:
    """SetMyCommands. Raises Refused."""
    commands = call.listed("commands")
    if commands is None:
        raise bad_request('can\'t find field "commands"')
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for each in commands:
        if not isinstance(each, dict) or each.keys() != {"command", "description"}:
            raise bad_request("can't parse BotCommand")
        if not _COMMAND.fullmatch(each["command"].removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(each["description"]) <= DESCRIPTION_LENGTH:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    profile.commands[_place(call)] = [
        {"command": each["command"].removeprefix("/"), "description": each["description"]}
        for each in commands
    ]
    return True


def get_commands(profile: Profile, call: Call) -> list[Command]:
    """getMyCommands: of exactly this scope and language. Raises Refused."""
    return profile.commands.get(_place(call), [])


def delete_commands(profile: Profile, call: Call) -> bool:
    """DeleteMyCommands. Raises Refused."""
    profile.commands.pop(_place(call), None)
    return True


def set_about(profile: Profile, call: Call, name: str, longest: int) -> bool:
    """SetMyDescription and setMyShortDescription. Raises Refused."""
    said = call.text(name)
    if len(said) > longest:
        raise bad_request(f"{name.upper()}_TOO_LONG")
    profile.about[name, _language(call)] = said
    return True


def get_about(profile: Profile, call: Call, name: str) -> dict[str, str]:
    """GetMyDescription and getMyShortDescription. Raises Refused."""
    language = _language(call)
    said = profile.about.get((name, language)) or profile.about.get((name, ""), "")
    return {name: said}


def set_button(profile: Profile, call: Call) -> bool:
    """SetChatMenuButton. Raises Refused."""
    button = call.mapped("menu_button") or {"type": "default"}
    match button:
        case {"type": "commands" | "default"}:
            pass
        case {"type": "web_app", "text": str(), "web_app": {"url": str(url)}}:
            if not url.startswith("https://"):
                raise bad_request(
                    "menu button Web App URL is invalid: Only HTTPS links are allowed"
                )
        case _:
            raise bad_request("can't parse menu button: unsupported type")
    profile.buttons[call.chat_id] = button
    return True


def get_button(profile: Profile, call: Call) -> dict[str, Any]:
    """GetChatMenuButton. Raises Refused."""
    button = profile.buttons.get(call.chat_id) or profile.buttons.get(None) or _DEFAULT_BUTTON
    return _DEFAULT_BUTTON if button["type"] == "default" else button


def _place(call: Call) -> tuple[str, str]:
    scope = call.mapped("scope") or _DEFAULT_SCOPE
    wanted = _SCOPES.get(scope.get("type", ""))
    if wanted is None or scope.keys() != {"type", *wanted}:
        raise bad_request("can't parse BotCommandScope")
    return _key(scope), _language(call)


def _key(scope: dict[str, Any]) -> str:
    return json.dumps({name: str(value) for name, value in scope.items()}, sort_keys=True)


def _language(call: Call) -> str:
    language = call.text("language_code")
    if not _LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    return language
