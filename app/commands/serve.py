"""`whynan serve`: the web app."""

from __future__ import annotations

import argparse
import os
import socket

from app.commands import BadInputError


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan serve`."""
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=8501, help="default: 8501")
    parser.add_argument("--base-path", default="", metavar="/x", help="the path behind a proxy")
    parser.add_argument(
        "--public-url",
        default=os.environ.get("WHYNAN_URL", ""),
        metavar="URL",
        help="what links start with; default: $WHYNAN_URL, else the address of the server",
    )
    parser.add_argument(
        "--database",
        default=os.environ.get("WHYNAN_DATABASE", ""),
        metavar="URL",
        help="where short links and outcomes are kept, sqlite:////path or postgresql+psycopg://…; "
        "default: $WHYNAN_DATABASE, else a file of your own",
    )
    parser.add_argument("--read-only", action="store_true", help="show and answer, save nothing")
    parser.add_argument("--no-probes", action="store_true", help="never measure this machine")


def run(arguments: argparse.Namespace) -> int:
    """Serves until it is stopped. Raises BadInputError where nothing can listen at the address."""
    _listenable(arguments.host, arguments.port)
    from app.ui.server import serve  # streamlit takes a second to import

    serve(
        arguments.host,
        arguments.port,
        base_path=arguments.base_path,
        public_url=arguments.public_url,
        read_only=arguments.read_only,
        probes=not arguments.no_probes,
        database=arguments.database,
    )
    return 0


def _listenable(host: str, port: int) -> None:
    """Asked before Streamlit is, which ends with a traceback or with status 1."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Streamlit does
            listener.bind((host, port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "a port is 0 to 65535"
        raise BadInputError(
            f"{host}:{port}, nothing can listen there ({why}), give another --host or --port"
        ) from error
