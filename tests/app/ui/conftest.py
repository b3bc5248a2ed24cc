from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import app.ui
from app.link import encode
from app.session import Session

MAIN = Path(app.ui.__file__).with_name("main.py")
Open = Callable[..., AppTest]

LINE = (
    "2024/07/17 15:21:11 - mmengine - INFO - Iter(train) [  {step}/9600]  lr: 1.8001e-06  eta: 11:27:41"
    "  time: 4.3026  data_time: 0.0120  memory: 21512  loss: {loss}\n"
)
LOG = "".join(LINE.format(step=step, loss=loss) for step, loss in ((10, "1.8250"), (20, "nan"), (30, "nan")))
CONFIG = """\
import torch
from mmengine.optim import AmpOptimWrapper
from torch.optim import AdamW
from transformers import AutoModelForCausalLM
from xtuner.model import SupervisedFinetune

lr = 2e-5
max_norm = 1
model = dict(
    type=SupervisedFinetune,
    llm=dict(
        type=AutoModelForCausalLM.from_pretrained,
        pretrained_model_name_or_path='meta-llama/Meta-Llama-3-8B',
        torch_dtype=torch.float16))
optim_wrapper = dict(
    type=AmpOptimWrapper,
    optimizer=dict(type=AdamW, lr=lr),
    clip_grad=dict(max_norm=max_norm, error_if_nonfinite=False),
    dtype='float16')
"""


@pytest.fixture
def log() -> str:
    """The run of the document, in mmengine's format."""
    return LOG


@pytest.fixture
def config() -> str:
    """An XTuner config that computes in float16."""
    return CONFIG


@pytest.fixture
def open_page() -> Open:
    """Opens a page with a session in its address: `at.query_params` is the address."""

    def opened(page: str, session: Session | None = None, **params: str) -> AppTest:
        at = AppTest.from_file(str(MAIN), default_timeout=30)
        address = {"lang": "en", **({"d": encode(session)} if session else {}), **params}
        if page != "start.py":
            at.run()  # the pages are known only after a first run
        for name, value in address.items():
            at.query_params[name] = value
        if page != "start.py":
            at.switch_page(page)
        at.run()
        assert not at.exception
        return at

    return opened


@pytest.fixture
def fp16() -> Session:
    """A run in float16 that turns NaN after some steps, on a GPU that knows bfloat16."""
    answers = {"loss.symptom": "nan-after-steps", "precision.compute": "float16", "gpu.bf16": True}
    session = Session()
    for fact, value in answers.items():
        session = session.answer(fact, value)
    return session


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a whynan server in a process of its own, as `whynan serve` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WHYNAN_")}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, f"{address}/healthz")
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended before it answered"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the server did not answer within a minute")
