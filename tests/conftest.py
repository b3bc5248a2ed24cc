"""What every test has: the machine's network is out of reach, the knowledge is loaded once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kb
from kb import Knowledge

ROOT = Path(__file__).parent.parent
HERE = {"127.0.0.1", "::1", "localhost", ""}

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
