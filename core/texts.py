"""What people read, in their language: gettext over catalogues that are read at start.

The msgids are the English sentences. A .po file is compiled in memory, so that no compiled file
lies in the repository and none can be out of date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, assert_never

from babel.dates import format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from core.errors import DomainError
from core.messages import MESSAGES, Message, mark
from core.values import BoardState, ResultView, Stage

LOCALES_DIR: Final = Path(__file__).parent / "locales"
DOMAIN: Final = "auditorium"
SOURCE_LOCALE: Final = "en"  # the msgids themselves
# Below this an exact age only flickers.
_JUST_NOW: Final = timedelta(seconds=45)
_MEGABYTE: Final = 1_000_000  # as upload_limit_mb counts


class _Filled(dict[str, object]):
    """Values for placeholders; one that is not known shows as an ellipsis."""

    def __missing__(self, key: str) -> str:
        return "…"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language. locale: "ru" or "en"."""

    locale: str
    catalogue: NullTranslations

    def gettext(self, message: str, **values: object) -> str:
        """The translation of `message`, its %(placeholders)s filled if values are given."""
        text = self.catalogue.gettext(message)
        return text % _Filled(values) if values else text

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """The plural form for `count`, its placeholders filled if values are given."""
        text = self.catalogue.ngettext(one, many, count)
        return text % _Filled(values) if values else text


@dataclass(frozen=True, slots=True)
class ErrorText:
    """says: what happened; advice: what to do next, "" if nothing."""

    says: str
    advice: str


Catalogues = Mapping[str, Texts]


def load_texts(folder: Path = LOCALES_DIR) -> Catalogues:
    """All languages, by locale; English needs no catalogue. Blocks on small files."""
    found = {SOURCE_LOCALE: Texts(SOURCE_LOCALE, NullTranslations())}
    for path in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        locale = path.parent.parent.name
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=locale, domain=DOMAIN))
        compiled.seek(0)
        found[locale] = Texts(locale, GNUTranslations(compiled))
    return found


def error_text(texts: Texts, error: DomainError) -> ErrorText:
    """What to tell a person of this error, with the numbers that its context holds."""
    return error_code_text(texts, error.code, error.context)


def error_code_text(
    texts: Texts, code: str, context: Mapping[str, str | float] | None = None
) -> ErrorText:
    """The same for a code that was stored; an unknown code is told as an internal error."""
    message = MESSAGES.get(code) or MESSAGES[DomainError.code]
    return _filled(texts, message, context or {})


def _filled(texts: Texts, message: Message, context: Mapping[str, str | float]) -> ErrorText:
    values = _Filled(context)
    return ErrorText(
        says=texts.gettext(message.says) % values,
        # An empty msgid is the catalogue's header, not an empty text.
        advice=texts.gettext(message.advice) % values if message.advice else "",
    )


_STAGES: Final[dict[Stage, str]] = {
    Stage.FETCH: mark("Reading the photo"),
    Stage.DECODE: mark("Reading the photo"),
    Stage.UPSCALE: mark("Making it sharp"),
    Stage.ENCODE: mark("Finishing the picture"),
    Stage.STORE: mark("Saving"),
}


def stage_text(texts: Texts, stage: Stage) -> str:
    """What the worker does just now, as a person reads it."""
    return texts.gettext(_STAGES[stage])


# As short as a button beside three others; in Russian all of them are of "фото".
_VIEWS: Final[dict[ResultView, str]] = {
    ResultView.ORIGINAL: mark("Photo"),
    ResultView.COMPOSED: mark("Best"),
    ResultView.CLEAN: mark("Clean"),
    ResultView.SHARP: mark("Sharp"),
    ResultView.STRAIGHT: mark("Straight"),
}


def view_text(texts: Texts, view: ResultView) -> str:
    """The name of a view of a result, as on its button."""
    return texts.gettext(_VIEWS[view])


def status_text(
    texts: Texts,
    *,
    state: BoardState,
    stage: Stage | None = None,
    ahead: int = 0,
    error_code: str | None = None,
) -> str:
    """One line on a board. ahead: boards that wait before it."""
    match state:
        case BoardState.WAITING:
            if ahead <= 0:
                return texts.gettext("Next in the queue")
            return texts.gettext("In the queue: number %(place)s", place=ahead + 1)
        case BoardState.RUNNING:
            return stage_text(texts, stage or Stage.FETCH)
        case BoardState.READY:
            return texts.gettext("Ready")
        case BoardState.FAILED:
            return error_code_text(texts, error_code or DomainError.code).says
        case _:
            assert_never(state)


def size_text(texts: Texts, byte_size: int) -> str:
    """A file's size, decimal: "340 kB", "2.5 MB"."""
    if byte_size < _MEGABYTE:
        return texts.gettext("%(size)s kB", size=max(1, round(byte_size / 1000)))
    size = format_decimal(round(byte_size / _MEGABYTE, 1), locale=texts.locale)
    return texts.gettext("%(size)s MB", size=size)


def ago_text(texts: Texts, moment: datetime, now: datetime) -> str:
    """How long ago: no time zone of the reader's is needed for it."""
    age = now - moment
    if age < _JUST_NOW:
        return texts.gettext("just now")
    return format_timedelta(-age, add_direction=True, locale=texts.locale)
