"""What watching costs: the processor time of a step, over that of the bare loop in the same round.

    .venv/bin/python -m measure.watch           prints the table
    .venv/bin/python -m measure.watch --write   puts it into docs/measured.md

The lab's model and a wider one, AdamW, clipping, float32, one thread. Each way of looking has a model and an
optimizer of its own; in a round each takes some steps on the same batches, in an order that turns, so that
what else the machine does falls on all. "bare" is there twice: the second shows the noise. With transformers
installed (a scratch environment will do) its DebugUnderflowOverflow is in the table, too.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from measure.tables import put
from probes import watch
from probes.lab.batches import Batch, stream
from probes.lab.model import Llama, Shape, cross_entropy
from probes.lab.text import capitals, samples
from probes.lab.weights import pretrained

ROUNDS, STEPS = 30, 3
Way = Callable[[Llama, torch.optim.Optimizer], contextlib.AbstractContextManager[Any]]


@contextlib.contextmanager
def watched(model: Llama, optimizer: torch.optim.Optimizer) -> Iterator[watch.Watch]:
    """The watch, which is told the loss: the lab's model returns logits."""
    seen = watch.Watch(model, optimizer)
    yield seen
    seen.close()


def bare(model: Llama, optimizer: torch.optim.Optimizer) -> contextlib.AbstractContextManager[None]:
    """Nobody looks."""
    return contextlib.nullcontext()


def anomaly(model: Llama, optimizer: torch.optim.Optimizer) -> Any:
    """PyTorch's own: names the operation whose gradient is NaN."""
    return torch.autograd.detect_anomaly()


@contextlib.contextmanager
def underflow_overflow(model: Llama, optimizer: torch.optim.Optimizer) -> Iterator[Any]:
    """transformers' own: looks at what goes in and out of every module."""
    from transformers.debug_utils import DebugUnderflowOverflow

    debug = DebugUnderflowOverflow(model)
    yield debug
    for module in model.modules():
        module._forward_hooks.clear()


def ways() -> dict[str, Way]:
    found: dict[str, Way] = {"bare": bare, "bare again": bare, "watched": watched}
    found["`torch.autograd.detect_anomaly()`"] = anomaly
    with contextlib.suppress(ImportError):
        import transformers

        found[f"`DebugUnderflowOverflow`, transformers {transformers.__version__}"] = underflow_overflow
    return found


def step(model: Llama, optimizer: torch.optim.Optimizer, batch: Batch, seen: Any) -> None:
    """One step of a plain loop."""
    hidden = batch.bias.clamp(
        min=torch.finfo(torch.float32).min
    )  # transformers takes -inf in a mask for a fault
    loss = cross_entropy(model(batch.tokens, hidden), batch.labels)
    if isinstance(seen, watch.Watch):
        seen.loss(loss)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()


def ratios(build: Callable[[], Llama], rounds: int) -> tuple[dict[str, list[float]], float]:
    """For each way the seconds over the bare ones of that round; and a bare step's median in milliseconds."""
    batches = stream([capitals(sample) for sample in samples()], 8, 0, "right")
    made = {}
    for name, way in ways().items():
        model = build()
        made[name] = (model, torch.optim.AdamW(model.parameters(), lr=1e-5), way)
    times: dict[str, list[float]] = {name: [] for name in made}
    for turn in range(rounds + 2):  # two to warm up
        now = [next(batches) for _ in range(STEPS)]
        order = list(made)
        for name in order[turn % len(order) :] + order[: turn % len(order)]:
            model, optimizer, way = made[name]
            with way(model, optimizer) as seen:
                began = time.process_time()
                for batch in now:
                    step(model, optimizer, batch, seen)
                times[name].append(time.process_time() - began)
    first = times["bare"][2:]
    over = {
        name: [one / base for one, base in zip(took[2:], first, strict=True)] for name, took in times.items()
    }
    return over, 1000 * statistics.median(first) / STEPS


def table(rounds: int) -> str:
    sizes: dict[str, Callable[[], Llama]] = {
        "the lab's": pretrained,
        "wider": lambda: Llama(Shape(256, 6, 8, 4, 704)),
    }
    found, heads = {}, []
    for name, build in sizes.items():
        count = sum(weight.numel() for weight in build().parameters()) / 1e6
        found[name], bare_step = ratios(build, rounds)
        heads.append(f"{name} model, {count:.1f} M weights (bare step {bare_step:.0f} ms)")
    lines = [f"| a step of | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    for way in ways():
        cells = []
        for over in found.values():
            low, middle, high = statistics.quantiles(over[way], n=4)
            cells.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
        lines.append(f"| {way} | {' | '.join(cells)} |")
    lines += [
        "",
        f"Medians and quartiles of {rounds} rounds of {STEPS} steps, processor time over the bare loop's;",
    ]
    lines += [f"torch {torch.__version__}, {platform.machine()}, one thread of a machine that others use."]
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    text = table(arguments.rounds)
    print(text)
    if arguments.write:
        put("watch", text)


if __name__ == "__main__":
    main()
