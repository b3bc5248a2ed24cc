"""What whynan's own probes find in a run of the lab: checkpoint, headroom, data, and the watch's note."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from measure.lab_texts import rate
from probes import headroom
from probes.lab import Damage, Settings, run
from probes.lab.batches import Batch, stream
from probes.lab.model import Llama
from probes.lab.text import IGNORED, TASKS, Sample, samples
from probes.lab.weights import prepared
from probes.report import to_json
from probes.watch import BadStep, Watch

BATCHES = 40


@cache
def learnt(task: str = "titled") -> list[Sample]:
    """What a run learns from: reading it takes a second."""
    return [TASKS[task](sample) for sample in samples()]


def probed(settings: Settings, damage: Damage, folder: Path) -> None:
    """Writes what a user would hand in: the checkpoint, the report of `headroom`, the tokenized data set.

    The lab lends a small model a large one's activations by scaling weights up and down again; the checkpoint
    is the one without that.
    """
    first = next(stream(learnt(settings.task), 8, 10_007, "right"))
    model = prepared(settings.but(headroom=None, quantized=False, lora_rank=0), first)
    damage.weights(model, settings)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")

    model = prepared(settings, first)
    damage.weights(model, settings)
    model.compute_in("float32", False, "sdpa")
    training = headroom.PURE if settings.weights == "float16" else headroom.MIXED
    found = headroom.report(headroom.measure(model, (first.tokens, first.bias)), "headroom.json", training)
    (folder / "headroom.json").write_text(json.dumps(to_json(found)))

    batches = stream(
        damage.text(learnt(settings.task)),
        settings.batch,
        settings.seed,
        settings.padding,
        settings.max_length,
    )
    with (folder / "train.jsonl").open("w") as file:
        for batch in islice((damage.batch(batch, 1) for batch in batches), BATCHES):
            for tokens, labels in zip(batch.tokens.tolist(), batch.labels.tolist(), strict=True):
                row = {"input_ids": tokens, "labels": [IGNORED if one < 0 else one for one in labels]}
                file.write(json.dumps(row) + "\n")


class Watching(Damage):
    """The run's own damage, with the watch on the model: it looks where it would in a user's loop, before the
    update, and ends the run at the first bad value.
    """

    def __init__(self, own: Damage, settings: Settings, folder: Path) -> None:
        self._own, self._settings, self._folder = own, settings, folder
        scale = settings.loss_scale or 1.0
        self._scale = 65536.0 if scale == "dynamic" else float(scale)

    def text(self, samples: list[Sample]) -> list[Sample]:
        """The data set."""
        return self._own.text(samples)

    def weights(self, model: Llama, settings: Settings) -> None:
        """The model gets its watch; the optimizer is the lab's own, this one is only looked at."""
        self._own.weights(model, settings)
        trained = [weight for weight in model.parameters() if weight.requires_grad]
        told = {"precision.compute": settings.precision, "precision.weights": settings.weights}
        stand_in = torch.optim.SGD(trained, lr=rate(settings, settings.learning_rate))
        self.watch = Watch(model, stand_in, facts=told, folder=str(self._folder))
        self.watch.seen.clear()  # the lab computes 16 bits in float32, and clips by itself

    def batch(self, batch: Batch, step: int) -> Batch:
        """A micro-batch."""
        return self._own.batch(batch, step)

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss, which the watch is told."""
        return self.watch.loss(self._own.loss(logits, labels))

    def reduced(self, shares: Sequence[Tensor], settings: Settings, step: int) -> Tensor | None:
        """What ZeRO makes of the ranks' gradients."""
        return self._own.reduced(shares, settings, step)

    def gradient(self, gradient: Tensor, step: int) -> Tensor:
        """The last moment before the update. Raises watch.BadStep."""
        gradient = self._own.gradient(gradient, step)
        norm = gradient.norm() / self._scale
        skipped = self._settings.loss_scale is not None and not bool(norm.isfinite())
        if self._settings.loss_scale is not None:
            self.watch.scale = self._scale
        if skipped and self._settings.loss_scale == "dynamic":
            self._scale /= 2
        self.watch.judge(norm, skipped)
        return gradient

    def after(self, model: Llama, step: int) -> None:
        """The model after an update."""
        self._own.after(model, step)


def noted(settings: Settings, damage: Damage, path: Path) -> None:
    """Runs once more with the watch, and keeps its note at `path`; an empty file where it saw nothing bad."""
    if path.is_file():
        return
    with tempfile.TemporaryDirectory() as folder:
        watching = Watching(damage, settings, Path(folder))
        with contextlib.suppress(BadStep):
            run(settings, watching)
        watching.watch.close()
        found = sorted(Path(folder).glob("*.json"))
        path.write_text(found[0].read_text() if found else "")
