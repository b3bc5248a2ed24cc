"""This machine: its software, its GPUs, and whether they compute right."""

from __future__ import annotations

import dataclasses
import typing

from probes.machine import collective, gpu, health, kernel_log, numerics, pci, peer_copies, software
from probes.report import Fact, Report, Unknown

TESTS = ("none", "quick", "full")

_TORCH = "imports torch, takes less than 1 GiB of each GPU until the probe ends"


@dataclasses.dataclass(frozen=True)
class Step:
    """One probe and all that it touches. What is not named, it leaves as it is."""

    name: str
    probe: typing.Callable[[str], list[Fact | Unknown]]
    touches: str


STEPS = (
    Step(
        "software", software.probe, "reads the records of installed packages and torch/version.py, asks uname"
    ),
    Step(
        "gpu",
        gpu.probe,
        "asks NVML, nvidia-smi, rocm-smi, npu-smi, which change nothing; else imports torch",
    ),
    Step("gpu health", health.probe, "asks NVML or nvidia-smi, which change nothing"),
    Step("kernel log", kernel_log.probe, "reads /dev/kmsg, dmesg or the journal, where NVIDIA's driver runs"),
    Step("pci", pci.probe, "reads /sys/bus/pci"),
    Step("number formats", numerics.probe_formats, _TORCH),
    Step("arithmetic", numerics.probe_arithmetic, _TORCH),
    Step("peer copies", peer_copies.probe, _TORCH),
    Step(
        "ranks",
        collective.probe,
        f"under torchrun only: {_TORCH}, talks to the other ranks of its own torchrun",
    ),
)


def probe(
    tests: str, progress: typing.Callable[[str, int, int], None] = lambda step, done, of: None
) -> Report:
    """What this machine is and can, with `tests` (of TESTS) as the depth of the numeric self-test.

    `progress(step, done, of)` is called as each step begins, with the number of steps done before.
    Nothing in the report names the machine or its owner. Of several ranks the first looks at the machine,
    the others only take part in what all do together.
    """
    steps = STEPS if not collective.rank() else STEPS[-1:]
    answers: list[Fact | Unknown] = []
    for done, step in enumerate(steps):
        progress(step.name, done, len(steps))
        answers += step.probe(tests)
    return Report(
        name="this machine",
        kind="machine",
        facts=tuple(answer for answer in answers if isinstance(answer, Fact)),
        unknown=tuple(answer for answer in answers if isinstance(answer, Unknown)),
    )
