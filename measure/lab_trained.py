"""What a classifier, trained on some of the lab's own runs, makes of the others: the ceiling beside whynan.

Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) on the logged numbers and, where there is more
than the points, on all that whynan reads from the same files. Two ways to hold runs back: of one seed, so
that each fault has been seen; and of one fault, so that its cause is known from other faults alone, which is
how whynan meets all of them. A cause with one fault can then not be found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kb.model import Plain
from probes.logs import FORMATS, Point

Array = npt.NDArray[np.float64]

TREES = 100
LEAST = 2  # runs in a leaf
FIRST = 6  # points that are features one by one


class Example(NamedTuple):
    """One run by one framework's files: `features` by name, those that are not there are left out."""

    cause: str
    fault: str
    seed: int
    features: dict[str, float]


def points(text: str, framework: str) -> list[Point]:
    """The points of a log as the lab's frameworks print them."""
    point_of = FORMATS["trainer" if framework == "transformers" else "mmengine"].reader()
    found = (point_of(line, number) for number, line in enumerate(text.splitlines(), 1))
    return [point for point in found if point is not None and point.loss is not None]


def numbers(text: str, framework: str) -> dict[str, float]:
    """The features of a log's points: the first ones, the ends, the extremes, and what is not finite or 0."""
    run = points(text, framework)
    found = {
        "points": float(len(run)),
        "overflows": float(text.count("OVERFLOW!")),
        "framework": float(framework == "xtuner"),
    }
    for name in ("loss", "grad_norm", "learning_rate"):
        series = [value for point in run if (value := getattr(point, name)) is not None]
        finite = [math.log10(value) for value in series if 0 < value < math.inf]
        found |= {f"{name} {place}": size for place, size in enumerate(map(_size, series[:FIRST]))}
        found[f"{name} there"] = float(bool(series))
        if not series:
            continue
        found[f"{name} last"] = _size(series[-1])
        for kind, odd in (("nan", lambda one: not math.isfinite(one)), ("zero", lambda one: one == 0)):
            places = [place for place, value in enumerate(series) if odd(value)]
            found[f"{name} {kind} share"] = len(places) / len(series)
            found[f"{name} {kind} first"] = float(places[0]) if places else -1.0
        if finite:
            lowest, highest = finite.index(min(finite)), finite.index(max(finite))
            found |= {
                f"{name} lowest": finite[lowest],
                f"{name} highest": finite[highest],
                f"{name} middle": float(np.median(finite)),
                f"{name} lowest at": lowest / len(series),
                f"{name} highest at": highest / len(series),
                f"{name} unrest": float(np.mean(np.abs(np.diff(finite)))) if len(finite) > 1 else 0.0,
                f"{name} last of first": finite[-1] - finite[0],
            }
    return found


def columns(facts: Mapping[str, Plain]) -> dict[str, float]:
    """What whynan reads, as features: a number as it is, a word as a column of its own."""
    return {
        name if isinstance(value, (int, float)) else f"{name} {value}": (
            float(value) if isinstance(value, (int, float)) else 1.0
        )
        for name, value in facts.items()
    }


def _size(value: float) -> float:
    """A number on a scale on which trees can part it: its logarithm, 0 and what is no number far off."""
    if math.isnan(value):
        return 99.0
    return 98.0 if math.isinf(value) else math.log10(value) if value > 0 else -99.0


def ranked(
    examples: Sequence[Example], held_back: Callable[[Example], Hashable], seed: int = 0
) -> list[list[str]]:
    """For each example all causes, likeliest first, by trees that have seen none of its group."""
    names = sorted({name for one in examples for name in one.features})
    table = np.array([[one.features.get(name, -50.0) for name in names] for one in examples])
    causes = sorted({one.cause for one in examples})
    truth = np.array([causes.index(one.cause) for one in examples])
    groups = [held_back(one) for one in examples]
    found: list[list[str]] = [[] for _ in examples]
    for group in dict.fromkeys(groups):
        out = np.array([one == group for one in groups])
        chance = forest(table[~out], truth[~out], len(causes), table[out], np.random.default_rng(seed))
        for place, row in zip(np.flatnonzero(out), chance, strict=True):
            found[place] = [causes[at] for at in np.argsort(-row, kind="stable")]
    return found


def forest(
    table: Array, truth: npt.NDArray[np.int64], classes: int, asked: Array, rng: np.random.Generator
) -> Array:
    """The chances of each class for each row asked for, as the mean over the trees: (rows, classes)."""
    total = np.zeros((len(asked), classes))
    for _ in range(TREES):
        _grow(table, np.eye(classes)[truth], asked, np.arange(len(table)), np.arange(len(asked)), total, rng)
    return total / TREES


def _grow(
    table: Array,
    truth: Array,
    asked: Array,
    here: npt.NDArray[np.int64],
    there: npt.NDArray[np.int64],
    total: Array,
    rng: np.random.Generator,
) -> None:
    """One node: of some features, each cut at random, the cut that leaves the purest halves; both go on."""
    mean = truth[here].mean(axis=0)
    rows = table[here]
    low, high = rows.min(axis=0), rows.max(axis=0)
    open_ = np.flatnonzero(high > low)
    if len(there) == 0 or len(here) < 2 * LEAST or mean.max() == 1 or len(open_) == 0:
        total[there] += mean
        return
    tried = rng.choice(open_, min(len(open_), max(1, round(math.sqrt(table.shape[1])))), replace=False)
    cuts = rng.uniform(low[tried], high[tried])
    left = rows[:, tried] <= cuts
    counts = left.T @ truth[here], (~left).T @ truth[here]
    purity = sum((count**2).sum(axis=1) / np.maximum(count.sum(axis=1), 1) for count in counts)
    best = int(np.argmax(purity))
    side, ask = left[:, best], asked[there, tried[best]] <= cuts[best]
    _grow(table, truth, asked, here[side], there[ask], total, rng)
    _grow(table, truth, asked, here[~side], there[~ask], total, rng)
