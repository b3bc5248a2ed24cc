"""Whether the headroom probe tells what the float16 run then does, and what it costs.

    .venv/bin/python -m measure.headroom           prints the tables
    .venv/bin/python -m measure.headroom --write   puts them into docs/measured.md
    .venv/bin/python -m measure.headroom --device cuda   probes and runs on a GPU

Small Llama-like models with random weights are scaled so that their largest activation (the product inside
SwiGLU of one layer, or the residual stream) is a chosen multiple of 65504; the scaling cancels out, so that
the model computes the same. Each is measured in float32 and in bfloat16, then really run in float16: all of
it (pure), and under autocast (mixed). For the loss scale, a real GradScaler takes steps until one counts.
"""

from __future__ import annotations

import argparse
import itertools
import re
import statistics
import time
from collections import Counter
from typing import Any, NamedTuple

import torch
from torch import nn

from measure.tables import put
from probes import headroom
from probes.headroom import LARGEST, MIXED, PURE, loss_scale, products
from probes.headroom.quiet import watched

LEVELS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995, 0.999, 1.001, 1.005, 1.02, 1.1, 1.5, 3.0)
LAYERS, SEEDS = 4, 2
PLACES = (*range(LAYERS), "residual")
GAINS = (1e-3, 0.03, 1.0, 30.0, 1e3, 3e4)


class Norm(nn.Module):  # type: ignore[misc] # torch is not looked into
    """RMSNorm, computed in float32 as Llama's is."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = 1e-6

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = x.float()
        return self.weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)).to(x.dtype)


class Layer(nn.Module):  # type: ignore[misc] # torch is not looked into
    """Attention and SwiGLU, each with its norm and added to the residual stream."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention_norm, self.ffn_norm = Norm(width), Norm(width)
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(width, 3 * width, bias=False) for _ in range(2))
        self.down = nn.Linear(3 * width, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.attention_norm(x)
        heads = [part(y).unflatten(-1, (4, -1)).transpose(1, 2) for part in (self.q, self.k, self.v)]
        y = nn.functional.scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.o(y.transpose(1, 2).flatten(2))
        y = self.ffn_norm(x)
        return x + self.down(nn.functional.silu(self.gate(y)) * self.up(y))


class Model(nn.Module):  # type: ignore[misc] # torch is not looked into
    """Token ids to logits."""

    def __init__(self, width: int = 64, layers: int = LAYERS, tokens: int = 128) -> None:
        super().__init__()
        self.embed = nn.Embedding(tokens, width)
        self.layers = nn.ModuleList(Layer(width) for _ in range(layers))
        self.norm = Norm(width)
        self.head = nn.Linear(width, tokens, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.embed(ids)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


class Case(NamedTuple):
    """What was told and what happened: the first module beyond float16, None where there is none."""

    told: str | None
    real: str | None


def scale(model: Model, ids: torch.Tensor, place: int | str, level: float) -> None:
    """Brings the largest activation of `place` to `level` times 65504; what the model computes stays."""
    found = headroom.measure(model, ids)
    with torch.no_grad():
        if isinstance(place, int):
            name = f"layers.{place}.down"
            top = max(peak.largest for peak in found.peaks if (peak.module, peak.side) == (name, "in"))
            factor = level * LARGEST / top
            model.layers[place].up.weight *= factor
            model.layers[place].down.weight /= factor
            return
        top = max(peak.largest for peak in found.peaks if re.fullmatch(r"layers\.\d+", peak.module))
        factor = level * LARGEST / top
        for weight in [
            model.embed.weight,
            *(w for la in model.layers for w in (la.o.weight, la.down.weight)),
        ]:
            weight *= factor
        for norm in (m for m in model.modules() if isinstance(m, Norm)):
            norm.eps *= factor**2


def real(model: Model, ids: torch.Tensor, training: str) -> str | None:
    """The first module that meets something that is no number, in a run in float16."""
    counted = set(dict(model.named_modules())) if training == PURE else products(torch, model)
    met: list[str] = []

    def seen(name: str, side: str, tensor: torch.Tensor) -> None:
        if name in counted and not met and not tensor.half().isfinite().all():
            met.append(f"{name} {side}")

    run = model.half() if training == PURE else model
    with torch.no_grad(), watched(torch, run, seen), autocast(ids, training == MIXED):
        run(ids)
    return met[0] if met else None


def autocast(ids: torch.Tensor, enabled: bool = True) -> torch.autocast:
    return torch.autocast(ids.device.type, torch.float16, enabled)


def made(seed: int, device: str) -> tuple[Model, torch.Tensor]:
    """A model and a batch, the same on each device."""
    torch.manual_seed(seed)
    model, ids = Model(), torch.randint(128, (2, 24))
    return model.to(device), ids.to(device)


def built(seed: int, place: int | str, level: float, device: str) -> tuple[Model, torch.Tensor]:
    model, ids = made(seed, device)
    scale(model, ids, place, level)
    return model, ids


def cases(dtype: torch.dtype, device: str) -> list[Case]:
    found = []
    for seed, place, level, training in itertools.product(range(SEEDS), PLACES, LEVELS, (MIXED, PURE)):
        model, ids = built(seed, place, level, device)
        first = headroom.measure(model.to(dtype), ids).first_overflow(training)
        model, ids = built(seed, place, level, device)
        told = f"{first.module} {first.side}" if first else None
        found.append(Case(told, real(model, ids, training)))
    return found


def skips(device: str) -> Counter[int]:
    """How far the told number of first skips is from the scaler's: difference -> runs."""
    found: Counter[int] = Counter()
    for seed, gain in itertools.product(range(7), GAINS):
        model, ids = made(seed, device)

        def loss(out: torch.Tensor, gain: float = gain, ids: torch.Tensor = ids) -> torch.Tensor:
            return gain * nn.functional.cross_entropy(out[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten())

        told = loss_scale.measure(model, ids, loss, MIXED).first_skips()
        scaler, optimizer = torch.amp.GradScaler(device), torch.optim.SGD(model.parameters(), lr=0.0)
        count = 0
        while count < 60:
            optimizer.zero_grad()
            with autocast(ids):
                value = loss(model(ids))
            scaler.scale(value).backward()
            scaler.step(optimizer)
            before = scaler.get_scale()
            scaler.update()
            if scaler.get_scale() >= before:
                break
            count += 1
        found[(told or 0) - count] += 1
    return found


def cost(dtype: torch.dtype, device: str, rounds: int = 15) -> float:
    """The time of the probe over that of a bare forward pass, as the median of rounds.

    A GPU is given enough to do: on a small model starting a kernel takes longer than the kernel.
    """
    torch.manual_seed(0)
    width, layers, tokens = (256, 6, 256) if device == "cpu" else (2048, 16, 1024)
    model, ids = Model(width, layers, 2048).to(device, dtype), torch.randint(2048, (4, tokens), device=device)

    def bare() -> None:
        with torch.no_grad():
            model(ids)

    def seconds(call: Any) -> float:
        began = time.perf_counter()
        call()
        if device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter() - began

    bare()
    ratios = (seconds(lambda: headroom.measure(model, ids)) / seconds(bare) for _ in range(rounds))
    return statistics.median(ratios)


def table(device: str) -> str:
    name = "a CPU, no GPU" if device == "cpu" else torch.cuda.get_device_name(device)
    lines = [
        f"On {name}, torch {torch.__version__}.",
        "",
        "| probe in | runs | overflows | missed | false | module named right | time, a forward = 1 |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for dtype in (torch.float32, torch.bfloat16):
        found = cases(dtype, device)
        hits = [case for case in found if case.real and case.told]
        row = (
            str(dtype).removeprefix("torch."),
            len(found),
            sum(case.real is not None for case in found),
            sum(case.real is not None and case.told is None for case in found),
            sum(case.real is None and case.told is not None for case in found),
            f"{sum(case.real == case.told for case in hits)} of {len(hits)}",
            f"{cost(dtype, device):.2f}",
        )
        lines.append(f"| {' | '.join(map(str, row))} |")
    differences = skips(device)
    total, near = sum(differences.values()), sum(differences[d] for d in (-1, 0, 1))
    lines += ["", f"First skips of the loss scaler, {total} runs: {differences[0]} exact, {near} within one."]
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    text = table(arguments.device)
    print(text)
    if arguments.write:
        put("headroom" if arguments.device == "cpu" else "headroom-gpu", text)


if __name__ == "__main__":
    main()
