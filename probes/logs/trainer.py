"""The dict lines of Hugging Face's Trainer, and of what is built on it (TRL, axolotl, ms-swift).

 12%|█▏        | 120/1000 [05:00<36:40,  2.50s/it]
{'loss': 1.8250, 'grad_norm': 0.9, 'learning_rate': 2e-05, 'epoch': 0.1}
{'eval_loss': nan, 'eval_runtime': 12.3, 'epoch': 0.1}
"""

from __future__ import annotations

import re
import typing

from probes.logs.point import NUMBER, Point, from_pairs

# logging_nan_inf_filter is on by default: a non-finite loss is left out of the printed mean, so a
# window of nothing but NaN prints 0.0 (transformers, trainer.py; huggingface/trl issue 6702).
HIDES_NAN = True

# Newer versions print numbers as strings: 'loss': '1.825'.
PAIR = re.compile(rf"'([\w/ ]{{1,60}})'\s{{0,4}}:\s{{0,4}}'?({NUMBER})")
# A bar with words before it loads shards or maps a data set; ms-swift's training bar is called Train.
BAR = re.compile(r"\s{0,8}(?:Train:)?\s{0,8}\d{1,3}%\|[^|]{0,400}\|\s{0,12}(\d{1,12})/(\d{1,12})\s{0,4}\[")


def reader() -> typing.Callable[[str, int], Point | None]:
    """A function of a line's text and number, which remembers the training's progress bar.

    The dict lines hold no step, the bar drawn before them does. The bar that the first loss follows is
    the training's; later bars of another length (evaluation) are passed over.
    """
    step = length = known = None

    def point(text: str, line: int) -> Point | None:
        nonlocal step, length, known
        bar = BAR.match(text) if "%|" in text else None
        if bar and known in (None, bar[2]):
            step, length = int(bar[1]), bar[2]
        start = text.find("{'")
        # The last line's train_loss is the mean of the whole run.
        if start < 0 or "'train_runtime'" in text:
            return None
        found = from_pairs(PAIR.findall(text, start), line, step or None)
        if found and found.loss is not None:
            # Without a bar between two losses, as in a captured log, the second has no step.
            step, known = None, length
        return found

    return point
