"""Files that are too large for a page: `curl -T train.log http://…/upload/TOKEN/` streams one to the disk.

Only a token that a page gave out is taken, once; sizes are bounded; nothing is ever held in memory.
"""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse

MOST_BYTES = 4 * 2**30
MOST_TOKENS = 200
LIFETIME = 3600.0  # seconds from giving out the token to forgetting its file


@dataclass
class Upload:
    """One file to come: where it lies once it is `complete`."""

    path: Path
    until: float
    began: bool = False
    complete: bool = False
    size: int = 0  # bytes that have come
    of: int = 0  # bytes that will, where the sender said so


_uploads: dict[str, Upload] = {}
_lock = threading.Lock()


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="whynan-uploads-"))


def issue() -> str:
    """A token under which one file may come within the hour."""
    token = secrets.token_urlsafe(12)
    now = time.monotonic()
    with _lock:
        for old in [name for name, upload in _uploads.items() if upload.until < now]:
            _drop(old)
        while len(_uploads) >= MOST_TOKENS:
            _drop(next(iter(_uploads)))
        _uploads[token] = Upload(_folder() / token, now + LIFETIME)
    return token


def arrived(token: str) -> Path | None:
    """The file that came under `token`, whole; None until then."""
    with _lock:
        upload = _uploads.get(token)
        return upload.path if upload and upload.complete else None


def progress(token: str) -> tuple[int, int] | None:
    """Bytes that have come under `token`, and of how many (0: nobody knows); None before the first."""
    with _lock:
        upload = _uploads.get(token)
        return (upload.size, upload.of) if upload and upload.began else None


def forget(token: str) -> None:
    """Deletes the file of `token`; one that is still coming is refused."""
    with _lock:
        _drop(token)


def end_all() -> None:
    """Deletes every file: the server stops."""
    with _lock:
        _uploads.clear()
        if _folder.cache_info().currsize:
            shutil.rmtree(_folder(), ignore_errors=True)
            _folder.cache_clear()


async def receive(request: Request) -> PlainTextResponse:
    """The route: PUT or POST the raw bytes of one file to /upload/TOKEN/NAME."""
    token = request.path_params["token"]
    with _lock:
        upload = _uploads.get(token)
        if upload is None or upload.began or upload.until < time.monotonic():
            return _answer(404, "this address takes no file (any more), get a new one from the start page")
        upload.began = True
    # The file keeps its name, which says what it is, in a folder of its own.
    name = re.sub(r"[^\w.\- ]", "_", request.path_params["name"])[-100:].lstrip(".") or "file"
    upload.path.mkdir(parents=True, exist_ok=True)
    path = upload.path / name
    upload.size, upload.of = 0, _length(request)
    try:
        with path.open("wb") as file:
            async for chunk in request.stream():
                if token not in _uploads:
                    return _answer(410, "it was cancelled on the page")
                upload.size += len(chunk)
                if upload.size > MOST_BYTES:
                    forget(token)
                    limit = f"{MOST_BYTES // 2**30} GiB"
                    return _answer(413, f"more than {limit}, send the part around the first bad step")
                await run_in_threadpool(file.write, chunk)
    except ClientDisconnect:
        upload.began = False  # the line broke: the same command may be run again
        raise
    with _lock:
        upload.path, upload.complete = path, True
    return _answer(201, f"{name}: {upload.size} bytes, go back to the page")


def _length(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 19 else 0


def _drop(token: str) -> None:
    upload = _uploads.pop(token, None)
    if upload:
        shutil.rmtree(_folder() / token, ignore_errors=True)


def _answer(status: int, text: str) -> PlainTextResponse:
    return PlainTextResponse(f"whynan: {text}\n", status)
