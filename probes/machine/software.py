"""Versions of Python, of the system and of the packages that matter, without importing any of them."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import typing

from probes.report import Fact, Unknown

# Each is the fact "version." + name in kb/facts.yaml.
PACKAGES = (
    "torch", "deepspeed", "transformers", "xtuner", "mmengine", "flash-attn", "bitsandbytes", "peft", "trl",
    "accelerate", "datasets", "unsloth", "unsloth-zoo", "llamafactory", "axolotl", "ms-swift", "torchtune",
    "lightning", "megatron-core", "transformer-engine", "xformers", "liger-kernel", "triton", "tokenizers",
    "torch-npu",
)  # fmt: skip

# Other names under which the same code is published.
ALSO = {
    "mmengine": ("mmengine-lite",),
    "llamafactory": ("llmtuner",),
    "lightning": ("pytorch-lightning",),
    "liger-kernel": ("liger-kernel-nightly",),
    "triton": ("pytorch-triton", "pytorch-triton-rocm", "triton-windows"),
}


def probe(tests: str) -> list[Fact | Unknown]:
    """The software of the Python that runs this."""
    found = versions(installed)
    return [
        Fact("machine.python", platform.python_version(), "this Python"),
        Fact("machine.platform", platform.platform(), "this Python"),
        *found,
        *torch_build(
            next((str(fact.value) for fact in found if fact.id == "version.torch"), ""), version_file()
        ),
    ]


def versions(version_of: typing.Callable[[str], str | None]) -> list[Fact]:
    """A fact for each package that `version_of` knows a version of; the others are not installed."""
    found = []
    for package in PACKAGES:
        version = next(filter(None, map(version_of, (package, *ALSO.get(package, ())))), None)
        if version:
            found.append(Fact(f"version.{package}", version, "installed packages"))
    return found


def installed(name: str) -> str | None:
    """The installed version of the package, None where there is none or its record is damaged."""
    try:
        record = importlib.metadata.distribution(name).metadata
    except importlib.metadata.PackageNotFoundError:
        return None
    return record["Version"] if record and "Version" in record else None


def torch_build(version: str, file: str) -> list[Fact | Unknown]:
    """machine.torch_build: what torch was built for, "cpu", "cuda 12.1", "rocm 6.0.3", "xpu 20250101".

    Wheels of download.pytorch.org say it in their version ("2.3.0+cu121"), those of PyPI only in
    the text of torch/version.py ("cuda: Optional[str] = '12.1'"), which is `file`.
    """
    if not version:
        how = "run the probe with the Python that trains"
        return [Unknown("version.torch", "torch is not installed in this Python", how)]
    for name, variable in (("cuda", "cuda"), ("rocm", "rocm"), ("rocm", "hip"), ("xpu", "xpu")):
        match = re.search(rf"^{variable}\b[^=\n]*= *['\"]([^'\"]+)", file, re.MULTILINE)
        if match:
            return [Fact("machine.torch_build", f"{name} {match[1]}", "torch/version.py")]
    match = re.search(r"\+(?:cu(\d+)(\d)|rocm([\d.]+)|cpu)", version)
    if match:
        major, minor, rocm = match.groups()
        build = f"cuda {major}.{minor}" if major else f"rocm {rocm}" if rocm else "cpu"
        return [Fact("machine.torch_build", build, "installed packages")]
    if re.search(r"^cuda\b[^=\n]*= *None", file, re.MULTILINE):
        return [Fact("machine.torch_build", "cpu", "torch/version.py")]
    how = 'python -c "import torch; print(torch.version.cuda)"'
    return [Unknown("machine.torch_build", f"the version {version} does not say it", how)]


def version_file() -> str:
    """The text of the installed torch/version.py, empty where it cannot be read. It is not run."""
    try:
        path = importlib.metadata.distribution("torch").locate_file("torch/version.py")
        with open(str(path), encoding="utf-8") as file:
            return file.read(10_000)
    except (importlib.metadata.PackageNotFoundError, OSError, UnicodeDecodeError):
        return ""
