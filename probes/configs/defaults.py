"""What a framework takes where nobody says anything, with the versions whose source says so.

Each framework's module has its own. Only what holds over all the versions named is among them; a value that
hangs on the GPU, the number of processes or the checkpoint is not. `source` is the file in the framework's
own repository or wheel.
"""

from __future__ import annotations

import dataclasses
import typing

from probes.configs.findings import Findings
from probes.report import Value


@dataclasses.dataclass(frozen=True)
class Defaults:
    """A framework's defaults: fact -> its value, and how the framework writes it."""

    framework: str
    versions: str
    source: str
    values: typing.Mapping[str, tuple[Value, str]]


def assume(found: Findings, defaults: Defaults) -> None:
    """Each default as an assumed fact, where the text says nothing about it."""
    whose = defaults.framework + ("'" if defaults.framework.endswith("s") else "'s")
    for fact, (value, written) in defaults.values.items():
        found.assume(fact, value, f"{whose} default ({defaults.versions}): {written}")
