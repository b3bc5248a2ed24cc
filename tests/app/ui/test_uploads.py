from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from app.ui import uploads


@pytest.fixture(autouse=True)
def no_file_left() -> Iterator[None]:
    yield
    uploads.end_all()


APP = Starlette(routes=[Route("/upload/{token}/{name}", uploads.receive, methods=["PUT"])])


def put(token: str, name: str, *chunks: bytes | None) -> int:
    """The status of sending `chunks`; None is where the line breaks."""
    messages = [
        {"type": "http.disconnect"} if c is None else {"type": "http.request", "body": c, "more_body": True}
        for c in chunks
    ] + [{"type": "http.request", "body": b"", "more_body": False}]
    status: list[int] = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        if message["type"] == "http.response.start":
            status.append(message["status"])

    path = f"/upload/{token}/{name}"
    scope = {
        "type": "http",
        "method": "PUT",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(APP(scope, receive, send))
    return status[0]


def test_a_file_comes_to_the_disk_under_its_own_name():
    token = uploads.issue()
    assert uploads.arrived(token) is None
    assert put(token, "train.log", b"one\n", b"two\n") == 201

    path = uploads.arrived(token)
    assert (path.name, path.read_bytes()) == ("train.log", b"one\ntwo\n")
    uploads.forget(token)
    assert not path.exists()


def test_nobody_sends_without_a_token_or_twice():
    token = uploads.issue()

    assert put("guessed", "a.log", b"x") == 404
    assert put(token, "a.log", b"x") == 201
    assert put(token, "b.log", b"y") == 404


def test_a_name_cannot_leave_its_folder():
    token = uploads.issue()
    assert put(token, "..", b"x") in (201, 404)
    path = uploads.arrived(token)
    assert path is None or path.parent.name == token


def test_a_file_that_is_too_large_is_refused_and_gone(monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 5)
    token = uploads.issue()

    assert put(token, "a.log", b"123", b"456") == 413
    assert uploads.arrived(token) is None
    assert not (uploads._folder() / token).exists()


def test_a_broken_line_may_be_tried_again():
    token = uploads.issue()
    with pytest.raises(ClientDisconnect):
        put(token, "a.log", b"12", None)
    assert uploads.arrived(token) is None

    assert put(token, "a.log", b"1234") == 201
    assert uploads.arrived(token).read_bytes() == b"1234"


def test_an_old_token_is_forgotten(monkeypatch):
    monkeypatch.setattr(uploads, "LIFETIME", -1.0)
    token = uploads.issue()

    assert put(token, "a.log", b"x") == 404
