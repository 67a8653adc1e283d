"""Which language a request is answered in."""

from typing import Final

from starlette.requests import HTTPConnection

from core.rooms import LOCALES

COOKIE: Final = "lang"
# A browser that names neither Russian nor English belongs to somebody who more likely reads
# English; so does a program that names nothing.
FALLBACK: Final = "en"
# A header that names more languages than this is no browser's.
_MOST_RANGES: Final = 32


def choose(accept_language: str) -> str:
    """The locale that an Accept-Language header likes best (RFC 9110, 12.5.4).

    Ties go to the one that is named first; "*" stands for FALLBACK; q=0 refuses.
    """
    best, best_quality = FALLBACK, 0.0
    for item in accept_language.split(",")[:_MOST_RANGES]:
        name, *parameters = (part.strip() for part in item.split(";"))
        locale = FALLBACK if name == "*" else name.lower().replace("_", "-").split("-")[0]
        if locale in LOCALES and (quality := _quality(parameters)) > best_quality:
            best, best_quality = locale, quality
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if 0.0 <= quality <= 1.0 else 0.0
    return 1.0


def of(request: HTTPConnection) -> str:
    """The locale of a request: what was chosen on the page, else what the browser likes."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LOCALES:
        return chosen
    return choose(request.headers.get("accept-language", ""))
