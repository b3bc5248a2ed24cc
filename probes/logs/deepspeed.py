"""DeepSpeed's own lines, and the loss scalers of apex and fairseq, which say the same.

[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768
[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, but hysteresis is 2. Reducing …
[Rank 0] step=10, skipped=2, lr=[2e-05], mom=[(0.9, 0.95)]
steps: 10 loss: 1.8250 iter time (s): 3.213 samples/sec: 4.980
"""

from __future__ import annotations

import re
import typing

from probes.logs.point import NUMBER, Point

HIDES_NAN = False

# One of them is in each line that this format reads (and that says nothing of a loss), seldom in others.
WORDINGS = ("Attempted loss scale", "reducing loss scale to", "setting loss scale to:", ", skipped=")

# Both the old wording ("[deepscale] OVERFLOW!") and the newer ones ("fp16 dynamic loss scale
# overflow!", "Overflow detected.") end alike (deepspeed, loss_scaler.py and fused_optimizer.py).
ATTEMPTED = re.compile(
    rf"[Ss]kipping step\.\s{{0,4}}Attempted loss scale: ({NUMBER})(?:, reducing to ({NUMBER}))?"
)
REDUCED = re.compile(rf"(?:reducing loss scale to|setting loss scale to:) ({NUMBER})")
STEP = re.compile(rf"\bstep=(\d{{1,12}}), skipped=\d{{1,12}}, lr=\[({NUMBER})")
PIPELINE = re.compile(rf"\bsteps: (\d{{1,12}}) loss: ({NUMBER})", re.IGNORECASE)


def reader() -> typing.Callable[[str, int], Point | None]:
    """A function of a line's text and number; this format needs no memory between lines."""
    return point


def point(text: str, line: int) -> Point | None:
    """The point of one line, or None. After an overflow, `loss_scale` is what it was reduced to."""
    if "loss scale" in text:
        if found := ATTEMPTED.search(text):
            return Point(loss_scale=float(found[2] or found[1]), line=line)
        if found := REDUCED.search(text):
            return Point(loss_scale=float(found[1]), line=line)
    if "skipped=" in text and (found := STEP.search(text)):
        return Point(step=int(found[1]), learning_rate=float(found[2]), line=line)
    if "steps: " in text and (found := PIPELINE.search(text)):
        return Point(step=int(found[1]), loss=float(found[2]), line=line)
    return None
