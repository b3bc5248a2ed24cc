"""What a probe says: facts with their source, what it could not know, and the loss curve."""

from __future__ import annotations

import dataclasses
import math
import typing

from probes.private import last_component, redact

Value = typing.Union[bool, int, float, str]

LONGEST = 1_000  # characters of a value; a longer one says nothing that anybody would look at

MEASURED, ANSWERED, ASSUMED = "measured", "answered", "assumed"
STATES = (MEASURED, ANSWERED, ASSUMED)

# The kind of a report that holds what a person answered and tried, and is believed before all others.
TOLD = "told"

# The self-test's facts: each other value than "ok" is abnormal, whatever the loss does.
JUDGED = ("gpu.numerics", "numerics.cpu", "numerics.peer_copies", "numerics.collective")


@dataclasses.dataclass(frozen=True)
class Fact:
    """One thing that is known. The ids and the form of their values stand in kb/facts.yaml.

    `source` says where it was read ("config.py:41", "nvidia-smi", "self-test on cpu").
    `state` is "measured" (read or measured), "answered" (a person said so) or "assumed" (a default
    of the framework that nobody wrote down).
    What is private never gets into one, so nothing that shows or sends facts can give it away.
    """

    id: str
    value: Value
    source: str
    state: str = MEASURED

    def __post_init__(self) -> None:
        """Takes out what is private, as probes.private has it."""
        if isinstance(self.value, str):
            object.__setattr__(self, "value", redact(self.value[:LONGEST]))
        object.__setattr__(self, "source", redact(self.source))


def shareable(value: Value) -> Value:
    """A fact's value as it may leave the machine: a path without its folders, nothing secret in it."""
    if not isinstance(value, str):
        return value
    return last_component(value) if "/" in value or "\\" in value else redact(value)


@dataclasses.dataclass(frozen=True)
class Unknown:
    """One thing that could not be known: why, and the command or question that would tell."""

    id: str
    why: str
    how: str = ""

    def __post_init__(self) -> None:
        """Takes out what is private, which the name of a file can be."""
        object.__setattr__(self, "why", redact(self.why))
        object.__setattr__(self, "how", redact(self.how))


@dataclasses.dataclass(frozen=True)
class Report:
    """What one file, or one machine, says.

    `kind` is what was read: "log", "config", "command", "environment", "report" (prose), "dataset",
    "checkpoint", "headroom", "watch", "machine"; TOLD for what a person said, "merged" for several together.
    `curve` holds (step, loss) pairs, at most 2,000 of them; a loss may be nan or inf. `peaks` holds
    (module, largest magnitude), in the order of a forward pass. `problem` is a line on what of a broken file
    was passed over; it is no part of a report that is kept.
    """

    name: str
    kind: str
    facts: tuple[Fact, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    curve: tuple[tuple[int, float], ...] = ()
    peaks: tuple[tuple[str, float], ...] = ()
    problem: str = ""

    def __post_init__(self) -> None:
        """Takes out what is private, which the name of a file can be."""
        object.__setattr__(self, "name", redact(self.name))
        object.__setattr__(self, "problem", redact(self.problem))

    def values(self) -> dict[str, Value]:
        """The facts as id -> value."""
        return {fact.id: fact.value for fact in self.facts}


class ReadError(Exception):
    """A file that cannot be read as what it seems to be: "what, where, what to do" in one line."""

    def __init__(self, line: str) -> None:
        super().__init__(redact(line))


def to_json(report: Report) -> dict[str, typing.Any]:
    """The report as plain JSON data; numbers that JSON cannot hold become "nan", "inf", "-inf"."""
    peaks = [[module, _plain(largest)] for module, largest in report.peaks]
    return {
        "whynan": 1,
        "name": report.name,
        "kind": report.kind,
        "facts": [dataclasses.asdict(fact) for fact in report.facts],
        "unknown": [dataclasses.asdict(unknown) for unknown in report.unknown],
        "curve": [[step, _plain(loss)] for step, loss in report.curve],
        **({"peaks": peaks} if peaks else {}),  # reports were made before there were any
    }


def from_json(data: typing.Any, name: str) -> Report:
    """The report that `to_json` wrote. Raises ReadError when `data` is anything else."""
    try:
        if data["whynan"] != 1:
            raise ReadError(
                f"{name}: made by another version of whynan ({data['whynan']!r}), pack the probes anew"
            )
        return Report(
            name=str(data["name"]),
            kind=str(data["kind"]),
            facts=tuple(_fact(item) for item in data["facts"]),
            unknown=tuple(Unknown(str(i["id"]), str(i["why"]), str(i["how"])) for i in data["unknown"]),
            curve=tuple((int(step), float(loss)) for step, loss in data["curve"]),
            # Reports of older versions have none.
            peaks=tuple((str(module), float(largest)) for module, largest in data.get("peaks", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReadError(
            f"{name}: not a whynan report ({error!r}), make it with `whynan probe --format json`"
        ) from error


def _plain(number: float) -> float | str:
    return number if math.isfinite(number) else str(number)


def _fact(item: dict[str, typing.Any]) -> Fact:
    plain = isinstance(item["value"], (bool, int, str)) or math.isfinite(item["value"])
    if not plain or item["state"] not in STATES:
        raise ValueError(f"fact {item['id']!r} has no plain value or state")
    return Fact(str(item["id"]), item["value"], str(item["source"]), item["state"])
