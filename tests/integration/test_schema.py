"""The database itself refuses what must never be, whatever the code does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, create_engine, insert, pool
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from core.tables import (
    AccessToken,
    Attempt,
    Auditorium,
    Board,
    Delivery,
    Member,
    Notice,
    OverloadWave,
    Part,
    Rating,
    Rendition,
    StatusMessage,
    Survey,
    TelegramChat,
    TelegramUpdate,
    Upload,
    ViewChoice,
)
from tests.conftest import Servers, as_admin, drop_database, with_database

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HASH = bytes(32)


@pytest.fixture(scope="module")
def engine(embedded: Servers, migrated: str) -> Iterator[Engine]:
    """One migrated database for all tests here: each rolls its rows back."""
    name = f"schema_{uuid4().hex}"
    with as_admin(embedded.environment) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}")
    made = create_engine(
        with_database(embedded.environment, name)["DATABASE_URL"],
        poolclass=pool.NullPool,
        connect_args={"password": embedded.environment["DATABASE_PASSWORD"]},
    )
    yield made
    made.dispose()
    drop_database(embedded.environment, name)


@dataclass
class Rows:
    """A valid row of every table, and a way to add more that differ in what is named."""

    connection: Connection
    auditorium: UUID
    member: UUID
    board: UUID
    delivery: UUID

    def valid(self, table: type[SQLModel]) -> dict[str, Any]:
        owned = {"auditorium_id": self.auditorium}
        board = {"board_id": self.board}
        rows: dict[type[SQLModel], dict[str, Any]] = {
            Auditorium: {
                "code": "ABC234",
                "title": "Algebra",
                "state": "open",
                "quota_uploads": 10,
                "boards_made": 0,
            },
            Member: owned
            | {
                "name": "Grace",
                "role": "student",
                "channel": "web",
                "state": "active",
                "locale": "en",
                "token_sha256": uuid4().bytes * 2,
            },
            Board: owned
            | {
                "number": 2,
                "state": "waiting",
                "progress": 0,
                "attempts": 0,
                "width": 8,
                "height": 6,
            },
            Upload: owned
            | board
            | {
                "member_id": self.member,
                "channel": "web",
                "verdict": "duplicate",
                "evidence": {},
                "original_key": "originals/00",
                "media_type": "image/jpeg",
                "byte_size": 1,
                "width": 8,
                "height": 6,
                "bytes_sha256": HASH,
                "pixels_sha256": HASH,
                "phash64": "0" * 64,
                "phash256": "0" * 256,
                "sketch": b"",
            },
            Rendition: board
            | {
                "kind": "preview",
                "object_key": "renditions/00",
                "media_type": "image/webp",
                "width": 8,
                "height": 6,
                "byte_size": 1,
                "sha256": HASH,
            },
            Delivery: board | {"member_id": self.member, "state": "owed", "attempts": 0},
            Attempt: board
            | {"purpose": "render", "number": 1, "owner": "worker", "outcome": "running"},
            Rating: board | {"member_id": self.member, "value": 1},
            ViewChoice: board | {"member_id": self.member, "view": "clean", "use": "opened"},
            Part: board | {"top": 0, "made_of": "pixels", "object_key": "parts/00", "byte_size": 1},
            Survey: {"member_id": self.member},
            AccessToken: {"member_id": self.member, "sha256": HASH, "kind": "link"},
            TelegramChat: {"chat_id": 5_000_000_001, "quality": "best"},
            StatusMessage: {
                "chat_id": 5_000_000_001,
                "key": "message:7",
                "locale": "ru",
                "reply_to": 7,
                "done": False,
                "failures": 0,
            },
            Notice: {
                "member_id": self.member,
                "kind": "survey",
                "key": "survey",
                "state": "owed",
                "attempts": 0,
            },
            TelegramUpdate: {"bot_id": 1, "update_id": 2, "owner": "bot", "tries": 1},
            OverloadWave: {"longest_wait_s": 61.0},
        }
        return rows[table]

    def add(self, table: type[SQLModel], **different: object) -> UUID:
        row = self.valid(table) | different
        if "id" in table.model_fields:
            row.setdefault("id", uuid4())
        self.connection.execute(insert(table).values(**row))
        return UUID(str(row.get("id", self.board)))


@pytest.fixture
def rows(engine: Engine) -> Iterator[Rows]:
    """An auditorium with a member, a board and a delivery; rolled back after the test."""
    with engine.connect() as connection, connection.begin() as transaction:
        made = Rows(connection, uuid4(), uuid4(), uuid4(), uuid4())
        made.add(Auditorium, id=made.auditorium)
        made.add(Member, id=made.member)
        made.add(Board, id=made.board, number=1)
        made.add(Delivery, id=made.delivery)
        yield made
        transaction.rollback()


LEASE = {"lease_attempt_id": uuid4(), "lease_owner": "worker", "lease_until": NOW}
REFUSED: dict[str, tuple[type[SQLModel], dict[str, object], str]] = {
    "a code with a zero": (Auditorium, {"code": "ABC230"}, "ck_auditorium_code"),
    "a code with an I": (Auditorium, {"code": "ABCI34"}, "ck_auditorium_code"),
    "a code in lower case": (Auditorium, {"code": "abc234"}, "ck_auditorium_code"),
    "a code that is too long": (Auditorium, {"code": "ABC2345"}, "ck_auditorium_code"),
    "the same code twice": (Auditorium, {"code": "ABC234"}, "uq_auditorium_code"),
    "no title": (Auditorium, {"code": "ZZZ234", "title": ""}, "ck_auditorium_title"),
    "an unknown state of an auditorium": (
        Auditorium,
        {"code": "ZZZ234", "state": "ajar"},
        "ck_auditorium_state",
    ),
    "a quota of none": (
        Auditorium,
        {"code": "ZZZ234", "quota_uploads": 0},
        "ck_auditorium_quota_uploads",
    ),
    "a member of nothing": (
        Member,
        {"auditorium_id": uuid4()},
        "fk_member_auditorium_id_auditorium",
    ),
    "a member without a name": (Member, {"name": ""}, "ck_member_name"),
    "an unknown view that comes first": (
        Member,
        {"first_view": "pretty"},
        "ck_member_first_view",
    ),
    "an unknown view of a chat": (
        TelegramChat,
        {"first_view": "pretty"},
        "ck_telegram_chat_first_view",
    ),
    "a vote on an unknown view": (Rating, {"view": "pretty"}, "ck_rating_view"),
    "an unknown view that was opened": (ViewChoice, {"view": "pretty"}, "ck_view_choice_view"),
    "an unknown use of a view": (ViewChoice, {"use": "printed"}, "ck_view_choice_use"),
    "rows above the picture": (Part, {"top": -1}, "ck_part_top"),
    "a part without bytes": (Part, {"byte_size": 0}, "ck_part_byte_size"),
    "an unknown role": (Member, {"role": "god"}, "ck_member_role"),
    "a language that we do not speak": (Member, {"locale": "xx"}, "ck_member_locale"),
    "a Telegram member without a chat": (
        Member,
        {"channel": "telegram"},
        "ck_member_telegram_chat_id",
    ),
    "a guest with a chat": (Member, {"telegram_chat_id": 5}, "ck_member_telegram_chat_id"),
    "a token kept as it is": (
        Member,
        {"token_sha256": b"a token of 43 characters, not its hash, here"},
        "ck_member_token_sha256",
    ),
    "two boards with one number": (Board, {"number": 1}, "uq_board_auditorium_id_number"),
    "a running board without a lease": (Board, {"state": "running"}, "ck_board_running"),
    "a waiting board with a lease": (Board, LEASE, "ck_board_waiting"),
    "half a lease": (
        Board,
        {"state": "ready", "ready_at": NOW, "lease_owner": "worker"},
        "ck_board_lease",
    ),
    "a ready board without its time": (Board, {"state": "ready"}, "ck_board_ready"),
    "a waiting board that is ready": (Board, {"ready_at": NOW}, "ck_board_ready"),
    "a failed board without a reason": (Board, {"state": "failed"}, "ck_board_failed"),
    "a waiting board with a reason": (Board, {"error_code": "oops"}, "ck_board_failed"),
    "more progress than there is": (Board, {"progress": 1.5}, "ck_board_progress"),
    "an unknown stage": (Board, {"stage": "nap"}, "ck_board_stage"),
    "fewer attempts than none": (Board, {"attempts": -1}, "ck_board_attempts"),
    "an upload without bytes": (Upload, {"byte_size": 0}, "ck_upload_byte_size"),
    "half a hash": (Upload, {"bytes_sha256": bytes(16)}, "ck_upload_bytes_sha256"),
    "a caption without end": (Upload, {"caption": "x" * 1025}, "ck_upload_caption"),
    "an unknown verdict": (Upload, {"verdict": "perhaps"}, "ck_upload_verdict"),
    "an upload of no board": (Upload, {"board_id": uuid4()}, "fk_upload_board_id_board"),
    "an unknown kind of rendition": (Rendition, {"kind": "poster"}, "ck_rendition_kind"),
    "a rendition without bytes": (Rendition, {"byte_size": 0}, "ck_rendition_size"),
    "two deliveries of one board to one member": (
        Delivery,
        {},
        "uq_delivery_board_id_member_id",
    ),
    "sent without its time": (Delivery, {"state": "sent"}, "ck_delivery_sent"),
    "sending without a lease": (Delivery, {"state": "sending"}, "ck_delivery_sending"),
    "a failed delivery without a reason": (Delivery, {"state": "failed"}, "ck_delivery_failed"),
    "an attempt at nothing": (Attempt, {"board_id": None}, "ck_attempt_subject"),
    "an attempt to send a board": (Attempt, {"purpose": "send"}, "ck_attempt_purpose_subject"),
    "an attempt that ended and runs": (Attempt, {"ended_at": NOW}, "ck_attempt_ended"),
    "an attempt that succeeded without end": (
        Attempt,
        {"outcome": "succeeded"},
        "ck_attempt_ended",
    ),
    "inactive without a reason": (Member, {"state": "inactive"}, "ck_member_inactive_has_reason"),
    "active with a reason to be inactive": (
        Member,
        {"inactive_reason": "left"},
        "ck_member_inactive_has_reason",
    ),
    "an unknown reason": (
        Member,
        {"state": "inactive", "inactive_reason": "bored"},
        "ck_member_inactive_reason",
    ),
    "an unknown wish of boards": (Member, {"hears": "some"}, "ck_member_hears"),
    "a topic of no chat": (Member, {"telegram_topic_id": 4}, "ck_member_telegram_topic_id"),
    "an unknown quality": (Board, {"quality": "superb"}, "ck_board_quality"),
    "an unknown answer": (Survey, {"fast": "perhaps"}, "ck_survey_fast"),
    "an empty remark": (Survey, {"missing": ""}, "ck_survey_missing"),
    "a token of no kind": (AccessToken, {"kind": "key"}, "ck_access_token_kind"),
    "a token kept as text": (AccessToken, {"sha256": b"short"}, "ck_access_token_sha256"),
    "a chat with no such language": (TelegramChat, {"locale": "xx"}, "ck_telegram_chat_locale"),
    "half a lease of a status": (StatusMessage, {"lease_owner": "bot"}, "ck_status_message_lease"),
    "an unknown notice": (Notice, {"kind": "advert"}, "ck_notice_kind"),
    "an update that ended and is kept": (
        TelegramUpdate,
        {"ended_at": NOW, "content": {}},
        "ck_telegram_update_content",
    ),
    "a notice that was sent at no time": (Notice, {"state": "sent"}, "ck_notice_sent"),
    "a rating of zero": (Rating, {"value": 0}, "ck_rating_value"),
    "a rating of two": (Rating, {"value": 2}, "ck_rating_value"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_database_refuses(rows: Rows, case: str) -> None:
    table, different, constraint = REFUSED[case]
    if table is Delivery and different:
        different = different | {"member_id": rows.add(Member)}
    with pytest.raises(IntegrityError) as caught:
        rows.add(table, **different)
    assert _constraint(caught.value) == constraint


@pytest.mark.parametrize(
    "table",
    [
        AccessToken,
        Attempt,
        Board,
        Member,
        Notice,
        OverloadWave,
        Rating,
        Rendition,
        StatusMessage,
        Survey,
        TelegramChat,
        TelegramUpdate,
        Upload,
    ],
)
def test_a_valid_row_is_taken(rows: Rows, table: type[SQLModel]) -> None:
    rows.add(table)


def test_a_board_is_made_from_one_upload(rows: Rows) -> None:
    rows.add(Upload, verdict="new")
    rows.add(Upload, verdict="duplicate")
    rows.add(Upload, verdict="duplicate")
    with pytest.raises(IntegrityError) as caught:
        rows.add(Upload, verdict="new")
    assert _constraint(caught.value) == "uq_upload_board_id_new"


def test_one_idempotency_key_of_a_member_is_one_upload(rows: Rows) -> None:
    other = rows.add(Member)
    rows.add(Upload, idempotency_key="k")
    rows.add(Upload, idempotency_key="k", member_id=other)
    with pytest.raises(IntegrityError) as caught:
        rows.add(Upload, idempotency_key="k")
    assert _constraint(caught.value) == "uq_upload_member_id_idempotency_key"


def test_a_board_has_one_rendition_of_a_kind(rows: Rows) -> None:
    rows.add(Rendition)
    with pytest.raises(IntegrityError) as caught:
        rows.add(Rendition)
    assert _constraint(caught.value) == "uq_rendition_board_id_kind"


def test_attempts_at_a_board_are_numbered_once(rows: Rows) -> None:
    rows.add(Attempt)
    rows.add(Attempt, purpose="lossless")
    with pytest.raises(IntegrityError) as caught:
        rows.add(Attempt)
    assert _constraint(caught.value) == "uq_attempt_board_id_purpose_number"


def test_a_chat_is_one_member_of_an_auditorium(rows: Rows) -> None:
    chat = {"channel": "telegram", "telegram_chat_id": 2**40}
    rows.add(Member, **chat)
    with pytest.raises(IntegrityError) as caught:
        rows.add(Member, **chat)
    assert _constraint(caught.value) == "uq_member_auditorium_id_telegram_chat_id"


def test_a_member_is_told_a_thing_once(rows: Rows) -> None:
    rows.add(Notice)
    with pytest.raises(IntegrityError) as caught:
        rows.add(Notice, kind="overload")
    assert _constraint(caught.value) == "uq_notice_member_id_key"


def test_one_wave_of_overload_is_open_at_a_time(rows: Rows) -> None:
    rows.add(OverloadWave, ended_at=NOW)
    rows.add(OverloadWave)
    with pytest.raises(IntegrityError) as caught:
        rows.add(OverloadWave)
    assert _constraint(caught.value) == "uq_overload_wave_open"


def test_a_member_rates_a_board_once(rows: Rows) -> None:
    rows.add(Rating, value=1)
    with pytest.raises(IntegrityError) as caught:
        rows.add(Rating, value=-1)
    assert _constraint(caught.value) == "pk_rating"


def _constraint(error: IntegrityError) -> str | None:
    name = error.orig.diag.constraint_name  # type: ignore[union-attr]  # psycopg's own error
    return None if name is None else str(name)
