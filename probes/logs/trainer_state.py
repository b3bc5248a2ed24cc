"""trainer_state.json, which Hugging Face's Trainer writes beside each checkpoint."""

from __future__ import annotations

import json
import re

from probes.logs import trainer
from probes.logs.anomaly import judge
from probes.logs.curve import Curve, in_order
from probes.logs.point import NUMBER, from_pairs
from probes.report import ReadError, Report

PLAIN = re.compile(NUMBER)
STEP = re.compile(r'"step"\s{0,4}:')


def read(text: str, name: str) -> Report:
    """What the history in it says. Raises ReadError where there is none."""
    try:
        history = json.loads(text)["log_history"]
        entries = [entry for entry in history if isinstance(entry, dict)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ReadError(
            f"{name}: no log_history ({type(error).__name__}), give the trainer_state.json of a checkpoint"
        ) from error
    curve, others = Curve(), Curve()
    for line, entry in zip(_lines(text, len(entries)), entries):
        if "train_runtime" in entry:  # the mean of the whole run
            continue
        pairs = [(key, str(value)) for key, value in entry.items() if PLAIN.fullmatch(str(value))]
        point = from_pairs(pairs, line)
        if point:
            (others if point.loss is None else curve).add(point)
    return judge(in_order(curve, others), name, trainer.HIDES_NAN)


def _lines(text: str, count: int) -> list[int]:
    """The line of each entry's step; line 1 for all where the text does not have one for each."""
    start = text.find('"log_history"')
    lines, line, at = [], text.count("\n", 0, start) + 1, start
    for found in STEP.finditer(text, start):
        line += text.count("\n", at, found.start())
        at = found.start()
        lines.append(line)
    return lines[:count] if len(lines) >= count else [1] * count
