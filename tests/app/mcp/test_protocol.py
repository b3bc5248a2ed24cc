from __future__ import annotations

import json
from typing import Any

import pytest

from app.mcp import protocol
from app.mcp.protocol import BY_HANDSHAKE, MOST_BYTES, Server

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


@pytest.fixture
def server(knowledge):
    return Server(lambda: knowledge)


def say(server: Server, method: str, params: Any = None, number: Any = 1) -> Any:
    message = {"jsonrpc": "2.0", "id": number, "method": method} | (
        {} if params is None else {"params": params}
    )
    answer = server.answer(json.dumps(message).encode())
    assert answer is not None
    assert "\n" not in answer
    found = json.loads(answer)
    assert (found["jsonrpc"], found["id"]) == ("2.0", number)
    return found.get("result", found.get("error"))


@pytest.mark.parametrize("version", BY_HANDSHAKE)
def test_a_revision_that_is_known_is_agreed_to(server, version):
    found = say(server, "initialize", {"protocolVersion": version, "capabilities": {}})

    assert (found["protocolVersion"], found["capabilities"]) == (version, {"tools": {}})
    assert found["serverInfo"]["name"] == "whynan"


def test_to_an_unknown_revision_the_newest_with_a_handshake_is_offered(server):
    assert say(server, "initialize", {"protocolVersion": "1999-01-01"})["protocolVersion"] == BY_HANDSHAKE[0]


def test_before_the_handshake_only_ping_is_answered(server):
    assert say(server, "ping") == {}
    assert say(server, "tools/list")["code"] == protocol.INVALID_REQUEST


def test_a_client_without_handshake_names_its_revision_each_time(server):
    found = say(server, "server/discover", {"_meta": META})
    assert found["supportedVersions"][0] == "2026-07-28"
    assert (found["resultType"], found["cacheScope"]) == ("complete", "public")
    assert found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "whynan"

    called = say(server, "tools/call", {"name": "explain", "arguments": {"id": "use-bf16"}, "_meta": META})
    assert (called["resultType"], called["isError"]) == ("complete", False)
    assert say(server, "tools/list")["code"] == protocol.INVALID_REQUEST  # nothing was remembered
    assert say(server, "ping", {"_meta": META})["code"] == protocol.NO_METHOD  # this revision has none


def test_a_revision_that_nobody_serves_gets_the_list_of_those_that_are(server):
    found = say(
        server, "tools/list", {"_meta": META | {"io.modelcontextprotocol/protocolVersion": "2099-01-01"}}
    )

    assert found["code"] == protocol.UNSUPPORTED_VERSION
    assert found["data"]["requested"] == "2099-01-01"
    assert "2026-07-28" in found["data"]["supported"]


def test_a_request_without_the_clients_capabilities_is_malformed(server):
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}

    assert say(server, "tools/list", {"_meta": meta})["code"] == protocol.INVALID_PARAMS


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", protocol.PARSE_ERROR),
        (b"\xff\xfe", protocol.PARSE_ERROR),
        (b"[" * 100_000, protocol.PARSE_ERROR),
        (b"1", protocol.INVALID_REQUEST),
        (b"[]", protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": [1], "method": "ping"}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}', protocol.INVALID_PARAMS),
        (b" " * (MOST_BYTES + 1), protocol.INVALID_REQUEST),
    ],
)
def test_a_broken_message_gets_the_error_of_its_kind(server, line, code):
    found = json.loads(server.answer(line))

    assert found["error"]["code"] == code


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc": "2.0", "method": "notifications/initialized"}',
        b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}',
        b'{"jsonrpc": "2.0", "id": 7, "result": {}}',
    ],
)
def test_what_is_no_request_gets_no_answer(server, line):
    assert server.answer(line) is None


def test_batches_are_for_the_one_revision_that_has_them(server):
    batch = (
        b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "method": "notifications/x"}]'
    )
    say(server, "initialize", {"protocolVersion": "2025-06-18"})
    assert json.loads(server.answer(batch))["error"]["code"] == protocol.INVALID_REQUEST

    say(server, "initialize", {"protocolVersion": "2025-03-26"})
    assert json.loads(server.answer(batch)) == [{"jsonrpc": "2.0", "id": 1, "result": {}}]


def test_an_unknown_method_or_tool_is_an_error_of_the_protocol(server):
    say(server, "initialize", {"protocolVersion": "2025-11-25"})

    assert say(server, "resources/list")["code"] == protocol.NO_METHOD
    assert say(server, "tools/call", {"name": "rm"})["code"] == protocol.INVALID_PARAMS
    assert say(server, "tools/list", {"cursor": "2"})["code"] == protocol.INVALID_PARAMS


def test_what_an_agent_can_mend_is_an_answer(server):
    say(server, "initialize", {"protocolVersion": "2025-11-25"})
    found = say(server, "tools/call", {"name": "diagnose", "arguments": {"facts": {"gpu.bf17": True}}})

    text = "facts gpu.bf17=true, there is no such fact, did you mean gpu.bf16?"
    assert found == {"content": [{"type": "text", "text": text}], "isError": True}


def test_a_fault_of_ours_ends_nothing_and_says_nothing_of_the_machine(capsys):
    def broken() -> Any:
        raise RuntimeError("/home/me/secret")

    server = Server(broken)
    say(server, "initialize", {"protocolVersion": "2025-11-25"})
    found = say(server, "tools/call", {"name": "explain", "arguments": {}})

    assert found == {"code": protocol.INTERNAL_ERROR, "message": "a fault in whynan, please report it"}
    assert capsys.readouterr().err == "whynan mcp: RuntimeError\n"
    assert say(server, "ping") == {}
