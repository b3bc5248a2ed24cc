"""The JSON interface: `POST api/diagnose` and what else programs ask for, beside the pages.

Only `application/json` is taken: a page elsewhere cannot send that without asking first, and is not allowed.
"""

from __future__ import annotations

import hmac
import json
import math
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import asked
from app.link import LinkError
from app.telling import BadInputError
from app.ui.address import knowledge
from app.ui.rates import DIAGNOSING, Rate
from app.ui.settings import settings

MOST_BYTES = 4 * asked.MOST_TEXT + 100_000  # a Chinese character takes three bytes, an escaped one six
MOST_AT_ONCE = 8  # the rest is told to come again: a queue would only make everybody wait
_at_once = 0


class _Refused(Exception):  # noqa: N818 (no fault of ours)
    def __init__(self, status: int, line: str, **headers: str) -> None:
        super().__init__(line)
        self.status, self.headers = status, headers


async def diagnose(request: Request) -> Response:
    """The diagnosis of what the body tells (app.asked.Asked), as `whynan diagnose --format json` has it."""
    global _at_once
    try:
        admit(request, DIAGNOSING)
        given = asked.read(await _json(request))
        if _at_once >= MOST_AT_ONCE:
            raise _Refused(503, "busy, here, try again in a moment", **{"retry-after": "1"})
        _at_once += 1
        try:
            ask = partial(asked.answer, knowledge(), given, address=settings().public_url)
            return _answer(await run_in_threadpool(ask))
        finally:
            _at_once -= 1
    except _Refused as refused:
        return _error(refused.status, str(refused), **refused.headers)
    except (BadInputError, LinkError) as error:
        return _error(400, str(error))


async def nothing(request: Request) -> Response:
    """Every other address below api/: not the pages' shell, which would answer 200."""
    return _error(404, f"{request.url.path}, there is no such address, see docs/commands.md")


def admit(request: Request, rate: Rate) -> None:
    """Raises _Refused for a client without the token that this server wants, or that comes too often."""
    token, given = settings().api_token, request.headers.get("authorization", "")
    if settings().login and not token:
        raise _Refused(401, "api, people log in here and no token is set, set WHYNAN_API_TOKEN at the server")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise _Refused(401, "authorization, is not this server's, send `Authorization: Bearer TOKEN`")
    wait = rate.wait(request.client.host if request.client else "")
    if wait:
        raise _Refused(429, "too many requests, from here, wait", **{"retry-after": str(math.ceil(wait))})


async def _json(request: Request) -> Any:
    """The body, which is JSON and not too large. Raises _Refused."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(415, "content-type, is not application/json, send JSON")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise _Refused(
                413, f"the body, has more than {MOST_BYTES} bytes, send the part around the failure"
            )
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise _Refused(400, "the body, is no JSON, send one object") from error


def _answer(data: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(data, status, {"cache-control": "no-store"})


def _error(status: int, line: str, **headers: str) -> Response:
    return JSONResponse({"error": line}, status, headers)
