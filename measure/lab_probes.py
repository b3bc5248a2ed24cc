"""What whynan's probes find in a run of the lab: checkpoint, headroom, data, self-test, the watch's note."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from measure.lab_texts import rate
from probes import headroom
from probes.lab import FAULTS, Damage, Settings, run
from probes.lab.batches import Batch, stream
from probes.lab.model import Llama
from probes.lab.text import IGNORED, TASKS, Sample, samples
from probes.lab.weights import prepared
from probes.machine import attention, numerics, peer_copies
from probes.machine.rounding import Case
from probes.machine.verdict import verdict
from probes.report import Fact, Report, to_json
from probes.watch import BadStep, Watch

BATCHES = 40
LOOKS = 4  # of the self-test at what one GPU sends another: the lab's tear needs a start


@cache
def learnt(task: str = "titled") -> list[Sample]:
    """What a run learns from: reading it takes a second."""
    return [TASKS[task](sample) for sample in samples()]


@cache
def tested(name: str, several: bool) -> Report:
    """What `whynan probe` says of the machine on which the fault `name` ran, "" for any that is in order;
    `several`: it has more than one GPU.

    A CPU stands for the GPUs. Where the fault is the machine's, its damage, which the run's gradients had, is
    done to the results of the self-test, or to what it copies.
    """
    finer = FAULTS[name].finer if name else ""
    damage, steps = FAULTS[name].damage if name else Damage(), itertools.count(1)

    def harmed(tensor: Any) -> Any:
        numbers = tensor if tensor.dtype == torch.int32 else tensor.float()
        bits = numbers.clone().flatten().view(torch.float32)
        return damage.gradient(bits, next(steps)).view(numbers.dtype).view_as(tensor).to(tensor.dtype)

    def measure(case: Case, device: str, repeats: int) -> list[Any]:
        runs = numerics.measure(case, device, repeats)
        return [harmed(one) for one in runs] if finer == "faulty-gpu" else runs

    def copy(tensor: Any, source: str, target: str) -> Any:
        return harmed(tensor) if finer == "peer-copies" else tensor

    with numerics.as_found(torch):
        outcomes, _ = numerics.check(torch, ["cpu"], numerics.EFFORTS["quick", "cpu"], measure=measure)
        arithmetic = verdict([dataclasses.replace(one, device="cuda:0") for one in outcomes], [], "")
        row = attention.masked_row(torch, "cpu")
        copies = [peer_copies.check(torch, ["cpu", "cpu:0"], LOOKS, copy)] if several else []
    found = [fact for fact in (*arithmetic, row, *copies) if isinstance(fact, Fact)]
    return Report("machine.json", "machine", tuple(found))


def probed(settings: Settings, damage: Damage, name: str, folder: Path) -> None:
    """Writes what a user would hand in: the checkpoint, the report of `headroom`, the tokenized data set, the
    machine's self-test.

    The lab lends a small model a large one's activations by scaling weights up and down again; the checkpoint
    is the one without that.
    """
    first = next(stream(learnt(settings.task), 8, 10_007, "right"))
    stored = settings.but(headroom=None, quantized=False, lora_rank=0)
    model = prepared(stored, first)
    damage.weights(model, stored)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")

    model = prepared(settings, first)
    damage.weights(model, settings)
    model.compute_in("float32", False, "sdpa")
    training = headroom.PURE if settings.weights == "float16" else headroom.MIXED
    found = headroom.report(headroom.measure(model, (first.tokens, first.bias)), "headroom.json", training)
    (folder / "headroom.json").write_text(json.dumps(to_json(found)))

    hardware = name in FAULTS and FAULTS[name].cause == "hardware"
    machine = tested(name if hardware else "", settings.ranks > 1)
    (folder / "machine.json").write_text(json.dumps(to_json(machine)))

    batches = stream(
        damage.text(learnt(settings.task)),
        settings.batch,
        settings.seed,
        settings.padding,
        settings.max_length,
    )
    with (folder / "train.jsonl").open("w") as file:
        for batch in itertools.islice((damage.batch(batch, 1) for batch in batches), BATCHES):
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


def noted(settings: Settings, damage: Damage, path: Path) -> str:
    """The watch's note on one more run, kept at `path`; "" where it saw nothing bad."""
    if not path.is_file():
        with tempfile.TemporaryDirectory() as folder:
            watching = Watching(damage, settings, Path(folder))
            with contextlib.suppress(BadStep):
                run(settings, watching)
            watching.watch.close()
            found = sorted(Path(folder).glob("*.json"))
            path.write_text(found[0].read_text() if found else "")
    text = path.read_text()
    return json.dumps(_as_on_a_gpu(json.loads(text), settings)) if text else ""


def _as_on_a_gpu(note: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The note where sixteen bits are not rounded float32, and large activations need no scaled weights."""
    pure = settings.weights == settings.precision == "float16"
    for place in note["passed"]:
        _, side, _, multiplies, _ = place
        if pure or (multiplies and side == "out"):
            place[2] = settings.precision
    if settings.headroom is not None:
        first = next(stream(learnt(settings.task), 8, 10_007, "right"))
        model = prepared(settings.but(headroom=None), first)
        note["weights"]["largest"] = max(float(weight.abs().max()) for weight in model.parameters())
    return note
