"""The bar on a terminal, and nothing elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.cli import main
from app.commands.bar import bar


def test_a_terminal_sees_how_far_it_is_and_the_line_is_wiped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with bar() as show:
        show("train.log", 69_000_000, 138_000_000)
        show("small.log", 5, 10)

    shown = capsys.readouterr().err
    assert shown == f"\r\x1b[K[{'#' * 15}{'.' * 15}] 69.0 of 138.0 MB  train.log\r\x1b[K"


def test_a_pipe_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with bar() as show:
        show("train.log", 1, 138_000_000)

    assert capsys.readouterr().err == ""


def test_diagnose_shows_it_for_a_large_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.commands.bar._SMALL", 1_000_000)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    log = tmp_path / "train.log"
    log.write_text(
        "{'loss': 1.5, 'grad_norm': 0.5}\n" * 60_000 + "{'loss': nan, 'grad_norm': nan}\n" * 10_000
    )

    assert main(["diagnose", str(log)]) == 1
    assert " of 2.2 MB  train.log" in capsys.readouterr().err
