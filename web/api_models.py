"""What the REST API takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.rooms import NAME_LIMIT, TITLE_LIMIT
from core.values import (
    BoardState,
    Channel,
    Quality,
    RenditionKind,
    ResultView,
    Stage,
    VerdictName,
    ViewUse,
)
from web.errors import PROBLEM


class AuditoriumIn(BaseModel):
    """A new auditorium."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Algebra, 14:00"}]})
    title: Annotated[str, Field(min_length=1, max_length=TITLE_LIMIT)]


class AuditoriumOut(BaseModel):
    """admin_url holds the owner's key, which is also his bearer token and is not told again."""

    code: str
    join_url: str
    gallery_url: str
    admin_url: str


class MemberIn(BaseModel):
    """A guest."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Grace"}]})
    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]


class MemberOut(BaseModel):
    """token: for `Authorization: Bearer`; it is not told again."""

    member_id: UUID
    token: str
    code: str
    title: str


class ReceiptOut(BaseModel):
    """An upload that was taken. state: of its board."""

    upload_id: UUID
    board_id: UUID
    board_number: int
    verdict: VerdictName
    state: BoardState
    board_url: str


class UploadOut(BaseModel):
    """One act of sending. state: of its board."""

    upload_id: UUID
    board_id: UUID
    board_number: int
    verdict: VerdictName
    state: BoardState
    sender: str
    channel: Channel
    caption: str | None
    created_at: datetime
    board_url: str


class RenditionOut(BaseModel):
    """A picture of a board. width, height: pixels. url: takes the same bearer token."""

    url: str
    media_type: str
    width: int
    height: int
    byte_size: int
    sha256: str


class SentOut(BaseModel):
    """An upload as its board lists it."""

    upload_id: UUID
    sender: str
    channel: Channel
    caption: str | None
    verdict: VerdictName
    created_at: datetime


class BoardOut(BaseModel):
    """A board. stage, progress: while it is running; percent: over all stages.

    quality: what its first sender asked for; engine: what made it. ahead: boards that wait before
    it. views: what it can be shown as; their pictures are among the renditions. record: what the
    worker estimated and chose, and why; its fields may grow. width, height: of the original.
    stages_ms: what the worker took for each stage. thumbhash: hexadecimal.
    """

    board_id: UUID
    number: int
    state: BoardState
    quality: Quality
    stage: Stage | None
    progress: float
    percent: int
    ahead: int
    error_code: str | None
    engine: str | None
    views: list[ResultView]
    record: dict[str, Any]
    width: int
    height: int
    thumbhash: str | None
    created_at: datetime
    queued_at: datetime
    started_at: datetime | None
    ready_at: datetime | None
    stages_ms: dict[str, float]
    lossless_wanted: bool
    renditions: dict[RenditionKind, RenditionOut]
    uploads: list[SentOut]
    page_url: str


class ViewIn(BaseModel):
    """What a member did with a view of a board."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"view": "clean", "use": "opened"}]})
    view: ResultView
    use: ViewUse


class BoardsOut(BaseModel):
    """Boards, newest first. next_before: the `before` of the following page; null at the end."""

    boards: list[BoardOut]
    next_before: int | None


class FieldProblem(BaseModel):
    """What of the request was wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457). code is stable; title and advice are in the reader's language."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:auditorium:problem:too_many_bytes",
                    "title": "The file is larger than 20 MB.",
                    "status": 413,
                    "detail": "too_many_bytes",
                    "instance": "/api/v1/auditoriums/7KQ2MX/uploads",
                    "code": "too_many_bytes",
                    "advice": "Crop the photo to the board, or send it as JPEG.",
                    "request_id": "5f0c5a3e9a3d4d0b",
                    "limit_mb": 20,
                }
            ]
        },
    )
    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    advice: str
    request_id: str
    errors: list[FieldProblem] | None = None


# The content of a documented problem response; web.openapi adds the schema.
PROBLEM_CONTENT: Final = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}


class Health(BaseModel):
    """The process lives."""

    status: str = "alive"


class Readiness(BaseModel):
    """Each server: "ok" or "away"."""

    status: str
    database: str
    queue: str
    store: str
