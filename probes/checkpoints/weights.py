"""What the values of a checkpoint say: NaN and Inf, flipped bits, rows that no training ever touched."""

from __future__ import annotations

import collections
import re
import typing

from probes.checkpoints.counts import Counts
from probes.checkpoints.listing import ABNORMAL, DAMAGE, NOTE, Finding
from probes.checkpoints.parts import HUGE

TINY_ROW = 1e-3  # of the usual row: smaller ones were never trained
HUGE_ROW = 100.0  # times the usual row: uninitialised memory
MANY_SUBNORMAL = 0.01
MOST_SPANS = 4

_BUFFER = re.compile(r"(?:mask|masked_bias|inv_freq|position_ids)\w*$")  # some hold -inf on purpose
_STATE = re.compile(r"exp_avg|optimizer|momentum|(?:^|\.)step$|scheduler|loss_scale")


def judge(one: Counts) -> typing.Iterator[Finding]:
    """What is wrong with the values of a tensor."""
    for grade, what in _tensor(one):
        yield Finding(grade, one.tensor.path.name, one.tensor.name, what)


def judge_all(counts: typing.Sequence[Counts]) -> typing.Iterator[Finding]:
    """What the tensors say together: of an adapter, of number formats."""
    if adapter_is_zero(counts):
        what = "all lora_B are 0, as before the first step: this adapter changes nothing"
        yield Finding(ABNORMAL, counts[0].tensor.path.name, "", what)
    formats = collections.Counter(one.tensor.dtype.name for one in counts if one.tensor.dtype.is_float)
    if len(formats) > 1:
        mix = ", ".join(f"{name} {count}" for name, count in formats.most_common())
        yield Finding(NOTE, counts[0].tensor.path.name, "", f"tensors in several formats: {mix}")


def untrained(one: Counts) -> list[int]:
    """The rows of an embedding that no training touched: next to 0, or the same as others bit for bit."""
    usual = _usual_row(one)
    if one.rows is None or not usual:
        return []
    tiny = one.tensor.dtype.magnitude(usual * TINY_ROW)
    return sorted({*one.rows.below(tiny), *one.rows.shared()})


def huge(one: Counts) -> list[int]:
    """The rows of an embedding that are far larger than the usual one."""
    usual = _usual_row(one)
    if one.rows is None or not usual:
        return []
    return one.rows.reaching(one.tensor.dtype.magnitude(usual * HUGE_ROW))


def adapter_is_zero(counts: typing.Sequence[Counts]) -> bool:
    """Whether there is a LoRA adapter whose second halves, which start at 0, are still 0."""
    halves = [one for one in counts if ".lora_B." in one.tensor.name and one.tensor.size]
    return bool(halves) and all(_is_zero(one) for one in halves)


def _tensor(one: Counts) -> typing.Iterator[tuple[str, str]]:
    tensor, values = one.tensor, one.tensor.size // one.tensor.dtype.width
    buffer, state = _BUFFER.search(tensor.name), _STATE.search(tensor.name)
    at = f", first in row{'s' * (len(one.large) > 1)} {', '.join(map(str, one.large))}" if one.large else ""
    if not tensor.size:
        what = f"has no values (shape {list(tensor.shape)}): one rank's part of ZeRO-3, never gathered"
        yield ABNORMAL, what
    elif (one.nan or one.inf) and not (buffer and not one.nan):
        yield DAMAGE, f"{one.nan} NaN, {one.inf} Inf of {values} values{at}"
    elif one.largest >= HUGE and values > 1 and not buffer and not state:
        yield DAMAGE, f"its largest magnitude is {one.largest:.3g}{at}: a flipped bit, no trained weight"
    elif len(tensor.shape) > 1 and _is_zero(one) and not state and ".lora_" not in tensor.name:
        yield NOTE, "every value is 0"
    if one.subnormal > MANY_SUBNORMAL:
        share = "" if one.sampled == values else f" of {one.sampled} looked at"
        yield NOTE, f"{one.subnormal:.1%} of its values{share} are below the smallest normal number"
    rows = untrained(one)
    if rows:
        yield NOTE, f"{len(rows)} of {tensor.shape[0]} rows were never trained: {spans(rows)}"
    rows = huge(one)
    if rows:
        yield ABNORMAL, f"{len(rows)} rows are over {HUGE_ROW:g} times the usual one: {spans(rows)}"


def _is_zero(one: Counts) -> bool:
    return one.tensor.dtype.is_float and not (one.largest or one.nan or one.inf)


def _usual_row(one: Counts) -> float:
    """The median of the rows' largest magnitudes, rows of 0 left out; 0 where there is none."""
    usual = one.tensor.dtype.value(one.rows.median) if one.rows else 0.0
    return usual if usual < HUGE else 0.0


def spans(rows: list[int]) -> str:
    """Rows in few words: "5, 7-9, …"."""
    found: list[list[int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1][1] = row
        else:
            found.append([row, row])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in found[:MOST_SPANS]]
    return ", ".join(words + ["…"] * (len(found) > MOST_SPANS))
