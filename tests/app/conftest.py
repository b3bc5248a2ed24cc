"""The document's run as files: XTuner's form of a config, mmengine's form of a log."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFIG = """\
from mmengine.optim import AmpOptimWrapper
from torch.optim import AdamW
from transformers import AutoModelForCausalLM
from xtuner.model import SupervisedFinetune

lr = 2e-5
model = dict(
    type=SupervisedFinetune,
    llm=dict(
        type=AutoModelForCausalLM.from_pretrained,
        pretrained_model_name_or_path='meta-llama/Meta-Llama-3-8B'))
optim_wrapper = dict(
    type=AmpOptimWrapper,
    optimizer=dict(type=AdamW, lr=lr),
    clip_grad=dict(max_norm=1, error_if_nonfinite=False),
    loss_scale='dynamic',
    dtype='float16')
"""
LINE = (
    "11/24 03:12:{0} - mmengine - INFO - Iter(train) [  {0}/9690]  lr: 2.0e-05  loss: {1}  grad_norm: {2}\n"
)
LOG = "".join(LINE.format(*row) for row in ((10, 1.8250, 0.81), (20, "nan", "nan"), (30, "nan", "nan")))
CALM = "".join(LINE.format(10 * i, 1.9 - 0.02 * i + 0.01 * (-1) ** i, 0.8) for i in range(1, 31))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder with the config and the log of a run that went NaN."""
    (tmp_path / "config.py").write_text(CONFIG)
    (tmp_path / "train.log").write_text(LOG)
    return tmp_path


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    """The log of a healthy run."""
    path = tmp_path / "calm.log"
    path.write_text(CALM)
    return path
