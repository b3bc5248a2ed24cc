"""One JSON object a line: LLaMA-Factory's trainer_log.jsonl, ms-swift's logging.jsonl, exports.

{"current_steps": 10, "total_steps": 1000, "loss": 1.825, "lr": 2e-05, "epoch": 0.1}
{"loss": 1.825, "grad_norm": 0.9, "learning_rate": 2e-05, "global_step/max_steps": "10/1000"}
"""

from __future__ import annotations

import re
import typing

from probes.logs.point import NUMBER, Point, from_pairs

HIDES_NAN = True  # both write what the Trainer's filter left

OTHERS = ('"train_runtime"', '"mode": "val"')  # the mean of the whole run; mmcv's evaluation
PAIR = re.compile(rf'"([\w/ ]{{1,60}})"\s{{0,4}}:\s{{0,4}}"?({NUMBER})')


def reader() -> typing.Callable[[str, int], Point | None]:
    """A function of a line's text and number; this format needs no memory between lines."""
    return point


def point(text: str, line: int) -> Point | None:
    """The point of one line, or None. A loss scale alone is a setting, not a point."""
    if "loss" not in text or '{"' not in text or any(other in text for other in OTHERS):
        return None
    found = from_pairs(PAIR.findall(text, text.index('{"')), line)
    return found if found and (found.loss is not None or found.eval_loss is not None) else None
