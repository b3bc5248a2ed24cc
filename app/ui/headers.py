"""What every answer of the server carries: security headers, and our own name in the page's shell."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Streamlit's own page needs WebAssembly (graphs), inline styles, and blob: (components). Images come from
# here only, so that no text of a user's can call out.
CSP = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    ]
)
SECURITY = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    # The address holds the diagnosis: a source that is opened from the page must not learn it.
    "referrer-policy": "same-origin",
}
_TITLE = b"<title>Streamlit</title>"
# The shell has one inline script, a hint for crawlers; the policy would block it with an error.
_INLINE = re.compile(rb"<script>.*?</script>", re.DOTALL)
_OURS = (
    b"<title>whynan</title>"
    b'<meta name="description" '
    b'content="Why a fine-tuning run broke (loss NaN, Inf, 0, spikes), and what to do.">'
)


class SecurityHeaders:
    """Adds the headers to every answer, and puts our title into the shell that all pages share."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        page = "text/html" in Headers(scope=scope).get("accept", "")
        if page:  # a compressed body cannot be read
            kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = {**scope, "headers": kept}
        await self.app(scope, receive, _titled(_secured(send)) if page else _secured(send))


def _secured(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def _titled(send: Send) -> Send:
    """Holds an HTML answer back until it is whole, to put the title in."""
    start: Message = {}
    body = bytearray()

    async def sending(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        if "text/html" not in MutableHeaders(scope=start).get("content-type", ""):
            if start.get("type"):
                await send(start)
                start = {"headers": start["headers"]}
            await send(message)
            return
        body.extend(message.get("body", b""))
        if message.get("more_body"):
            return
        whole = _INLINE.sub(b"", bytes(body).replace(_TITLE, _OURS))
        MutableHeaders(scope=start)["content-length"] = str(len(whole))
        await send(start)
        await send({"type": "http.response.body", "body": whole})

    return sending
