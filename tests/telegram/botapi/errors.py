"""What Telegram answers instead of a result, in its own words."""

from typing import Any

_PREFIX = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
}


class Refused(Exception):
    """An answer with ok=false. parameters: retry_after or migrate_to_chat_id."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        return body | ({"parameters": self.parameters} if self.parameters else {})


def refused(status: int, what: str) -> Refused:
    """A refusal with the prefix that Telegram puts before it."""
    return Refused(status, f"{_PREFIX[status]}: {what}")


def bad_request(what: str) -> Refused:
    """400: the call itself is wrong, and repeating it helps nothing."""
    return refused(400, what)


def forbidden(what: str) -> Refused:
    """403: the bot may not write there."""
    return refused(403, what)


def too_fast(retry_after_s: int) -> Refused:
    """429."""
    return Refused(
        429, f"Too Many Requests: retry after {retry_after_s}", retry_after=retry_after_s
    )


def too_large() -> Refused:
    """413: more bytes than the method takes."""
    return Refused(413, "Request Entity Too Large")
