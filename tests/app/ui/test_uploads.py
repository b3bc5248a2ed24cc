from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from app.ui import intake, uploads


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


def test_how_much_has_come_is_told_and_a_cancelled_file_is_refused(monkeypatch):
    token = uploads.issue()
    told = []

    async def in_turn(write, chunk):
        write(chunk)
        told.append(uploads.progress(token))
        if len(told) == 2:
            uploads.forget(token)

    monkeypatch.setattr(uploads, "run_in_threadpool", in_turn)
    assert uploads.progress(token) is None

    assert put(token, "a.log", b"123", b"456", b"789") == 410

    assert told == [(3, 0), (6, 0)]
    assert uploads.progress(token) is None
    assert not (uploads._folder() / token).exists()


def test_the_page_shows_how_much_has_come_and_cancels_it():
    def page():
        import streamlit as st

        from app.ui import intake

        intake._coming(st.session_state["upload"])

    token = uploads.issue()
    upload = uploads._uploads[token]
    upload.began, upload.size, upload.of = True, 500_000_000, 2_000_000_000
    at = AppTest.from_function(page)
    at.session_state["upload"] = token
    at.run()

    (bar,) = at.get("progress")
    assert (bar.proto.value, bar.proto.text) == (25, "Received: 500 of 2000 MB")
    assert not at.exception

    intake._cancel(token)
    assert uploads.progress(token) is None
