"""The Dockerfile, without a Docker engine: read, and those of its steps that are ours carried out."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent


class Step(NamedTuple):
    """One instruction, its lines joined: ("COPY", "app app")."""

    name: str
    rest: str


def read(text: str) -> list[list[Step]]:
    """The stages of a Dockerfile, each from its FROM on; what stands before the first is left out."""
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    lines = [line.strip() for line in re.sub(r"\\\n", " ", text).splitlines() if line.strip()]
    stages: list[list[Step]] = []
    for line in lines:
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        if stages:
            stages[-1].append(Step(name, re.sub(r"\s+", " ", rest)))
    return stages


BUILD, FINAL = read((ROOT / "Dockerfile").read_text(encoding="utf-8"))
# What the build is allowed to see: .dockerignore shuts everything out and lets these in.
CONTEXT = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)


def last(stage: list[Step], name: str) -> str:
    return [step.rest for step in stage if step.name == name][-1]


def command() -> list[str]:
    return list(map(str, json.loads(last(FINAL, "CMD"))))


def health_check(port: int) -> list[str]:
    """The image's health check, with this Python and this port."""
    python, *rest = json.loads(last(FINAL, "HEALTHCHECK").partition("CMD ")[2])
    assert python == "python"
    return [sys.executable, *(str(word).replace(":8501/", f":{port}/") for word in rest)]


def test_the_last_stage_is_slim_and_runs_as_nobody_special() -> None:
    assert last(FINAL, "FROM") == "python:${PYTHON}-slim"
    assert [step.name for step in FINAL if step.name in ("RUN", "USER", "EXPOSE", "CMD")] == [
        *("RUN", "USER", "EXPOSE", "CMD")
    ]
    assert last(FINAL, "USER") == re.findall(r"--uid (\d+)", last(FINAL, "RUN"))[0] != "0"
    assert last(FINAL, "EXPOSE") == "8501"
    assert command() == ["whynan", "serve", "--host", "0.0.0.0"]


def test_only_the_environment_leaves_the_build() -> None:
    (copied,) = [step.rest for step in FINAL if step.name == "COPY"]

    assert copied == "--from=build /opt/whynan /opt/whynan"
    assert last(BUILD, "FROM").endswith(" AS build")


def test_the_build_copies_what_is_there_and_what_it_may_see() -> None:
    sources = [word for step in BUILD if step.name == "COPY" for word in step.rest.split()[:-1]]

    assert sorted(sources) == sorted(CONTEXT)
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_torch_is_the_cpu_build_until_an_argument_says_otherwise() -> None:
    assert [step.rest for step in BUILD if step.name == "ARG"] == [
        "TORCH=1",
        "TORCH_INDEX=https://download.pytorch.org/whl/cpu",
    ]
    assert [step.rest for step in BUILD if step.name == "RUN"] == [
        "python -m venv /opt/whynan",
        'if [ "${TORCH}" ]; then pip install -c constraints.txt --extra-index-url "${TORCH_INDEX}" torch; fi',
        'pip install -c constraints.txt ".[gpu,login,postgres]"',
    ]


def test_no_secret_stands_in_the_image() -> None:
    said = " ".join(f"{step.name} {step.rest}" for step in (*BUILD, *FINAL))

    assert re.findall(r"(?i)secret|token|password|api_?key", said) == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_installed_wheel_starts_by_the_images_command_and_passes_its_health_check(
    wheel: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pip", reason="this environment has no pip")
    prefix, home = tmp_path / "prefix", tmp_path / "home"
    home.mkdir()
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--target",
        str(prefix),
    ]
    subprocess.run([*install, str(wheel)], check=True, timeout=120)
    # What the wheel needs comes from here, whynan itself from the wheel: PYTHONPATH stands in front.
    environment = {**os.environ, "PYTHONPATH": str(prefix), "HOME": str(home)}
    environment["PATH"] = os.pathsep.join([str(prefix / "bin"), os.environ["PATH"]])
    port = free_port()
    assert subprocess.run(health_check(port), capture_output=True, timeout=30).returncode == 1

    log = (tmp_path / "log").open("w+")
    server = subprocess.Popen(
        [*command(), "--port", str(port)], cwd=home, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        deadline = time.monotonic() + 45
        while subprocess.run(health_check(port), capture_output=True, timeout=30).returncode != 0:
            assert server.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.2)
    finally:
        server.send_signal(signal.SIGTERM)  # what `docker stop` sends
        log.close()
    assert server.wait(timeout=10) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    said = (tmp_path / "log").read_text()
    assert "Traceback" not in said
    assert "xternal" not in said  # Streamlit asks the internet for its external address unless it is told one
