"""The Bot API server's pure rules: marks in texts, counting, keyboards, paces."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.telegram.botapi import Refused
from tests.telegram.botapi.formatting import formatted
from tests.telegram.botapi.html import parse_html
from tests.telegram.botapi.keyboards import checked_inline, checked_markup
from tests.telegram.botapi.markdown import parse_markdown
from tests.telegram.botapi.rates import CHAT_BURST, Rates
from tests.telegram.botapi.reactions import checked_reactions
from tests.telegram.botapi.text import cut, units, with_found


def covered(text: str, entities: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entity["type"], cut(text, entity)) for entity in entities]


@pytest.mark.parametrize(
    ("markup", "text", "marks"),
    [
        ("<b>Board</b> 1", "Board 1", [("bold", "Board")]),
        ("<b>a<i>b</i></b>", "ab", [("bold", "ab"), ("italic", "b")]),
        ("a &lt;b&gt; &amp; &quot;c&quot; &#x1F600;", 'a <b> & "c" 😀', []),
        ("😀<code>x</code>", "😀x", [("code", "x")]),
        ('<a href="https://a.example/?b=1&amp;c">here</a>', "here", [("text_link", "here")]),
        ("<pre><code class='language-py'>x</code></pre>", "x", [("pre", "x")]),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", "x")]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", "x")]),
        ("<b></b>x", "x", []),
        ("1 &unknown; 2", "1 &unknown; 2", []),
    ],
)
def test_html_becomes_text_and_marks(markup: str, text: str, marks: list[tuple[str, str]]) -> None:
    understood, entities = formatted(markup, "HTML")
    assert understood == text
    assert covered(understood, entities) == marks


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("é<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 2'),
        ("x < y", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Unsupported start tag "span" at byte offset 0'),
    ],
)
def test_broken_html_is_refused_as_telegram_does(markup: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_html(markup)
    assert refused.value.description == f"Bad Request: can't parse entities: {words}"


@pytest.mark.parametrize(
    ("markup", "text", "marks"),
    [
        ("*Board* 1", "Board 1", [("bold", "Board")]),
        (
            "_a_ __b__ ~c~ ||d||",
            "a b c d",
            [("italic", "a"), ("underline", "b"), ("strikethrough", "c"), ("spoiler", "d")],
        ),
        (r"1\. a\-b", "1. a-b", []),
        ("`a*b` ```py\nx```", "a*b x", [("code", "a*b"), ("pre", "x")]),
        (r"[here](https://a.example/\))", "here", [("text_link", "here")]),
    ],
)
def test_markdown_becomes_text_and_marks(
    markup: str, text: str, marks: list[tuple[str, str]]
) -> None:
    understood, entities = formatted(markup, "MarkdownV2")
    assert understood == text
    assert covered(understood, entities) == marks


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("board 1.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("*board", "Can't find end of Bold entity at byte offset 0"),
        ("`board", "Can't find end of Code entity at byte offset 0"),
        ("[board](x", "Can't find end of a URL at byte offset 0"),
    ],
)
def test_broken_markdown_is_refused_as_telegram_does(markup: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_markdown(markup)
    assert refused.value.description == f"Bad Request: can't parse entities: {words}"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_an_escaped_text_says_what_it_said(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert parse_html(escaped) == (text, [])
    backslashed = "".join(f"\\{each}" if ord(each) < 127 else each for each in text)
    assert parse_markdown(backslashed) == (text, [])


def test_legacy_markdown_and_other_modes_are_refused() -> None:
    for mode in ("Markdown", "HTML5"):
        with pytest.raises(Refused):
            formatted("x", mode)


def test_offsets_count_utf_16_code_units() -> None:
    text, entities = formatted("  😀 <b>доска</b>  ", "HTML")
    assert (text, entities) == ("😀 доска", [{"type": "bold", "offset": 3, "length": 5}])
    assert units("😀") == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start ABC", [("bot_command", "/start")]),
        ("/help@boards_test_bot now", [("bot_command", "/help@boards_test_bot")]),
        ("and/or 1/2 /", []),
        ("ask @ada_l #limits", [("mention", "@ada_l"), ("hashtag", "#limits")]),
        ("see https://a.example/x, ok", [("url", "https://a.example/x")]),
        ("mail ada@a.example", [("email", "ada@a.example")]),
    ],
)
def test_telegram_finds_commands_names_and_addresses(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert covered(text, with_found(text, [])) == found


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "x", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": "ж" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "x"}, "text buttons are unallowed in the inline keyboard"),
        ({"text": " ", "callback_data": "1"}, "text is empty"),
        ({"text": "x", "url": "not a link"}, "Wrong HTTP URL"),
        ({"text": "x", "callback_data": "1", "colour": "red"}, r"unknown fields \['colour'\]"),
        ({"text": "x", "callback_data": "1", "url": "https://a.example"}, "one action"),
    ],
)
def test_bad_buttons_are_refused(button: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        checked_markup({"inline_keyboard": [[button]]})


def test_keyboards_of_other_kinds_are_for_new_messages_only() -> None:
    for markup in ({"force_reply": True}, {"remove_keyboard": True}, {"keyboard": [["Yes"]]}):
        assert checked_markup(markup) == markup
        with pytest.raises(Refused, match="inline keyboard expected"):
            checked_inline(markup)
    with pytest.raises(Refused, match="object expected as reply markup"):
        checked_markup({"colour": "red"})


def test_reactions_are_of_the_free_list_and_one() -> None:
    assert checked_reactions([{"type": "emoji", "emoji": "❤️"}]) == [{"type": "emoji", "emoji": "❤"}]
    with pytest.raises(Refused, match="REACTION_INVALID"):
        checked_reactions([{"type": "emoji", "emoji": "✅"}])
    with pytest.raises(Refused, match="REACTIONS_TOO_MANY"):
        checked_reactions([{"type": "emoji", "emoji": "👍"}, {"type": "emoji", "emoji": "🔥"}])


def test_one_chat_takes_a_burst_and_then_one_a_second() -> None:
    rates = Rates()
    assert [rates.admit(1, 0.0) for _ in range(int(CHAT_BURST))] == [0] * int(CHAT_BURST)
    assert rates.admit(1, 0.1) == 1
    assert rates.admit(1, 1.0) == 0
    assert rates.admit(1, 1.5) == 1
    assert rates.refused == 2


def test_all_chats_together_take_thirty_a_second() -> None:
    rates = Rates()
    assert [rates.admit(chat, chat / 1000) for chat in range(1, 31)] == [0] * 30
    assert rates.admit(31, 0.5) == 1
    assert rates.admit(31, 1.0011) == 0


def test_a_group_takes_twenty_a_minute() -> None:
    rates = Rates()
    assert [rates.admit(-5, float(second)) for second in range(20)] == [0] * 20
    assert rates.admit(-5, 20.0) == 40
    assert rates.admit(-6, 20.0) == 0
    assert rates.admit(-5, 60.0) == 0


def test_an_album_counts_each_of_its_messages() -> None:
    rates = Rates()
    assert rates.admit(1, 0.0, messages=10) == 0
    assert rates.admit(1, 0.5) == 1
    assert rates.admit(-5, 1.0, messages=10) == 0
    assert rates.admit(-5, 12.0, messages=10) == 0
    assert rates.admit(-5, 30.0) == 31


def test_limits_can_be_switched_off() -> None:
    rates = Rates(is_on=False)
    assert {rates.admit(1, 0.0) for _ in range(100)} == {0}
    assert rates.refused == 0
