"""Back to the page where one logged in: by itself, Streamlit ends at the start page, without the diagnosis.

As the log-in begins, the address that the browser comes from goes into a cookie; where the log-in ends, the
answer leads there. Only a path on this server is ever followed: neither a referrer nor a cookie is trusted.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "whynan_place"
SECONDS = 900  # a log-in that takes longer ends at the start page
MOST = 3_500  # characters; browsers keep cookies of 4 KB


class WayBack:
    """Around the routes of Streamlit's log-in, below `base_path` ("" or "/x")."""

    def __init__(self, app: ASGIApp, base_path: str = "") -> None:
        self.app, self.base = app, base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path == f"{self.base}/auth/login":
            send = self._noting(scope, send)
        elif path == f"{self.base}/oauth2callback":
            send = self._leading(scope, send)
        await self.app(scope, receive, send)

    def _noting(self, scope: Scope, send: Send) -> Send:
        headers = Request(scope).headers
        at = urlsplit(headers.get("referer", ""))
        place = f"{at.path}?{at.query}" if at.query else at.path
        kept = quote(place, safe="") if at.netloc == headers.get("host") and self._ours(place) else ""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and 0 < len(kept) <= MOST:
                MutableHeaders(scope=message).append("set-cookie", self._cookie(kept, SECONDS))
            await send(message)

        return sending

    def _leading(self, scope: Scope, send: Send) -> Send:
        place = unquote(Request(scope).cookies.get(COOKIE, ""))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and place:
                headers = MutableHeaders(scope=message)
                headers.append("set-cookie", self._cookie("", 0))
                if "location" in headers and self._ours(place):
                    headers["location"] = place
            await send(message)

        return sending

    def _ours(self, place: str) -> bool:
        """Whether it is a path below the base path. Browsers read `//` and `/\\` as another host."""
        plain = place.isascii() and place.isprintable() and "\\" not in place and " " not in place
        return plain and place.startswith(f"{self.base}/") and not place.startswith("//")

    def _cookie(self, value: str, seconds: int) -> str:
        path = self.base or "/"
        return f"{COOKIE}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax"
