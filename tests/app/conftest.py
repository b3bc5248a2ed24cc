"""The document's run as files, and the log of a run that is well."""

from __future__ import annotations

from pathlib import Path

import pytest

LINE = "11/24 03:12:00 - mmengine - INFO - Iter(train) [  {0}/9690]  lr: 2.0e-05  loss: {1}  grad_norm: {2}\n"
CALM = "".join(LINE.format(10 * i, 1.9 - 0.02 * i + 0.01 * (-1) ** i, 0.8) for i in range(1, 31))


@pytest.fixture
def broken(tmp_path: Path, log: str, config: str) -> Path:
    """A folder with the config and the log of a run that went NaN."""
    (tmp_path / "config.py").write_text(config)
    (tmp_path / "train.log").write_text(log)
    return tmp_path


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    """The log of a healthy run."""
    path = tmp_path / "calm.log"
    path.write_text(CALM)
    return path
