"""Headers that every answer carries, and the check where an unsafe request comes from."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import CrossSite
from web.urls import API

# No inline script or style anywhere; data: and blob: are the pages' own placeholders and previews.
CSP: Final = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "object-src 'none'"
)
SECURITY: Final = {
    "Content-Security-Policy": CSP,
    # An admin link's key must not travel to another site.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that don't know frame-ancestors
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
}
# A page shows what its cookie may see: kept by the browser alone, and asked for anew.
_DEFAULT_CACHE: Final = "private, no-cache"
_SAFE: Final = {"GET", "HEAD", "OPTIONS", "TRACE"}


class SecurityHeadersMiddleware:
    """Adds SECURITY to every answer, errors among them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", _DEFAULT_CACHE)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class SameOriginMiddleware:
    """Refuses unsafe requests that another site started in this browser.

    The REST API takes bearer tokens only, which no other site can make a browser send.
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._public = _origin(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Raises CrossSite."""
        if (
            scope["type"] == "http"
            and scope["method"] not in _SAFE
            and not scope["path"].startswith(f"{API}/")
        ):
            self._check(scope)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None:
            # "none": typed or bookmarked. "same-site" is a neighbour that we don't know.
            if site not in {"same-origin", "none"}:
                raise CrossSite(f"Sec-Fetch-Site: {site}")
            return
        origin = headers.get("origin")
        # Older browsers say Origin with every POST; who says neither is no browser with cookies
        # (SameSite=Lax holds them back as well).
        if origin is not None and origin not in {
            self._public,
            f"http://{headers.get('host', '')}",
            f"https://{headers.get('host', '')}",
        }:
            raise CrossSite("Origin")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
