from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from probes.columns import cells

ROOT = Path(__file__).parents[2]


def shown(columns: int, *command: str) -> list[str]:
    """The lines that a terminal of so many columns is sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *command],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment | {"PYTHONPATH": str(ROOT)},
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # Linux's word for the end
            break
        if not part:
            break
        said += part
    os.close(ours)
    process.wait(60)
    return said.decode().splitlines()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_terminal_gets_lines_that_fit_and_a_whole_change(tmp_path, config, log, lang):
    (tmp_path / "config.py").write_text(config)
    (tmp_path / "train.log").write_text(log)
    lines = shown(60, "diagnose", str(tmp_path), "--lang", lang)
    piped = subprocess.run(
        [sys.executable, "-m", "app.cli", "diagnose", str(tmp_path), "--lang", lang],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
    ).stdout.splitlines()

    long = [line for line in lines if cells(line) > 60]
    assert [line for line in long if not line.startswith(("?d=", "        ", "       +", "       -"))] == []
    changed = [line for line in piped if re.match(r" {7}([+-](?! )|[+-] {4}|@@)", line)]
    assert changed != []
    assert [line for line in changed if line not in lines] == []
    assert max(map(cells, piped)) > 90
    join = "" if lang == "zh" else " "
    assert join.join(lines).replace(" ", "") == "".join(piped).replace(" ", "")


@pytest.mark.parametrize(
    "command", ["kb show use-bf16", "kb show fp16-overflow", "kb show precision.compute", "lab list"]
)
def test_other_commands_fit_too(command):
    long = [line for line in shown(70, *command.split()) if cells(line) > 70 and "http" not in line]
    assert [line for line in long if not line.startswith("        ")] == []  # a change to a config
