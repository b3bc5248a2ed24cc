"""XTuner and everything else on mmengine, and its forerunner mmcv.

08/15 10:00:00 - mmengine - INFO - Iter(train) [  10/1000]  lr: 2.0000e-05  eta: 0:52:48  loss: 1.8250
08/15 10:00:00 - mmengine - INFO - Epoch(train)  [2][ 10/500]  lr: 2.0000e-05  loss: nan  grad_norm: nan
2021-08-15 10:00:00,123 - mmdet - INFO - Epoch [1][50/1000]	lr: 2.000e-02, eta: 1:00:00, loss: 0.7000
"""

from __future__ import annotations

import re
import typing

from probes.logs.point import NUMBER, Point, from_pairs

HIDES_NAN = False

# mmcv names no phase in training (TextLoggerHook._log_info); some projects add the number of epochs.
HEAD = re.compile(
    r"\b(?:Iter|Epoch)(?:\(train\)\s{0,8}| )(?:\[(\d{1,9})(?:/\d{1,9})?\])?\[\s{0,12}(\d{1,12})/(\d{1,12})\]"
)
PAIR = re.compile(rf"([A-Za-z]\w{{0,40}}):\s{{1,8}}({NUMBER})")


def reader() -> typing.Callable[[str, int], Point | None]:
    """A function of a line's text and number; this format needs no memory between lines."""
    return point


def point(text: str, line: int) -> Point | None:
    """The point of one line, or None. Steps of the epoch form are counted through all epochs."""
    if "/" not in text or not (head := HEAD.search(text)):
        return None
    epoch, step, total = head.groups()
    before = (int(epoch) - 1) * int(total) if epoch else 0
    return from_pairs(PAIR.findall(text, head.end()), line, step=before + int(step))
