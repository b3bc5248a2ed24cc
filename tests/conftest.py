"""What every test has: the machine's network is out of reach, the knowledge is loaded once."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ports import free_port

import kb
from kb import Knowledge

pytest_plugins = ["postgres"]  # tests/fixtures
ROOT = Path(__file__).parent.parent
Serving = Callable[..., AbstractContextManager[str]]
HERE = {"127.0.0.1", "::1", "localhost", ""}

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

# Before anything imports torch, and for child processes too: tiny tensors gain nothing from more threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """A test that reaches for another machine fails, here as anywhere."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in HERE:
            raise ConnectionRefusedError(
                f"a test wants to connect to {address[0]}, only this machine is allowed"
            )
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", only_here)
        yield


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """whynan's own knowledge."""
    return kb.load()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real cases and documents beside the repository, which a plain clone does not have."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder} here")
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """whynan as it is installed elsewhere."""
    pytest.importorskip("hatchling", reason="hatchling is not installed, say `make install`")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def log() -> str:
    """The run of the document, in mmengine's format."""
    return LOG


@pytest.fixture(scope="session")
def config() -> str:
    """An XTuner config that computes in float16."""
    return CONFIG


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser without a window; each module its own, for Playwright's event loop is in other tests' way."""
    reason = "playwright is not installed, say `make install`"
    sync = pytest.importorskip("playwright.sync_api", reason=reason)
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = next((path for name in names if (path := shutil.which(name))), None)
    if path is None:
        pytest.skip("there is no Chromium here, install the package `chromium`")
    with sync.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(serving: Serving) -> Iterator[str]:
    """The address of a whynan server in a process of its own, as `whynan serve` starts it."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def serving() -> Serving:
    """`with serving("--read-only", NAME="value") as address`: a server with these options and environment.

    It runs in `folder`, else here, at `port`, else at a free one.
    """
    return _serving


@contextmanager
def _serving(*options: str, port: int = 0, folder: Path | None = None, **variables: str) -> Iterator[str]:
    port = port or free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--host", "127.0.0.1", "--port", str(port), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WHYNAN_")}
    home = tempfile.TemporaryDirectory(prefix="whynan-")
    environment["PYTHONPATH"] = str(ROOT)  # this whynan, whatever is installed
    environment["XDG_DATA_HOME"] = home.name  # its database, unless `options` name another
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
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
        home.cleanup()


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
