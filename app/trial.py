"""What came of the document's recommendations in the fault lab: app/trial.json, made by
measure/try_document.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

AS_IT_IS, HEALTHY, CLIPPED = "as-it-is", "healthy", "clip-at-"
# The document's recommendations in its order, and its section; the last two are set beside them.
SECTIONS = {
    "use-bf16": "solutions-1",
    "zero-stage-1": "solutions-2",
    "zero-stage-3": "solutions-2",
    "lower-learning-rate": "solutions-3",
    "raise-clipping-threshold": "solutions-3",
    "use-adamw": "solutions-3",
    "warm-up-learning-rate": "practice-2",
    "monitor-training": "practice-3",
    "accumulate-gradients": "practice-4",
    "lower-clipping-threshold": "",
    "use-fp32": "",
}


@dataclass(frozen=True)
class Tried:
    """One variant of a run: in how many of `runs` seeds it was cured, where each broke, and the first's
    curve.

    None in `onset` is a seed that never broke, None in `curve` a loss that is not finite.
    """

    runs: int
    cured: int
    onset: tuple[int | None, ...]
    curve: tuple[float | None, ...]


@cache
def trials() -> dict[str, dict[str, Tried]]:
    """By fault and variant; the first fault is the document's."""
    text = Path(__file__).with_name("trial.json").read_text(encoding="utf-8")
    return {
        fault: {
            name: Tried(row["runs"], row["cured"], tuple(row["onset"]), tuple(row["curve"]))
            for name, row in variants.items()
        }
        for fault, variants in json.loads(text).items()
    }


def merit() -> list[str]:
    """The recommendations in the order of their measured worth on the document's fault, the best first.

    What cures as often is ordered by how often it cures the second float16 fault, then as the document has
    it.
    """
    first, second = list(trials().values())[:2]

    def share(variants: dict[str, Tried], name: str) -> float:
        row = variants.get(name)
        return row.cured / row.runs if row else 0.0

    return sorted(SECTIONS, key=lambda name: (-share(first, name), -share(second, name)))
