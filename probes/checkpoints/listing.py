"""What a checkpoint holds before a value is looked at: its tensors, and what is wrong with their list."""

from __future__ import annotations

import dataclasses

from probes.checkpoints.tensor import Tensor

DAMAGE, ABNORMAL, NOTE = "damage", "abnormal", "note"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was noticed, in a file and, unless it is "", in a tensor of it.

    `grade` is DAMAGE (it is broken), ABNORMAL (whole, and still not as it should be) or NOTE.
    """

    grade: str
    file: str
    tensor: str
    what: str


class DamagedError(Exception):
    """A file of a checkpoint that is broken: what is wrong with it, in a few words."""


@dataclasses.dataclass(frozen=True)
class Listing:
    """The tensors of a checkpoint of the format `kind` (a key of FORMATS)."""

    kind: str
    tensors: tuple[Tensor, ...]
    findings: tuple[Finding, ...] = ()
