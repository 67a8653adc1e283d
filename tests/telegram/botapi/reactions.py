"""The emoji with which a bot may react: the list at ReactionTypeEmoji of the Bot API."""

from typing import Any

from tests.telegram.botapi.errors import bad_request

# Between blanks, because some of them are several code points.
_FREE = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍
🐳 ❤\u200d🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭
🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒
💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡
"""
FREE = frozenset(_FREE.split())
MOST_OF_A_BOT = 1  # "as non-premium users, bots can set up to one reaction per message"


def checked_reactions(given: list[Any]) -> list[dict[str, str]]:
    """Raises Refused for what a bot may not set."""
    if len(given) > MOST_OF_A_BOT:
        raise bad_request("REACTIONS_TOO_MANY")
    for each in given:
        if not isinstance(each, dict) or each.get("type") not in {"emoji", "custom_emoji", "paid"}:
            raise bad_request("can't parse reaction type")
        if each["type"] != "emoji" or _plain(each.get("emoji", "")) not in FREE:
            raise bad_request("REACTION_INVALID")
    return [{"type": "emoji", "emoji": _plain(each["emoji"])} for each in given]


def reaction(emoji: str) -> list[dict[str, str]]:
    """One emoji as an array of ReactionType; none: the reaction is taken back."""
    return [{"type": "emoji", "emoji": _plain(emoji)}] if emoji else []


def _plain(emoji: str) -> str:
    """Without the selector of the coloured form, with which keyboards write a heart."""
    return emoji.replace("\ufe0f", "")
