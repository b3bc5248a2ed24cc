"""`whynan mcp`: the tools for coding agents, over standard input and output."""

from __future__ import annotations

import argparse
import contextlib
import sys
from functools import cache

import kb
from app.mcp.protocol import MOST_BYTES, Server
from kb.model import Knowledge


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `whynan mcp`."""
    parser.add_argument("--kb", metavar="DIR", help="another folder of knowledge")


def run(arguments: argparse.Namespace) -> int:
    """Answers until standard input ends. Raises kb.KnowledgeError."""

    @cache
    def knowledge() -> Knowledge:
        return kb.load(arguments.kb) if arguments.kb else kb.load()

    knowledge()  # a broken folder is told now, not to the agent
    server = Server(knowledge)
    read, out = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.redirect_stdout(sys.stderr):  # nothing but messages may go to standard output
        while line := read.readline(MOST_BYTES + 1):
            while not line.endswith(b"\n") and (rest := read.readline(MOST_BYTES)):  # too long: passed over
                line = line[:MOST_BYTES] + b" " + rest[-1:]
            if line.strip() and (answer := server.answer(line)) is not None:
                out.write(answer.encode() + b"\n")
                out.flush()
    return 0
