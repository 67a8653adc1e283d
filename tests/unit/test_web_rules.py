"""The pure rules of the web process: languages, ranges, names, statuses."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.boards import RenditionView
from core.errors import DomainError
from core.events import is_event_id, order_of
from core.texts import load_texts
from core.values import BoardState, RenditionKind, Stage
from tests.unit.test_texts import all_errors
from web import urls
from web.errors import STATUS, RangeNotSatisfiable
from web.language import choose
from web.media import Part, disposition, file_name, parse_range
from web.pages import own_path
from web.views import SPANS, percent


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("de-DE,fr;q=0.9", "en"),
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"),
        ("en-US,en;q=0.9,ru;q=0.8", "en"),
        ("de, ru;q=0.4, en;q=0.3", "ru"),
        ("ru;q=0, *", "en"),
        ("*;q=0.1, ru;q=0.2", "ru"),
        ("ru;q=nonsense, en;q=0.1", "en"),
        ("RU_ru", "ru"),
        ("ru, en", "ru"),
        ("en, ru", "en"),
        (";;;,,,=", "en"),
    ],
)
def test_the_language_is_the_one_that_the_browser_likes_best(header: str, locale: str) -> None:
    assert choose(header) == locale


@given(st.text(max_size=200))
def test_no_header_breaks_the_choice_of_a_language(header: str) -> None:
    assert choose(header) in {"en", "ru"}


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-9", Part(0, 9)),
        ("bytes=90-", Part(90, 99)),
        ("bytes=90-1000", Part(90, 99)),
        ("bytes=-10", Part(90, 99)),
        ("bytes=-1000", Part(0, 99)),
        ("", None),
        ("bytes=-", None),
        ("bytes=9-0", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
    ],
)
def test_one_range_is_served_and_what_is_none_is_answered_whole(
    header: str, part: Part | None
) -> None:
    assert parse_range(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_served(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 100)


@given(st.from_regex(r"bytes=\d{0,5}-\d{0,5}", fullmatch=True), st.integers(1, 2000))
def test_a_served_range_lies_within_the_file(header: str, size: int) -> None:
    try:
        part = parse_range(header, size)
    except RangeNotSatisfiable:
        return
    assert part is None or (0 <= part.start <= part.end < size and part.length > 0)


def rendition(kind: RenditionKind, media_type: str) -> RenditionView:
    return RenditionView(
        kind=kind,
        object_key="k",
        media_type=media_type,
        width=1,
        height=1,
        byte_size=1,
        sha256="0" * 64,
    )


def test_a_saved_picture_has_a_name_that_a_person_understands() -> None:
    picture = rendition(RenditionKind.UPSCALED, "image/jpeg")
    name = file_name(load_texts()["ru"], "Алгебра: 1/2", 3, picture)
    assert name == "Алгебра  1 2 — доска 3 (лучшая).jpg"
    header = disposition(name, download=True)
    assert header.startswith("attachment; ")
    assert header.isascii()
    assert 'filename="board.jpg"' in disposition("доска.jpg", download=False)
    assert "filename*=UTF-8''%D0%90" in header


@given(st.text(max_size=80))
def test_no_title_breaks_out_of_the_header(title: str) -> None:
    picture = rendition(RenditionKind.UPRIGHT, "image/png")
    header = disposition(file_name(load_texts()["en"], title, 1, picture), download=True)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_every_error_has_a_status_of_its_own() -> None:
    errors = {kind for kind in all_errors() if kind.__module__.split(".")[0] in {"core", "web"}}
    assert errors - set(STATUS) == set()
    assert all(400 <= status < 600 for status in STATUS.values())
    assert STATUS[DomainError] == 500


def test_the_bar_never_jumps_back() -> None:
    def marks() -> Iterator[int]:
        for stage in Stage:
            for progress in (0.0, 0.3, 1.0):
                yield percent(BoardState.RUNNING, stage, progress)

    seen = list(marks())
    assert seen == sorted(seen)
    assert sum(span for _, span in SPANS.values()) == 100
    assert percent(BoardState.WAITING, None, 0.0) == percent(BoardState.FAILED, None, 0.0) == 0
    assert percent(BoardState.READY, None, 1.0) == 100


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a/7KQ2MX?x=1", "/a/7KQ2MX?x=1"),
        ("//elsewhere.test", "/"),
        ("/\\elsewhere.test", "/"),
        ("https://elsewhere.test", "/"),
        ("/\r\nSet-Cookie: x", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_from_the_language_switch_stays_on_this_site(target: str, path: str) -> None:
    assert own_path(target) == path


def test_event_ids_are_in_the_order_of_their_numbers() -> None:
    assert order_of("9-1") < order_of("10-0") < order_of("10-2")
    assert is_event_id("1700000000000-0")
    wrong = ("", "$", "1", "1-", "-", "a-b", "1-1 ", f"{2**64}-0")
    assert not any(is_event_id(text) for text in wrong)


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ({}, "/a/7KQ2MX"),
        ({"view": "sharp"}, "/a/7KQ2MX?view=sharp"),
        ({"source": "chat", "before": "12"}, "/a/7KQ2MX?before=12"),
        ({"view": "a&next=//elsewhere.test"}, "/a/7KQ2MX?view=a%26next%3D%2F%2Felsewhere.test"),
    ],
)
def test_the_address_of_a_page_keeps_what_chooses_its_content(
    query: dict[str, str], address: str
) -> None:
    assert urls.here("/a/7KQ2MX", query) == address
