"""JSON-RPC 2.0 as the Model Context Protocol wants it: a line in, a line out or none.

Revisions up to 2025-11-25 begin with `initialize`; from 2026-07-28 on each request carries its own version
and nothing is remembered. Both kinds of client are served (modelcontextprotocol.io/specification/2026-07-28,
basic/versioning and basic/transports/stdio).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from app.link import LinkError
from app.mcp.tools import TOOLS, described
from app.telling import BadInputError
from kb.model import Knowledge
from probes.report import ReadError

BY_REQUEST = ("2026-07-28",)
BY_HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
BATCHES = "2025-03-26"  # the one revision that sends several messages in one line
MOST_BYTES = 4_000_000  # of a line

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, INTERNAL_ERROR = (
    -32700,
    -32600,
    -32601,
    -32602,
    -32603,
)
UNSUPPORTED_VERSION = -32022
_OF_REQUEST = "io.modelcontextprotocol/"
_INSTRUCTIONS = (
    "whynan tells why a fine-tuning run broke (loss NaN, Inf, 0, spike, divergence) and what to do. Call "
    "`diagnose` with what there is (paths, text, facts). `next` in its answer is the most valuable question "
    "to ask the user, or the fix to try: call again with `link` from the answer and the new fact or outcome. "
    "`explain` tells what an id means. Files are read as data and never run; nothing leaves this machine."
)

Params = Mapping[str, Any]


class _RpcError(Exception):
    def __init__(self, code: int, message: str, **data: Any) -> None:
        super().__init__(message)
        self.code, self.data = code, data


class Server:
    """One client's server. `knowledge` is called when a tool first needs it."""

    def __init__(self, knowledge: Callable[[], Knowledge]) -> None:
        self._knowledge = knowledge
        self._revision = ""  # as `initialize` agreed on

    def answer(self, line: bytes) -> str | None:
        """The answer to a line, itself a line without its end; None where none is due."""
        try:
            if len(line) > MOST_BYTES:
                raise _RpcError(INVALID_REQUEST, f"a message has at most {MOST_BYTES} bytes")
            try:
                message = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _RpcError(PARSE_ERROR, "the line is no JSON") from error
            if isinstance(message, list):
                return self._batch(message)
            found = self._one(message)
        except _RpcError as error:
            found = _failed(None, error)
        return None if found is None else _line(found)

    def _batch(self, messages: list[Any]) -> str | None:
        if self._revision != BATCHES or not messages:
            raise _RpcError(INVALID_REQUEST, "one message a line, no batches")
        found = [answer for answer in map(self._one, messages) if answer is not None]
        return _line(found) if found else None

    def _one(self, message: Any) -> dict[str, Any] | None:
        """The answer to one message; None for a notification, or for an answer to what was never asked."""
        number = message.get("id") if isinstance(message, dict) else None
        known = number if isinstance(number, (str, int)) and not isinstance(number, bool) else None
        try:
            if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
                raise _RpcError(INVALID_REQUEST, 'a message is an object with "jsonrpc": "2.0"')
            method, params = message.get("method"), message.get("params", {})
            if ("id" not in message and isinstance(method, str)) or "result" in message or "error" in message:
                return None
            if not isinstance(method, str) or known is None:
                raise _RpcError(
                    INVALID_REQUEST, "a request has a method, and a string or an integer as its id"
                )
            if not isinstance(params, dict):
                raise _RpcError(INVALID_PARAMS, "params is an object")
            return {"jsonrpc": "2.0", "id": known, "result": self._result(method, params)}
        except _RpcError as error:
            return _failed(known, error)
        except Exception as error:  # noqa: BLE001 (a fault in a reader must not end the agent's session)
            sys.stderr.write(f"whynan mcp: {type(error).__name__}\n")
            return _failed(known, _RpcError(INTERNAL_ERROR, "a fault in whynan, please report it"))

    def _result(self, method: str, params: Params) -> dict[str, Any]:
        if method == "initialize":
            return self._initialize(params)
        modern = self._by_request(params)
        if not modern and method != "ping" and not self._revision:
            raise _RpcError(INVALID_REQUEST, "initialize comes first")
        if method == "ping" and not modern:
            return {}
        if method == "server/discover" and modern:
            found = {"supportedVersions": [*BY_REQUEST, *BY_HANDSHAKE], "capabilities": {"tools": {}}}
            return _modern({**found, "instructions": _INSTRUCTIONS}, kept=True)
        if method == "tools/list":
            if params.get("cursor") is not None:
                raise _RpcError(INVALID_PARAMS, "cursor: the list has one page")
            listed = {"tools": [described(name) for name in TOOLS]}
            return _modern(listed, kept=True) if modern else listed
        if method == "tools/call":
            called = self._call(params)
            return _modern(called) if modern else called
        raise _RpcError(NO_METHOD, f"there is no method {method[:100]}")

    def _initialize(self, params: Params) -> dict[str, Any]:
        asked = params.get("protocolVersion")
        if not isinstance(asked, str):
            raise _RpcError(INVALID_PARAMS, "protocolVersion is missing")
        self._revision = asked if asked in BY_HANDSHAKE else BY_HANDSHAKE[0]
        return {
            "protocolVersion": self._revision,
            "capabilities": {"tools": {}},
            "serverInfo": _info(),
            "instructions": _INSTRUCTIONS,
        }

    @staticmethod
    def _by_request(params: Params) -> bool:
        """Whether the request carries its own revision, which must be one that is served so."""
        meta = params.get("_meta")
        asked = meta.get(f"{_OF_REQUEST}protocolVersion") if isinstance(meta, dict) else None
        if asked is None or not isinstance(meta, dict):
            return False
        if asked not in BY_REQUEST:
            supported = [*BY_REQUEST, *BY_HANDSHAKE]
            raise _RpcError(
                UNSUPPORTED_VERSION, "Unsupported protocol version", supported=supported, requested=asked
            )
        if not isinstance(meta.get(f"{_OF_REQUEST}clientCapabilities"), dict):
            raise _RpcError(INVALID_PARAMS, f"_meta: {_OF_REQUEST}clientCapabilities is missing")
        return True

    def _call(self, params: Params) -> dict[str, Any]:
        """What a tool answers. What an agent can mend is an answer too, with `isError`."""
        name, given = params.get("name"), params.get("arguments") or {}
        if not isinstance(name, str) or name not in TOOLS:
            raise _RpcError(INVALID_PARAMS, f"Unknown tool: {str(name)[:100]}")
        try:
            found = TOOLS[name].answer(self._knowledge(), given)
        except (BadInputError, LinkError, ReadError) as error:
            return {"content": [{"type": "text", "text": str(error)}], "isError": True}
        text = json.dumps(found, ensure_ascii=False)
        return {"content": [{"type": "text", "text": text}], "structuredContent": found, "isError": False}


def _modern(result: dict[str, Any], kept: bool = False) -> dict[str, Any]:
    """A result as revisions without a handshake want it; `kept`: it stays the same while this server runs."""
    hints = {"ttlMs": 3_600_000, "cacheScope": "public"} if kept else {}
    return {"resultType": "complete", **result, **hints, "_meta": {f"{_OF_REQUEST}serverInfo": _info()}}


def _info() -> dict[str, str]:
    try:
        return {"name": "whynan", "title": "whynan", "version": version("whynan")}
    except PackageNotFoundError:  # run from a source tree that nobody installed
        return {"name": "whynan", "title": "whynan", "version": "0"}


def _failed(number: str | int | None, error: _RpcError) -> dict[str, Any]:
    data = {"data": error.data} if error.data else {}
    return {"jsonrpc": "2.0", "id": number, "error": {"code": error.code, "message": str(error), **data}}


def _line(message: Any) -> str:
    return json.dumps(message, ensure_ascii=False)
