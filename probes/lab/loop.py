"""The training loop: micro-batches, ranks, loss scale, clipping, warm-up, one update a step."""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor

from probes.lab.arithmetic import to_format
from probes.lab.batches import stream
from probes.lab.damage import NONE, Damage
from probes.lab.judge import judged
from probes.lab.model import Llama
from probes.lab.optimizers import OPTIMIZERS
from probes.lab.settings import Settings, Trace
from probes.lab.shards import reduced
from probes.lab.text import TASKS, samples
from probes.lab.weights import prepared

PATIENCE = 20  # steps without a finite loss: nothing comes back from there
FIRST_SCALE, GROWTH_INTERVAL = 65536.0, 2000  # torch.amp.GradScaler's defaults


def run(settings: Settings, damage: Damage = NONE) -> Trace:
    """Trains for `settings.steps` steps on one thread; the same settings give the same numbers again.

    Raises OSError where the weights or Python's own sources are missing, and KeyError for an unknown
    optimizer.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a model this small only waits for a second thread
    try:
        return _run(settings, damage)
    finally:
        torch.set_num_threads(threads)


@dataclasses.dataclass
class Scaler:
    """A loss scale: halved at a gradient that is not finite, whose step is left out; doubled at times."""

    scale: float
    dynamic: bool
    calm: int = 0

    def after(self, finite: bool) -> None:
        """Takes note of a step."""
        if self.dynamic:
            self.calm = self.calm + 1 if finite else 0
            if not finite:
                self.scale /= 2
            elif self.calm % GROWTH_INTERVAL == 0:
                self.scale *= 2


def _run(settings: Settings, damage: Damage) -> Trace:
    learnt = [TASKS[settings.task](sample) for sample in samples()]
    text = damage.text(learnt)
    micro = settings.ranks * settings.accumulation
    batches = stream(text, settings.batch, settings.seed, settings.padding, settings.max_length)
    first = next(stream(learnt, 8, 10_007, "right"))
    model = prepared(settings, first)
    damage.weights(model, settings)
    flat, gradient = flattened(model)
    flat.copy_(to_format(flat, settings.weights))
    update = OPTIMIZERS[settings.optimizer](flat.numel(), settings)
    scaled = settings.loss_scale is not None
    scaler = Scaler(*_scale(settings))
    losses, norms, scales, rates, skipped = [], [], [], [], []
    for step in range(1, settings.steps + 1):
        shares, loss = [], 0.0
        for _ in range(micro):
            gradient.zero_()
            batch = damage.batch(next(batches), step)
            one = damage.loss(model(batch.tokens, batch.bias), batch.labels)
            if one.requires_grad:  # nothing was trainable, where it does not
                (one * scaler.scale).backward()
            loss += float(one.detach()) / micro
            shares.append(gradient.clone())
        whole = damage.gradient(reduced(shares, settings, damage, step), step) / scaler.scale
        norm = float(whole.norm())
        finite = math.isfinite(norm)
        rate = settings.learning_rate * _share(settings, step)
        losses.append(loss)
        norms.append(norm)
        scales.append(scaler.scale if scaled else 0.0)
        rates.append(rate)
        if not finite and (scaled or settings.skip_nonfinite):
            skipped.append(step)
        else:
            if settings.max_grad_norm is not None and not norm <= settings.max_grad_norm:
                whole = whole * (settings.max_grad_norm / (norm + 1e-6))
            update(flat, whole, rate)
        damage.after(model, step)
        scaler.after(finite)
        if scaler.dynamic and scaler.scale < 1:  # where DeepSpeed's scaler stops the run
            break
        if not any(map(math.isfinite, losses[-PATIENCE:])) and step >= PATIENCE:
            break
    exhausted = scaler.dynamic and scaler.scale < 1
    symptom, bad = judged(losses, norms, scales, rates, settings.batch * micro / len(text), exhausted)
    return Trace(tuple(losses), tuple(norms), tuple(scales), tuple(rates), tuple(skipped), symptom, bad)


def _share(settings: Settings, step: int) -> float:
    """What a step gets of the learning rate."""
    rest = (settings.steps - step + 1) / settings.steps if settings.decay else 1.0
    return min(1.0, step / (settings.warmup + 1), rest)


def _scale(settings: Settings) -> tuple[float, bool]:
    if settings.loss_scale is None:
        return 1.0, False
    return (FIRST_SCALE, True) if settings.loss_scale == "dynamic" else (float(settings.loss_scale), False)


def flattened(model: Llama) -> tuple[Tensor, Tensor]:
    """All trainable weights and their gradients as two vectors, of which the model's tensors become views."""
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    flat = torch.cat([weight.detach().reshape(-1) for weight in trained])
    gradient = torch.zeros_like(flat)
    at = 0
    for weight in trained:
        weight.data = flat[at : at + weight.numel()].view_as(weight)
        weight.grad = gradient[at : at + weight.numel()].view_as(weight)
        at += weight.numel()
    return flat, gradient
