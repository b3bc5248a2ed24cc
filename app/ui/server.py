"""The web server: the pages and a few plain routes, in one process that never imports torch."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from streamlit.web.bootstrap import load_config_options

from app import jobs
from app.pack import pack
from app.store import StoreError, connect, default_url
from app.ui import ahead, api, login, uploads
from app.ui.address import knowledge
from app.ui.headers import SecurityHeaders
from app.ui.settings import UPLOAD_MB, Settings
from app.ui.sockets import send_at_once
from app.ui.theme import THEME
from app.ui.way_back import WayBack
from kb import KnowledgeError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104 (recognised here, bound only where the caller says so)


def serve(
    host: str,
    port: int,
    *,
    base_path: str = "",
    public_url: str = "",
    read_only: bool = False,
    probes: bool = True,
    database: str = "",
) -> None:
    """Serves the web app until it is stopped. Raises kb.KnowledgeError, app.store.StoreError.

    `public_url` is what links start with. `database` keeps short links and outcomes; "" is a file of the
    user's own, and where that cannot be written, there are no short links.
    """
    knowledge()
    path = base_path.strip("/")
    token = os.environ.get("WHYNAN_API_TOKEN", "")
    settings = Settings(
        public_url, f"/{path}" if path else "", read_only, probes, api_token=token, database=_opened(database)
    )
    config = configuration(host, port, settings)
    load_config_options(config)  # looking for secrets reads Streamlit's files: with another port, it warns
    settings = dataclasses.replace(settings, login=login.wanted(settings.base_path))
    os.environ.update(settings.environment())
    application(settings, _names(host, settings)).run(config=config)


def _opened(database: str) -> str:
    """The address of the database, which answers now; "" where the default one does not."""
    address = database or default_url()
    try:
        connect(address).close()  # each process opens its own connections
    except StoreError as error:
        if database:
            raise
        print(f"whynan: {error}; no short links", file=sys.stderr)  # noqa: T201 (for whoever started it)
        return ""
    return address


def application(settings: Settings, names: Sequence[str] = ()) -> st.App:
    """The pages with the routes beside them; `names` are the hosts that it answers to, () for all.

    Streamlit's own check of the name covers its WebSocket only.
    """
    routes = [
        Route("/healthz", _health),
        Route(f"{settings.base_path}/probe.pyz", _probe),
        Route(f"{settings.base_path}/api/diagnose", api.diagnose, methods=["POST"]),
        Route(f"{settings.base_path}/api/diagnosis/{{id}}", api.diagnosis),
        Route(f"{settings.base_path}/api/{{rest:path}}", api.nothing, methods=_METHODS),
    ]
    if settings.base_path:  # routes of our own do not get the base path from Streamlit
        routes.append(Route(f"{settings.base_path}/healthz", _health))
    if not settings.read_only:
        address = f"{settings.base_path}/upload/{{token}}/{{name}}"
        routes.append(Route(address, uploads.receive, methods=["PUT", "POST"]))
    return st.App(
        Path(__file__).with_name("main.py"),
        routes=routes,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=names or None),
            *([Middleware(WayBack, base_path=settings.base_path)] if settings.login else []),
        ],
        lifespan=_life,
    )


def configuration(host: str, port: int, settings: Settings) -> dict[str, Any]:
    """Streamlit's options. Without those of speed a click takes 17 s at 200 sessions, with them 12 ms."""
    config: dict[str, Any] = {
        "server.address": host,
        "server.port": port,
        "server.baseUrlPath": settings.base_path.strip("/"),
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": UPLOAD_MB,
        "server.enableXsrfProtection": True,
        "runner.postScriptGC": False,
        "runner.magicEnabled": False,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        **THEME,
    }
    # Unless it is told, Streamlit asks a server on the internet what its own address is.
    public = urlsplit(settings.public_url).hostname
    config["browser.serverAddress"] = public or ("localhost" if host in _WILDCARDS else host)
    if names := _names(host, settings):
        config["server.allowedHosts"] = names
    return config


def _names(host: str, settings: Settings) -> list[str]:
    """On loopback: a page elsewhere must not reach this server through a name that it points here."""
    public = urlsplit(settings.public_url).hostname
    return [*sorted(_LOOPBACK), *([public] if public else [])] if host in _LOOPBACK else []


@asynccontextmanager
async def _life(_: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Loads what the first visitor would wait for, and leaves no child and no file behind.

    uvicorn ends by the signal that stopped it, so that no `atexit` would run.
    """
    send_at_once()
    await run_in_threadpool(knowledge)
    stop = ahead.begin()
    yield None
    stop.set()
    jobs.end_all()
    uploads.end_all()


async def _health(_: Request) -> Response:
    try:
        return JSONResponse({"status": "ok", "knowledge": knowledge().version})
    except KnowledgeError as error:
        return JSONResponse({"status": "error", "problem": str(error.problems[0])}, 503)


async def _probe(_: Request) -> Response:
    packed = await run_in_threadpool(_packed)
    headers = {"content-disposition": 'attachment; filename="probe.pyz"'}
    return Response(packed, media_type="application/zip", headers=headers)


@cache
def _packed() -> bytes:
    return pack()
