"""The built assets over HTTP; their names carry their hash, so browsers keep them for good."""

from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.assets import Assets

_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_CHUNK_PREFIX: Final = "part-"  # shared parts of scripts: hashed names outside of the manifest


class HashedFiles(StaticFiles):
    """Static files of one build."""

    def __init__(self, assets: Assets) -> None:
        # Without a build every asset is 404 and the pages are plain; the log has said so.
        super().__init__(directory=assets.folder, check_dir=False)
        self._hashed = frozenset(assets.hashed.values())

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file; Raises HTTPException 404."""
        response = await super().get_response(path, scope)
        if path in self._hashed or path.startswith(_CHUNK_PREFIX):
            response.headers["Cache-Control"] = _FOR_GOOD
        return response
