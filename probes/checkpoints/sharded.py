"""A folder of shards with an index that says which tensor is in which file."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing

from probes.checkpoints import single
from probes.checkpoints.listing import DAMAGE, NOTE, Finding, Listing
from probes.report import ReadError

NAME = "sharded"
LARGEST = 50_000_000  # bytes of an index


def recognises(path: pathlib.Path, head: bytes) -> bool:
    """Whether the folder has an index."""
    return path.is_dir() and any(path.glob("*.index.json"))


def read(path: pathlib.Path) -> Listing:
    """The tensors of all shards; findings where the index disagrees. Raises ReadError for a bad index."""
    found = Listing(NAME, ())
    indexed: set[pathlib.Path] = set()
    for index in sorted(path.glob("*.index.json")):
        places = _weight_map(index)
        shards = {name: path / name for name in sorted(set(places.values()))}
        there = [shard for shard in shards.values() if shard.is_file()]
        part = single.read_all(there)
        indexed |= set(shards.values())
        findings = (*part.findings, *_compare(index, places, part, {shard.name for shard in there}))
        found = dataclasses.replace(
            found, tensors=found.tensors + part.tensors, findings=found.findings + findings
        )
    others = [file for file in single.files_in(path) if file not in indexed]
    notes = tuple(Finding(NOTE, file.name, "", "is in no index, and was left out") for file in others)
    return dataclasses.replace(found, findings=found.findings + notes)


def _compare(
    index: pathlib.Path, places: dict[str, str], part: Listing, there: set[str]
) -> typing.Iterator[Finding]:
    for name in sorted(set(places.values()) - there):
        lost = sum(place == name for place in places.values())
        yield Finding(DAMAGE, name, "", f"is missing; {index.name} has {lost} tensors in it")
    broken = {finding.file for finding in part.findings if finding.grade == DAMAGE}
    actual = {tensor.name: tensor.path.name for tensor in part.tensors}
    for tensor, name in places.items():
        if name in there - broken and actual.get(tensor) != name:
            where = f"it is in {actual[tensor]}" if tensor in actual else "it is in no shard"
            yield Finding(DAMAGE, name, tensor, f"is not where {index.name} says; {where}")
    for tensor, name in actual.items():
        if tensor not in places:
            yield Finding(NOTE, name, tensor, f"is not in {index.name}, and will not be loaded")


def _weight_map(index: pathlib.Path) -> dict[str, str]:
    try:
        if index.stat().st_size > LARGEST:
            raise ValueError("too large")
        places = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        whole = isinstance(places, dict) and all(
            isinstance(name, str) and pathlib.PurePath(name).name == name for name in places.values()
        )
        if not whole:
            raise ValueError("a shard is a file in the same folder")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ReadError(
            f"{index.name}: is no index of shards ({error}), get it anew, or name the shards"
        ) from None
    return typing.cast("dict[str, str]", places)
