"""Does the self-test see one flipped bit, and does it cry wolf? Beside torch.testing.assert_close.

    .venv/bin/python -m measure.numerics          prints the table
    .venv/bin/python -m measure.numerics --write  puts it into docs/measured.md

One random bit of one random element is flipped, in a product or in one of its inputs, once or in each repeat.
(A bit of an input that changes no bit of the product does no harm, and is drawn again.) The clean runs are
the whole self-test with new random numbers. Both judges see the same results; assert_close takes its usual
tolerances, and catches a fault when any repeat exceeds them.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch

from measure.tables import put
from probes.machine import accelerator, arithmetic
from probes.machine.numerics import EFFORTS, Effort, as_found, check, measure
from probes.machine.rounding import Case
from probes.machine.verdict import MISSING, OK, judge

FORMATS = (torch.float32, torch.bfloat16, torch.float16)
SIZE, REPEATS = 128, 3
ONCE, INPUT, ALWAYS = (
    "a bit of the product, once",
    "a bit of an input, once",
    "a bit of the product, each time",
)
RANDOM, WHOLE = "random numbers", "whole numbers"
FAULTS = ((ONCE, RANDOM), (INPUT, RANDOM), (ALWAYS, RANDOM), (ONCE, WHOLE), (INPUT, WHOLE), (ALWAYS, WHOLE))


def flip(tensor: Any, chance: random.Random) -> Any:
    """A copy with one bit of one element flipped."""
    copy = tensor.clone().contiguous()
    raw = copy.view(-1).view(torch.uint8)
    place = chance.randrange(raw.numel())
    raw[place] ^= 1 << chance.randrange(8)
    return copy


def injected(case: Case, fault: str, device: str, chance: random.Random) -> list[Any]:
    """The results of the case's repeats, with the fault in one of them, or in all."""
    good = measure(case, device, REPEATS)
    where = chance.randrange(REPEATS)
    while True:
        if fault == INPUT:
            damaged = list(case.inputs)
            which = chance.randrange(len(damaged))
            damaged[which] = flip(damaged[which], chance)
            bad = case.compute(*(tensor.to(device) for tensor in damaged)).cpu()
        else:
            bad = flip(good[where], chance)
        if not equal(bad, good[where]):
            break
    if fault == ALWAYS:
        return [bad.clone() for _ in good]
    return [*good[:where], bad, *good[where + 1 :]]


def equal(one: Any, other: Any) -> bool:
    """Whether two results have the same bits."""
    return bool(torch.equal(one.contiguous().view(torch.uint8), other.contiguous().view(torch.uint8)))


def close(result: Any, case: Case) -> bool:
    """The baseline: torch.testing.assert_close with its own tolerances."""
    try:
        torch.testing.assert_close(result, case.exact.to(result.dtype).expand_as(result))
    except AssertionError:
        return False
    return True


def catch(fault: str, numbers: str, device: str, seed: int) -> tuple[bool, bool]:
    """Whether the self-test and the baseline catch one injection."""
    dtype = FORMATS[seed % 3]
    plain = next(arithmetic.cases(torch, dtype, SIZE, seed))
    case = plain if numbers == RANDOM else arithmetic.everywhere(torch, dtype, seed)
    with as_found(torch):
        runs = injected(case, fault, device, random.Random(f"{fault} {seed}"))
        return judge(torch, runs, case, exact_repeats=True)[0] != OK, not all(
            close(run, case) for run in runs
        )


def effort_of(tests: str, device: str) -> Effort:
    """The self-test's own sizes and repeats."""
    return EFFORTS[tests, "cpu" if device == "cpu" else "gpu"]


def seconds(tests: str, device: str) -> float:
    """How long one self-test takes, torch being loaded."""
    began = time.perf_counter()
    check(torch, [device], effort_of(tests, device))
    return time.perf_counter() - began


def alarm(device: str, seed: int) -> tuple[bool, bool, int]:
    """One clean self-test: whether it alarms, whether the baseline would have; and its results."""
    wolf: list[bool] = []

    def watched(case: Case, device: str, repeats: int) -> list[Any]:
        runs = measure(case, device, repeats)
        wolf.append(not close(runs[0], case))
        return runs

    with as_found(torch):
        outcomes, failed = check(torch, [device], effort_of("quick", device), seed, watched)
    assert not failed, failed
    verdicts = [outcome.verdict for outcome in outcomes if outcome.verdict != MISSING]
    return any(verdict != OK for verdict in verdicts), any(wolf), len(verdicts)


def table(device: str, times: int, clean: int, progress: Callable[[str], None]) -> str:
    """The figures as Markdown."""
    name = "a CPU, no GPU" if device == "cpu" else torch.cuda.get_device_name(device)
    lines = [
        f"On {name}, torch {torch.__version__}; matrices of {SIZE}, {REPEATS} repeats, three formats.",
        "",
        f"| {times:,} of each | whynan | assert_close |",
        "|---|---:|---:|",
    ]
    fresh = multiprocessing.get_context("spawn")  # a process that has used CUDA cannot fork
    with ProcessPoolExecutor(os.cpu_count(), fresh) as pool:
        for fault, numbers in FAULTS:
            injections = functools.partial(catch, fault, numbers, device)
            ours, theirs = zip(*pool.map(injections, range(times), chunksize=5), strict=True)
            lines.append(
                f"| {fault}, {numbers}: caught | {sum(ours) / times:.1%} | {sum(theirs) / times:.1%} |"
            )
            progress(lines[-1])
        ours, theirs, results = zip(
            *pool.map(functools.partial(alarm, device), range(clean), chunksize=5), strict=True
        )
        lines.append(
            f"| {clean:,} clean self-tests of {results[0]} results: false alarms "
            f"| {sum(ours)} | {sum(theirs)} |"
        )
        progress(lines[-1])
    lines += ["", " and ".join(f"{seconds(tests, device):.1f} s {tests}" for tests in ("quick", "full"))]
    lines[-1] = (
        f"One self-test takes {lines[-1]} on one core, beside what else ran there, torch being loaded."
    )
    if device != "cpu":
        held = torch.cuda.max_memory_reserved(device) / 2**30
        lines[-1] += f" It holds {held:.2f} GiB of the GPU at most."
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--times", type=int, default=1000, help="injections of each kind")
    parser.add_argument("--clean", type=int, default=1000, help="self-tests without any")
    arguments = parser.parse_args()
    devices, _left_out, _why = accelerator.devices(torch)
    with as_found(torch):
        text = table(devices[0], arguments.times, arguments.clean, print)
    print(text)
    if arguments.write:
        put("numerics" if devices[0] == "cpu" else "numerics-gpu", text)


if __name__ == "__main__":
    main()
