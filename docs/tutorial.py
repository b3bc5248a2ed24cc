"""The outputs that docs/tutorial.md shows: its own commands, run on the files that it shows.

docs/generate.py puts them in, so they are what the commands say now.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path

from app.cli import main

PAGE = Path(__file__).with_name("tutorial.md")
_FILE = re.compile(r"```text\n# (\S+)\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"```sh\n\.venv/bin/whynan (.*?)\n```\n\n<!-- (\S+) -->", re.DOTALL)
MOST = {"first": 33, "second": 9, "third": 13}  # lines that are shown


def outputs() -> dict[str, str]:
    """Each block's name and what its command prints, cut to what the page talks about."""
    text = PAGE.read_text(encoding="utf-8")
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in _FILE.findall(text):
            Path(folder, name).write_text(content, encoding="utf-8")
        os.chdir(folder)
        try:
            said = {name: _said(command) for command, name in _COMMAND.findall(text)}
        finally:
            os.chdir(home)
    return {name: f"```text\n{_head(out, MOST[name])}\n…\n```" for name, out in said.items()}


def _said(command: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(command.replace("\\\n", " ").split())
    return out.getvalue()


def _head(text: str, most: int) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()[:most])
