import platform
from pathlib import Path

import pytest
import yaml

from probes import packages
from probes.machine import software
from probes.report import Fact, Unknown

VERSION_FILE = """\
from typing import Optional

__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'rocm', 'xpu']
__version__ = '{version}'
debug = False
cuda: Optional[str] = {cuda}
hip: Optional[str] = {hip}
"""


def test_every_version_in_the_vocabulary_is_looked_for():
    vocabulary = yaml.safe_load((Path(__file__).parents[3] / "kb" / "facts.yaml").read_text("utf-8"))

    wanted = {name.partition(".")[2] for name in vocabulary if name.startswith("version.")}

    assert set(packages.PACKAGES) == wanted
    assert set(packages.ALSO_PUBLISHED_AS) <= wanted


def test_versions_are_as_written_and_an_absent_package_is_no_fact():
    known = {"torch": "2.3.0+cu121", "flash-attn": "2.5.8", "mmengine-lite": "0.10.4"}

    assert software.versions(known.get) == [
        Fact("version.torch", "2.3.0+cu121", "installed packages"),
        Fact("version.mmengine", "0.10.4", "installed packages"),
        Fact("version.flash-attn", "2.5.8", "installed packages"),
    ]


def test_a_package_without_a_version_in_its_record_is_not_known(tmp_path, monkeypatch):
    (tmp_path / "peft-0.0.dist-info").mkdir()
    (tmp_path / "peft-0.0.dist-info" / "METADATA").write_text("Name: peft\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert not software.installed("peft")
    assert software.installed("no-such-package-anywhere") is None


@pytest.mark.parametrize(
    ("version", "cuda", "hip", "build", "source"),
    [
        ("2.3.0", "'12.1'", "None", "cuda 12.1", "torch/version.py"),
        ("2.3.0+rocm6.0", "None", "'6.0.32830-d62f6a171'", "rocm 6.0.32830-d62f6a171", "torch/version.py"),
        ("2.13.0+cpu", "None", "None", "cpu", "installed packages"),
        ("2.3.0", "None", "None", "cpu", "torch/version.py"),
    ],
)
def test_the_build_of_torch(version, cuda, hip, build, source):
    file = VERSION_FILE.format(version=version, cuda=cuda, hip=hip)

    assert software.torch_build(version, file) == [Fact("machine.torch_build", build, source)]


@pytest.mark.parametrize(
    ("version", "build"),
    [
        ("2.3.0+cu118", "cuda 11.8"),
        ("2.9.0+cu130", "cuda 13.0"),
        ("2.4.0+rocm6.1", "rocm 6.1"),
        ("2.4.0+cpu", "cpu"),
    ],
)
def test_the_build_of_torch_from_its_version_alone(version, build):
    assert software.torch_build(version, "") == [Fact("machine.torch_build", build, "installed packages")]


def test_a_build_that_is_said_nowhere_is_unknown():
    assert software.torch_build("2.4.0a0+gitdeadbee", "") == [
        Unknown(
            "machine.torch_build",
            "the version 2.4.0a0+gitdeadbee does not say it",
            'python -c "import torch; print(torch.version.cuda)"',
        )
    ]


def test_without_torch_its_version_is_unknown():
    assert software.torch_build("", "") == [
        Unknown(
            "version.torch",
            "torch is not installed in this Python",
            "run the probe with the Python that trains",
        )
    ]


def test_this_python_is_reported():
    answers = software.probe("none")

    assert answers[0] == Fact("machine.python", platform.python_version(), "this Python")
    assert platform.node() not in str(answers) or len(platform.node()) < 5
