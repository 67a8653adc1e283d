"""A lecture to take away: names, parts, and a table that no spreadsheet runs."""

import csv
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exports import BoardFile, UploadRow, cell, entry_name, plan, uploads_csv
from core.values import Channel, VerdictName

NOON = datetime(2026, 3, 1, 11, 5, tzinfo=UTC)
MOSCOW = timezone(timedelta(hours=3))
HEADER = ("Board", "Time", "Sender", "Channel", "Verdict", "Caption")


def board(number: int, byte_size: int = 1000, media_type: str = "image/jpeg") -> BoardFile:
    return BoardFile(
        number=number,
        taken_at=NOON,
        object_key=f"key-{number}",
        media_type=media_type,
        byte_size=byte_size,
    )


def upload(**values: str) -> UploadRow:
    texts = {"sender": "Emmy", "caption": ""} | values
    return UploadRow(
        board=1, sent_at=NOON, channel=Channel.TELEGRAM, verdict=VerdictName.NEW, **texts
    )


def read(table: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(StringIO(table.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_a_boards_name_sorts_by_its_number_and_says_when() -> None:
    assert entry_name(board(1), word="Board", digits=2, zone=MOSCOW) == "01 Board 14-05.jpg"
    assert entry_name(board(112), word="Доска", digits=3, zone=UTC) == "112 Доска 11-05.jpg"
    png = board(7, media_type="image/png")
    assert entry_name(png, word="Board", digits=2, zone=UTC).endswith(".png")


def test_boards_are_split_in_order_so_that_each_part_fits() -> None:
    made = plan([board(n, 4000) for n in range(1, 8)], first_bytes=3000, limit=10_000)
    assert [[each.number for each in part] for part in made.parts] == [[1], [2, 3], [4, 5], [6, 7]]
    assert made.too_large == ()


def test_a_board_that_fits_in_no_part_is_named_and_the_others_go() -> None:
    made = plan([board(1), board(2, 10_000), board(3)], first_bytes=0, limit=10_000)
    assert [[each.number for each in part] for part in made.parts] == [[1, 3]]
    assert made.too_large == (2,)


@given(st.lists(st.integers(1, 12_000), max_size=40), st.integers(0, 5000))
def test_no_part_is_ever_too_large_and_no_board_is_lost(sizes: list[int], first: int) -> None:
    boards = [board(number, size) for number, size in enumerate(sizes, 1)]
    made = plan(boards, first_bytes=first, limit=10_000)
    for place, part in enumerate(made.parts):
        # A table and each picture take up to half a kilobyte for their names and sizes.
        table = first + 512 if place == 0 else 0
        assert table + sum(each.byte_size + 512 for each in part) <= max(10_000, table)
    went = [each.number for part in made.parts for each in part]
    assert sorted([*went, *made.too_large]) == [each.number for each in boards]
    assert went == sorted(went)


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(begins: str) -> None:
    nasty = f'{begins}HYPERLINK("http://elsewhere.test";"x")'
    rows = read(
        uploads_csv([upload(sender=nasty, caption=nasty)], header=HEADER, delimiter=",", zone=UTC)
    )
    assert rows[1][2] == rows[1][5] == f"'{nasty}"


def test_other_texts_stay_as_they_are() -> None:
    for text in ("", "Emmy", 'He said "a, b; c"', "a=b", "two\nlines", "Анна"):
        assert cell(text) == text
        table = uploads_csv([upload(caption=text)], header=HEADER, delimiter=";", zone=UTC)
        assert read(table, ";")[1][5] == text


def test_the_table_is_known_by_its_mark_and_has_the_readers_time() -> None:
    table = uploads_csv([upload()], header=HEADER, delimiter=",", zone=MOSCOW)
    assert table.startswith(b"\xef\xbb\xbf")
    assert read(table) == [
        list(HEADER),
        ["1", "2026-03-01 14:05:00+03:00", "Emmy", "telegram", "new", ""],
    ]
