"""The built assets: logical names to the content-hashed names that pages link to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.logs import get_logger

log = get_logger(__name__)

STATIC: Final = Path(__file__).parent / "static"
MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Assets:
    """folder: where the files lie. hashed: logical name -> file name."""

    folder: Path
    hashed: Mapping[str, str]

    def url(self, name: str) -> str:
        """The address of an asset; of one that was not built, an address that answers 404."""
        return f"/static/{self.hashed.get(name, name)}"


def load_assets(folder: Path = STATIC) -> Assets:
    """Read the manifest. Without one the pages work but are plain, and the log says why."""
    path = folder / MANIFEST
    try:
        hashed = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        log.warning("assets.missing", manifest=MANIFEST, hint="run `make assets`")
        hashed = {}
    return Assets(folder, hashed)
