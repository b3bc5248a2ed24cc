"""Megatron-LM, and what is built on it.

iteration  10/ 1000 | consumed samples: 80 | lm loss: 1.825000E+00 | loss scale: 65536.0 |
grad norm: 1.234 | number of skipped iterations: 0 | number of nan iterations: 0 |     (one line)
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing

from probes.logs.point import NUMBER, Point, from_pairs

HIDES_NAN = False

EVALUATION = re.compile(rf"validation loss at iteration (\d{{1,12}})\b.{{0,80}}?\| lm loss value: ({NUMBER})")
HEAD = re.compile(r"\biteration\s{1,12}(\d{1,12})/\s{0,12}\d{1,12} \|")
PAIR = re.compile(rf"\|\s{{0,4}}([A-Za-z][\w ]{{0,40}}):\s{{1,12}}({NUMBER})")


def reader() -> typing.Callable[[str, int], Point | None]:
    """A function of a line's text and number; this format needs no memory between lines."""
    return point


def point(text: str, line: int) -> Point | None:
    """The point of one line, or None.

    The printed loss is a mean without the iterations whose loss was not finite; these are counted
    beside it, so any of them makes the point's loss NaN (megatron, training_log).
    """
    if "iteration" not in text:
        return None
    if found := EVALUATION.search(text):
        return Point(step=int(found[1]), eval_loss=float(found[2]), line=line)
    if not (head := HEAD.search(text)):
        return None
    pairs = PAIR.findall(text, head.end() - 1)
    made = from_pairs(pairs, line, step=int(head[1]))
    if made and float(dict(pairs).get("number of nan iterations", 0)) > 0:
        return dataclasses.replace(made, loss=math.nan)
    return made
