"""The JSON interface: `POST api/diagnose` and `GET api/diagnosis/<id>`, beside the pages.

Only `application/json` is taken: a page elsewhere cannot send that without asking first, and is not allowed.
"""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Mapping
from typing import Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import asked
from app.asked import Asked
from app.link import LinkError
from app.store import Store, StoreError, connect
from app.telling import BadInputError
from app.ui.address import knowledge
from app.ui.rates import DIAGNOSING, SAVING, Rate
from app.ui.settings import settings

MOST_BYTES = 4 * asked.MOST_TEXT + 100_000  # a Chinese character takes three bytes, an escaped one six
MOST_AT_ONCE = 8  # the rest is told to come again: a queue would only make everybody wait
_at_once = 0


class _Refused(Exception):  # noqa: N818 (no fault of ours)
    def __init__(self, status: int, line: str, **headers: str) -> None:
        super().__init__(line)
        self.status, self.headers = status, headers


FAULTS = (_Refused, BadInputError, LinkError, StoreError)


class Question(Asked):
    """What is asked over HTTP: a diagnosis may also be kept, as a short link."""

    save: bool = Field(default=False, description="keep it on the server: the answer has its id and its key")
    days: int | None = Field(default=None, ge=1, le=3_660, description="for so long; left out: for good")


async def diagnose(request: Request) -> Response:
    """The diagnosis of what the body tells (Question), as `whynan diagnose --format json` has it."""
    global _at_once
    try:
        admit(request, DIAGNOSING)
        question = asked.formed(await _json(request), Question)
        if question.save:
            _store()
            admit(request, SAVING)
        if _at_once >= MOST_AT_ONCE:
            raise _Refused(503, "busy, here, try again in a moment", **{"retry-after": "1"})
        _at_once += 1
        try:
            return _answer(await run_in_threadpool(_told, question), 201 if question.save else 200)
        finally:
            _at_once -= 1
    except FAULTS as error:
        return _error(error)


async def diagnosis(request: Request) -> Response:
    """A kept diagnosis by its id, judged by today's knowledge; `lang` is en or zh."""
    try:
        admit(request, DIAGNOSING)
        return _answer(await run_in_threadpool(_found, request.path_params["id"], request.query_params))
    except FAULTS as error:
        return _error(error)


def _told(question: Question) -> dict[str, Any]:
    found = asked.answer(knowledge(), question, address=_address())
    if question.save:
        name, key = _store().save(found["link"].partition("?d=")[2], days=question.days)
        found |= {"id": name, "key": key, "short": f"{_address()}?s={name}"}
    return found


def _found(name: str, params: Mapping[str, str]) -> dict[str, Any]:
    kept = _store(reading=True).find(name)
    if kept is None:
        raise _Refused(404, f"{name[:40]}, is not kept here, it was deleted, has expired or never was")
    question = asked.formed({"link": kept.link, "lang": params.get("lang", "en")}, Asked)
    made = {"id": kept.id, "parent": kept.parent, "made": kept.made, "expires": kept.expires}
    return {**asked.answer(knowledge(), question, address=_address()), **made}


def _store(reading: bool = False) -> Store:
    """What this server keeps. Raises _Refused where it keeps nothing, or nothing more."""
    if settings().read_only and not reading:
        raise _Refused(403, "save, this server is read-only, use the link: it holds the whole diagnosis")
    if not settings().database:
        raise _Refused(404, "diagnosis, this server has no database, use the link: it holds everything")
    return connect(settings().database)


def _address() -> str:
    """What links start with: the server's public address, or nothing."""
    return f"{settings().public_url.rstrip('/')}/" if settings().public_url else ""


async def nothing(request: Request) -> Response:
    """Every other address below api/: not the pages' shell, which would answer 200."""
    return _error(_Refused(404, f"{request.url.path}, there is no such address, see docs/interfaces.md"))


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


def _error(error: Exception) -> Response:
    status = error.status if isinstance(error, _Refused) else 503 if isinstance(error, StoreError) else 400
    return JSONResponse({"error": str(error)}, status, error.headers if isinstance(error, _Refused) else None)
