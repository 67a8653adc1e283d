"""The QR code that the bot sends to be shown to a hall."""

from io import BytesIO
from typing import Final

import segno

# Telegram keeps photos of up to 1280 pixels as they are; a projector shows about as many rows.
_SIDE_PX: Final = 1280
# Four modules of white around it, without which readers miss it (ISO/IEC 18004, 6.3.8).
QUIET: Final = 4


def qr_png(content: str) -> bytes:
    """A large QR code as PNG, at most 1280 pixels a side. Blocks for some milliseconds."""
    # "q": a quarter of it may be hidden by a head in the row before.
    code = segno.make(content, error="q", micro=False)
    modules, _ = code.symbol_size(scale=1, border=QUIET)
    drawn = BytesIO()
    code.save(drawn, kind="png", scale=_SIDE_PX // modules, border=QUIET)
    return drawn.getvalue()
