"""This machine: its software, its GPUs, and whether they compute right."""

from __future__ import annotations

import typing

from probes.machine import gpu, numerics, software
from probes.report import Fact, Report, Unknown

TESTS = ("none", "quick", "full")
STEPS = (
    ("software", software.probe),
    ("gpu", gpu.probe),
    ("number formats", numerics.probe_formats),
    ("arithmetic", numerics.probe_arithmetic),
)


def probe(
    tests: str, progress: typing.Callable[[str, int, int], None] = lambda step, done, of: None
) -> Report:
    """What this machine is and can, with `tests` (of TESTS) as the depth of the numeric self-test.

    `progress(step, done, of)` is called as each step begins, with the number of steps done before.
    Nothing in the report names the machine or its owner.
    """
    answers: list[Fact | Unknown] = []
    for done, (name, step) in enumerate(STEPS):
        progress(name, done, len(STEPS))
        answers += step(tests)
    return Report(
        name="this machine",
        kind="machine",
        facts=tuple(answer for answer in answers if isinstance(answer, Fact)),
        unknown=tuple(answer for answer in answers if isinstance(answer, Unknown)),
    )
