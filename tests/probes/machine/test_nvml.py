"""The way to NVIDIA's driver, from nvidia-ml-py down to a library that stands in for libnvidia-ml.so.1."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from probes.machine.nvml import selected

ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).parent / "libnvidia_ml.c"
# In a process of its own: the loader looks for the library where it was told to at the start.
SCRIPT = """
import json
from probes.machine import gpu, health
from probes.report import Fact
answers = [*gpu.probe("none"), *health.probe("none")]
print(json.dumps({a.id: [a.value, a.source] if isinstance(a, Fact) else a.why for a in answers}))
"""
IDS = [f"GPU-{digit}0000000-1111" for digit in range(3)]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The folder of the stand-in, built for this machine."""
    pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("there is no C compiler for Linux here")
    folder = tmp_path_factory.mktemp("nvml")
    command = [compiler, "-shared", "-fPIC", "-o", str(folder / "libnvidia-ml.so.1"), str(SOURCE)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture
def probed(library):
    """What the probe says of one of the stand-in's machines."""

    def probe(machine, **environment):
        environment |= {"LD_LIBRARY_PATH": str(library), "NVML_MACHINE": machine, "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return probe


def test_a_healthy_machine(probed):
    assert probed("healthy") == {
        "gpu.count": [2, "NVML"],
        "gpu.name": ["NVIDIA H100 80GB HBM3", "NVML"],
        "gpu.capability": ["9.0", "NVML"],
        "gpu.bf16": [True, "compute capability, NVML"],
        "gpu.memory_gib": [80.0, "NVML"],
        "machine.driver": ["550.54.15", "NVML"],
        "machine.cuda": ["12.4", "NVML"],
        "gpu.memory_free_gib": [79.5, "NVML, GPU 0"],
        "gpu.ecc": ["clean", "NVML, GPU 0"],
        "gpu.remapped": ["none", "NVML, GPU 0"],
        "gpu.throttled": ["none", "NVML, GPU 0"],
        "gpu.temperature": [41, "NVML, GPU 1"],
        "gpu.power": ["72 of 400 W", "NVML"],
        "gpu.clock": ["1410 of 1410 MHz", "NVML"],
        "gpu.pcie": ["gen 4 x16 of gen 4 x16", "NVML"],
        "gpu.programs": ["none", "NVML"],
        "gpu.topology": ["nvlink", "NVML"],
        "gpu.p2p": [True, "NVML"],
        "gpu.nvlink": ["36 links up, 6 errors", "NVML"],
    }


def test_of_four_gpus_the_worn_one_is_named(probed):
    said = probed("worn")

    assert {name: said[name] for name in said if name.startswith("gpu.") and "2" in said[name][1]} == {
        "gpu.ecc": ["uncorrected", "NVML, GPU 2"],
        "gpu.remapped": ["pending", "NVML, GPU 2"],
        "gpu.throttled": ["heat", "NVML, GPU 2"],
        "gpu.temperature": [91, "NVML, GPU 2"],
    }
    assert said["gpu.memory_free_gib"] == [1.0, "NVML, GPU 0"]
    assert said["gpu.programs"] == ["GPU 0: python3.11 (pid 4711), 38.0 GiB", "NVML"]
    assert said["gpu.clock"] == ["1410 of 1410 MHz + 600 of 1410 MHz", "NVML"]
    assert said["gpu.topology"] == ["sockets", "NVML"]


def test_gpus_of_other_jobs_do_not_count(probed):
    said = probed("worn", CUDA_VISIBLE_DEVICES="0,GPU-10000000")

    assert said["gpu.ecc"] == ["clean", "NVML, GPU 0"]
    assert said["gpu.topology"] == ["bridge", "NVML"]


def test_what_a_card_cannot_tell_is_not_told(probed):
    said = probed("consumer")

    assert not {"gpu.ecc", "gpu.remapped", "gpu.nvlink"} & set(said)
    assert said["gpu.p2p"] == [False, "NVML"]
    assert said["gpu.pcie"] == ["gen 4 x8 of gen 4 x16", "NVML"]


def test_a_driver_that_does_not_start_leaves_it_open(probed):
    assert probed("broken") == {"gpu.count": "NVML: Driver Not Loaded"}


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, [0, 1, 2]),
        ("", [0, 1, 2]),
        ("2,0", [2, 0]),
        ("GPU-1", [1]),
        ("GPU-", [0, 1, 2]),
        ("MIG-10000000-1111", [0, 1, 2]),
        ("7", [0, 1, 2]),
    ],
)
def test_what_cuda_visible_devices_leaves(visible, expected):
    assert selected(IDS, visible) == expected
