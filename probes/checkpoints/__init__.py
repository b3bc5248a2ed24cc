"""Checkpoints: which tensors they hold, and whether their values are those of a trained model.

Nothing is loaded: headers and pickles are read as data, values are judged where they lie in the file.
"""

from __future__ import annotations

import dataclasses
import pathlib
import types
import typing

from probes.checkpoints import (
    adapter,
    deepspeed,
    model_config,
    safetensors,
    sharded,
    single,
    torch_zip,
    weights,
)
from probes.checkpoints.counts import Counts, count
from probes.checkpoints.listing import ABNORMAL, DAMAGE, NOTE, DamagedError, Finding, Listing
from probes.checkpoints.tensor import Tensor
from probes.report import Fact, ReadError, Report

# The first that recognises a path reads it.
FORMATS: dict[str, types.ModuleType] = {
    module.NAME: module for module in (safetensors, torch_zip, adapter, sharded, deepspeed)
}
GRADES = (DAMAGE, ABNORMAL, NOTE)  # the worst first
SUFFIXES = single.SUFFIXES
Progress = typing.Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True)
class Scan:
    """What a scan found: the values of each tensor, and the findings, the worst first."""

    path: pathlib.Path
    kind: str
    counts: tuple[Counts, ...]
    findings: tuple[Finding, ...]

    @property
    def grade(self) -> str:
        """The worst grade among the findings, "" where there is none."""
        return self.findings[0].grade if self.findings else ""


def recognises(path: pathlib.Path) -> bool:
    """Whether a file or a folder is a checkpoint that `scan` reads."""
    head = single.head_of(path) if path.is_file() else b""
    return any(module.recognises(path, head) for module in FORMATS.values())


def scan(path: pathlib.Path, progress: Progress = lambda name, done, of: None) -> Scan:
    """Looks at every value of a checkpoint once; `progress` is told the tensor, bytes done, of how many.

    Raises ReadError, one line, for what is no checkpoint.
    """
    listing = _list(path)
    total, done = sum(tensor.size for tensor in listing.tensors), 0

    def step(tensor: Tensor, size: int) -> None:
        nonlocal done
        done += size
        progress(tensor.name, done, total)

    counts, findings = [], list(listing.findings)
    for one in count(listing.tensors, step):
        if one.damage:
            findings.append(Finding(DAMAGE, one.tensor.path.name, one.tensor.name, one.damage))
        else:
            counts.append(one)
            findings += weights.judge(one)  # meanwhile the next ones are read
    findings += weights.judge_all(counts)
    folder = path if path.is_dir() else path.parent
    whole = listing.kind == sharded.NAME or (listing.kind == safetensors.NAME and "-of-" not in path.name)
    findings += model_config.judge(folder, counts, whole)
    findings.sort(key=lambda finding: GRADES.index(finding.grade))
    return Scan(path, listing.kind, tuple(counts), tuple(findings))


def report(found: Scan) -> Report:
    """The scan as facts, each with the tensor that says so."""
    facts = [Fact("checkpoint.scan", "damaged" if found.grade == DAMAGE else "clean", _source(found))]
    judged = [one for one in found.counts if one.tensor.dtype.is_float]
    if judged:
        top = max(judged, key=lambda one: one.largest)
        facts.append(Fact("checkpoint.largest", top.largest, f"{found.path.name}, {top.tensor.name}"))
    embeddings = [one for one in judged if one.rows]
    if embeddings:
        state = "untrained" if any(map(weights.untrained, embeddings)) else "trained"
        state = "huge" if any(map(weights.huge, embeddings)) else state
        facts.append(Fact("checkpoint.rows", state, found.path.name))
    folder = found.path if found.path.is_dir() else found.path.parent
    if any(model_config.used_untrained(folder, one) for one in embeddings):
        facts.append(Fact("tokens.added", True, f"{found.path.name}, the rows of the chat template's tokens"))
    if found.kind == adapter.NAME:
        facts.append(Fact("lora.enabled", True, f"{found.path.name}, {adapter.CONFIG}"))
        zero = weights.adapter_is_zero(found.counts)
        facts.append(Fact("checkpoint.adapter", "zero" if zero else "trained", found.path.name))
    return Report(found.path.name, "checkpoint", tuple(facts))


def _source(found: Scan) -> str:
    """The file or folder, and the first damage in it."""
    first = next((finding for finding in found.findings if finding.grade == DAMAGE), None)
    where = [found.path.name, *filter(None, (first.tensor or first.file, first.what) if first else ())]
    return ", ".join(dict.fromkeys(where))


def _list(path: pathlib.Path) -> Listing:
    """The tensors of a path of any format; a folder without an index is all of its files."""
    if not path.exists():
        raise ReadError(f"{path.name}: there is no such file, give a checkpoint")
    head = single.head_of(path) if path.is_file() else b""
    try:
        for module in FORMATS.values():
            if module.recognises(path, head):
                listing: Listing = module.read(path)
                return listing
    except DamagedError as error:
        return Listing(path.suffix, (), (Finding(DAMAGE, path.name, "", str(error)),))
    except OSError as error:
        raise ReadError(f"{path.name}: cannot be read ({error.strerror}), give another file") from None
    files = single.files_in(path) if path.is_dir() else []
    if not files:
        raise ReadError(
            f"{path.name}: is no checkpoint, give a .safetensors, what torch.save wrote, or their folder"
        )
    return single.read_all(files)
