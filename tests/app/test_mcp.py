"""`whynan mcp` as an agent starts it: a process, and lines through its pipes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def agent() -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )

    def say(line: bytes) -> Any:
        process.stdin.write(line + b"\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield say
    rest, said = process.communicate(timeout=60)  # closes its input: it ends by itself
    assert (rest, said, process.returncode) == (b"", b"", 0)


def test_an_agent_diagnoses_a_run(agent, broken):
    hello = b'{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}'
    assert agent(hello)["result"]["protocolVersion"] == "2025-11-25"

    ready = b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'  # gets no answer
    tools = agent(ready + b'{"jsonrpc":"2.0","id":"a","method":"tools/list"}')["result"]["tools"]
    assert [tool["name"] for tool in tools] == ["diagnose", "facts", "explain"]

    call = {"name": "diagnose", "arguments": {"paths": [str(broken)]}}
    found = agent(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}).encode())
    result = found["result"]
    assert (result["isError"], json.loads(result["content"][0]["text"])) == (
        False,
        result["structuredContent"],
    )
    assert result["structuredContent"]["fixes"][0]["id"] == "use-bf16"


def test_a_line_beyond_the_bound_is_refused_and_the_next_is_read(agent):
    assert agent(b"[" * 9_000_000)["error"]["code"] == -32600
    assert agent(b'{"jsonrpc":"2.0","id":2,"method":"ping"}') == {"jsonrpc": "2.0", "id": 2, "result": {}}
