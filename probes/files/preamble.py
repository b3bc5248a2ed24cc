"""What a log says before it logs: the command, the configuration and the environment that were printed.

mmengine and xtuner print both in full, DeepSpeed its JSON and the command of its launcher, the Hugging Face
examples their TrainingArguments, and many frameworks a banner of versions.
"""

from __future__ import annotations

import contextlib
import re
import typing

from probes import configs, report
from probes.configs import words
from probes.files import environment, pieces
from probes.report import ReadError, Report

MOST = 64 * 1024  # characters of a log's beginning

_STAMP = re.compile(r"\[?\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d|\d\d/\d\d \d\d:\d\d:\d\d - ")
# (how the line before a configuration ends, how the line behind it begins)
_MMENGINE = (re.compile(r" - mmengine - INFO - Config:\s*$"), _STAMP)
# mmengine prints a dtype as its name in quotes
_DTYPE = re.compile(r"\b(\w*dtype)='([A-Za-z_]\w*(?:\.\w+)+)'")
_DEEPSPEED = (re.compile(r"\bjson = (?=\{\s*$)"), re.compile(r"\}"))
_ARGUMENTS = (re.compile(r"\b(?=\w*(?:Arguments|Config)\(\s*$)"), re.compile(r"\)"))
_ARGUMENT = re.compile(r"(\s*\w+)=(.*),\s*$")
_LITERAL = re.compile(r"-?\d[\d.e+-]*|True|False|None|['\"\[{].*")
_MEMBER = re.compile(r"[A-Z][A-Za-z]{1,40}\.([A-Z][A-Z0-9_]*)")
_COMMAND = re.compile(r"(?:^\++ |\bcmd = )(?=\S)")

# "  Instantaneous batch size per device = 4": transformers' Trainer, also as unsloth shortens it
_BATCH = (
    ("batch.per_device", re.compile(r"(?i)\bbatch size per device = (\d{1,6})\b")),
    ("batch.accumulation", re.compile(r"(?i)\bgradient accumulation steps = (\d{1,6})\b")),
)
_OPTIMIZER = re.compile(
    r"(?i)^\W{0,4}optim(?:izer)?(?:_name|_type)?\s{0,4}[:=]\s{0,4}['\"]?([a-z]\w{1,40})\b"
)


def read(head: str, name: str) -> tuple[Report, ...]:
    """The reports of what is printed in `head`, a log's beginning; those that say nothing are left out."""
    lines = [line[:1000] for line in head[:MOST].splitlines()]
    found = [*_configurations(lines, name), *_commands(lines, name), _environment(lines, name)]
    return tuple(one for one in found if one.facts)


def _configurations(lines: list[str], name: str) -> typing.Iterator[Report]:
    for begins, ends in (_MMENGINE, _DEEPSPEED, _ARGUMENTS):
        start = next((number for number, line in enumerate(lines) if begins.search(line)), None)
        if start is None:
            continue
        rest = range(start + 1, len(lines))
        stop = next((number for number in rest if ends.match(lines[number])), len(lines))
        kept = [""] * len(lines)
        kept[start + 1 : stop] = lines[start + 1 : stop]
        if ends is not _STAMP:  # the brackets belong to it
            kept[start] = begins.split(lines[start], maxsplit=1)[-1]
            kept[stop : stop + 1] = [
                match[0] for line in lines[stop : stop + 1] if (match := ends.match(line))
            ]
        if begins is _MMENGINE[0]:
            kept = [_DTYPE.sub(r"\1=\2", line) for line in kept]
        if begins is _ARGUMENTS[0]:
            kept = [_quoted(line) for line in kept]
        try:
            yield configs.read("\n".join(kept), name)
        except ReadError:
            continue  # cut off, or something else that looked like it


def _quoted(line: str) -> str:
    """An argument as Python would write it: the Trainer prints names and paths without quotes."""
    match = _ARGUMENT.fullmatch(line)
    if match is None or _LITERAL.fullmatch(match[2]):
        return line
    member = _MEMBER.fullmatch(match[2])  # of an enumeration: OptimizerNames.ADAMW_TORCH
    return f"{match[1]}={(member[1].lower() if member else match[2])!r},"


def _commands(lines: list[str], name: str) -> typing.Iterator[Report]:
    """The first launch command: as typed, as `set -x` shows it, or as DeepSpeed's launcher starts it."""
    for number, line in enumerate(lines):
        shown = _COMMAND.split(line, maxsplit=1)[-1]
        if not pieces.is_launch(shown):
            continue
        stop = number
        while lines[stop].rstrip().endswith("\\") and stop + 1 < len(lines):
            stop += 1
        text = "\n" * number + "\n".join([shown, *lines[number + 1 : stop + 1]])
        with contextlib.suppress(ReadError):
            yield configs.read(text, name, "command")
        return


def _environment(lines: list[str], name: str) -> Report:
    kept = [line if environment.is_listed(line) else "" for line in lines]
    listed = environment.read("\n".join(kept), name)
    said = {fact.id: fact for fact in listed.facts}
    for number, line in enumerate(lines, start=1):
        for fact, pattern in _BATCH:
            match = pattern.search(line)
            if match:
                said.setdefault(fact, report.Fact(fact, int(match[1]), f"{name}:{number}"))
        match = _OPTIMIZER.match(line)
        known = words.optimizer(match[1]) if match else None
        if known and known != "other":
            said.setdefault("optimizer.name", report.Fact("optimizer.name", known, f"{name}:{number}"))
    return Report(name, "environment", tuple(said.values()))
