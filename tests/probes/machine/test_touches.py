"""The probe leaves the machine and the program that it runs in as they were: each step is watched."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from probes.machine import STEPS

ROOT = Path(__file__).parents[3]
# In a process of its own: an audit hook stays for good.
WATCH = """
import json, os, random, sys
import numpy, torch
from probes import machine

torch.set_default_dtype(torch.float64)
torch.backends.cuda.matmul.allow_tf32 = True
torch.set_num_threads(2)
random.seed(7), numpy.random.seed(7), torch.manual_seed(7)
seen = []
CHANGES = ("os.", "shutil.", "socket.", "tempfile.", "subprocess.Popen", "signal.")
READS = ("os.listdir", "os.scandir", "os.walk", "os.fwalk")

def watch(event, args):
    if event == "open":
        path, mode, flags = args
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND) and path != os.devnull:
            seen.append(f"open {path}")
    elif event == "subprocess.Popen":
        seen.append(f"start {args[0]}")
    elif event.startswith(CHANGES) and event not in READS:
        seen.append(f"{event} {args}")

def state():
    matmul, files = torch.backends.cuda.matmul, sorted(os.listdir("."))
    return {
        "random": str(random.getstate()),
        "numpy's random": str(numpy.random.get_state()),
        "torch's random": str(torch.get_rng_state().tolist()),
        "default dtype": str(torch.get_default_dtype()),
        "threads": torch.get_num_threads(),
        "gradients": torch.is_grad_enabled(),
        "precision": [
            matmul.allow_tf32, matmul.allow_fp16_reduced_precision_reduction, torch.backends.cudnn.allow_tf32,
            matmul.allow_bf16_reduced_precision_reduction, torch.get_float32_matmul_precision(),
        ],
        "attention": [
            torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.mem_efficient_sdp_enabled(),
            torch.backends.cuda.math_sdp_enabled(), torch.backends.cuda.cudnn_sdp_enabled(),
        ],
        "deterministic": [torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark],
        "numpy's errors": numpy.geterr(),
        "environment": dict(os.environ),
        "folder": [os.getcwd(), files],
        "path": list(sys.path),
    }

sys.addaudithook(watch)
report = {}
for step in machine.STEPS:
    before = state()
    seen.clear()
    step.probe("quick")
    touched = list(seen)
    after = state()
    report[step.name] = [touched, [name for name in before if before[name] != after[name]]]
print(json.dumps(report))
"""


def run(folder, script):
    """Of each step: what it did that a hook of Python's sees, and what was otherwise afterwards."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-B", "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def watched(torch, tmp_path_factory):
    return run(tmp_path_factory.mktemp("empty"), WATCH)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_leaves_everything_as_it_was(watched, step):
    _touched, changed = watched[step.name]

    assert changed == []


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_writes_nothing_sends_nothing_and_starts_only_what_it_declares(watched, step):
    touched, _changed = watched[step.name]

    started = [what.removeprefix("start ") for what in touched if what.startswith("start ")]
    assert [what for what in touched if not what.startswith("start ")] == []
    assert [program for program in started if program not in step.touches] == []


HARM = {
    "open('left', 'w').close()": "open left",
    "os.mkdir('made')": "os.mkdir",
    "import socket; socket.socket().close()": "socket.__new__",
    "import random; random.random()": "random",
    "torch.set_default_dtype(torch.float32)": "default dtype",
    "os.environ['LEFT'] = '1'": "environment",
}


def test_the_watch_sees(torch, tmp_path):
    """A step that did one of these would be found out."""
    steps = ", ".join(f"machine.Step({harm!r}, lambda tests: exec({harm!r}), '')" for harm in HARM)
    done = run(tmp_path, WATCH.replace("sys.addaudithook", f"machine.STEPS = ({steps})\nsys.addaudithook"))

    for harm, (touched, changed) in done.items():
        assert any(HARM[harm] in what for what in [*touched, *changed]), harm
    assert list(done) == list(HARM)
