"""How fast a large log is read, beside grep and numpy, and whether the answer is right.

    .venv/bin/python -m measure.logs            prints the table
    .venv/bin/python -m measure.logs --write    puts it into docs/measured.md

The log is made: half of its lines are mmengine's, the others dicts of the Trainer, overflows of a loss
scaler, progress bars and tracebacks. Its loss is NaN from five sixths on; one known message stands in its
middle. All readings are of the same warm file, in turns; the best of each counts. numpy's count of line ends
is `np.count_nonzero(map == 10)`, of the whole file at once. grep's time includes its start, whynan's does not
include Python's and its imports'.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from measure.tables import put

TIMES, MORE = 3, 3  # rounds; in each, so many turns of what takes a second
MESSAGE = "WARNING: tokenization mismatch: 385 vs. 399. (ignored)\n"
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/opt/lib/python3.10/site-packages/torch/utils/data/worker.py", line 308, in _worker_loop\n'
)
OVERFLOW = (
    "[2024-07-18 09:00:00,123] [INFO] [loss_scaler.py:190:update_scale] [deepspeed] OVERFLOW! "
    "Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768\n"
)
# Reads in a process of its own, which says how long it took, the most memory that it had, and what it found.
CHILD = """
import json, pathlib, re, sys, time
from probes import logs
start, begun = time.perf_counter(), time.process_time()
report = logs.read_file(pathlib.Path(sys.argv[1]))
seconds = time.perf_counter() - start
peak = int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024
where = {fact.id: fact.source for fact in report.facts}
spent = {"seconds": seconds, "processor": time.process_time() - begun, "peak": peak}
print(json.dumps({**spent, "values": report.values(), "where": where}))
"""
# The same for the whole series, of which the number of points and the sums of what is finite are said.
SERIES = """
import json, math, pathlib, re, sys, time
from probes.logs import series
start, begun = time.perf_counter(), time.process_time()
count, last, loss, norm = 0, 0.0, 0.0, 0.0
for points in series.read(pathlib.Path(sys.argv[1])):
    count, last = count + len(points.step), points.step[-1]
    for index in ((points.loss == points.loss).nonzero()[0],):
        loss, norm = loss + points.loss[index].sum(), norm + points.grad_norm[index].sum()
seconds = time.perf_counter() - start
peak = int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024
values = {"points": count, "last": last, "loss": round(loss, 2), "norm": round(norm, 2)}
spent = {"seconds": seconds, "processor": time.process_time() - begun, "peak": peak}
print(json.dumps({**spent, "values": values, "where": {}}))
"""


def lines(chance: random.Random, size: int, truth: dict[str, object]) -> Iterator[str]:
    """Lines of about `size` bytes; `truth` is told what is in them."""
    step = number = made = 0
    losses = norms = 0  # in ten thousandths
    told = False
    while made < size:
        kind, bad = chance.random(), made > size * 5 / 6
        if kind < 0.5:
            step += 1
            loss, norm = (
                ("nan", "nan") if bad else (f"{1.5 + chance.random():.4f}", f"{0.5 + chance.random():.4f}")
            )
            if not bad:
                losses, norms = losses + int(loss.replace(".", "")), norms + int(norm.replace(".", ""))
            if bad and "loss.first_bad_step" not in truth:
                truth |= {"loss.first_bad_step": step, "line of loss.first_bad_step": number + 1}
            line = (
                f"2024/07/18 09:{step // 60 % 60:02}:{step % 60:02} - mmengine - INFO - "
                f"Iter(train) [{step:>7}/9000000]  lr: 2.0000e-05  eta: 1 day, 1:00:00  time: 3.2013  "
                f"data_time: 0.0123  memory: 31234  grad_norm: {norm}  loss: {loss}\n"
            )
        elif kind < 0.68:
            loss, norm = f"{1 + chance.random():.4f}", f"{chance.random():.8f}"
            line = f"{{'loss': {loss}, 'grad_norm': {norm}, 'epoch': {step / 1e6:.2f}}}\n"
        elif kind < 0.73:
            line = OVERFLOW
        elif kind < 0.95:
            line = f" {step % 100:>2}%|████      | {step}/9000000 [10:00<20:00,  3.21s/it]\n"
        elif made > size / 2 and not told:
            told, line = True, MESSAGE
            truth |= {"log.message": "tokenization-mismatch", "line of log.message": number + 1}
        else:
            line = TRACEBACK
        number += line.count("\n")
        made += len(line.encode())
        yield line
    truth |= {"points": step, "last": step, "loss": round(losses / 1e4, 2), "norm": round(norms / 1e4, 2)}


def make(path: Path, size: int, seed: int) -> dict[str, object]:
    """Writes the log; gives what a reader has to find in it."""
    truth: dict[str, object] = {"loss.symptom": "nan-after-steps"}
    made = lines(random.Random(seed), size, truth)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(made)
    return truth


def grep(path: Path) -> None:
    subprocess.run(["grep", "-c", "nan", str(path)], stdout=subprocess.DEVNULL, check=True)


def newlines(path: Path) -> None:
    np.count_nonzero(np.memmap(path, dtype=np.uint8, mode="r") == ord("\n"))


def timed(action: Callable[[Path], None], path: Path) -> tuple[float, float]:
    """Seconds, and seconds of the processor."""
    start, begun = time.perf_counter(), sum(os.times()[:4])
    action(path)
    return time.perf_counter() - start, sum(os.times()[:4]) - begun


def read(code: str, path: Path) -> dict[str, object]:
    """What a child process that runs the code says."""
    child = subprocess.run([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, check=True)
    said: dict[str, object] = json.loads(child.stdout)
    return said


def right(found: dict[str, object], truth: dict[str, object], facts: set[str]) -> bool:
    """Whether some facts, and the lines of those that have one, are those that were made."""
    values, where = found["values"], found["where"]
    told = dict(values) if isinstance(values, dict) else {}
    if isinstance(where, dict):
        told |= {f"line of {fact}": int(source.rsplit(":", 1)[1]) for fact, source in where.items()}
    return all(told.get(fact) == truth[fact] for fact in facts)


def table(path: Path, size: int, seed: int) -> str:
    """The figures as Markdown."""
    load = os.getloadavg()[0]
    truth = make(path, size, seed)
    series = {"points", "last", "loss", "norm"}
    found, wholes, greps, counts = [], [], [], []
    for _ in range(TIMES):
        counts.append(timed(newlines, path))
        for _ in range(MORE):
            greps.append(timed(grep, path))
            found.append(read(CHILD, path))
        wholes.append(read(SERIES, path))
    seconds, whole = (best(spent(one) for one in runs) for runs in (found, wholes))
    peak, most = (max(float(str(one["peak"])) for one in runs) for runs in (found, wholes))
    correct = "right" if all(right(one, truth, set(truth) - series) for one in found) else "WRONG"
    summed = "right" if all(right(one, truth, series) for one in wholes) else "WRONG"
    fast, slow = best(greps), best(counts)
    ways = {
        "`grep -c nan`": fast,
        "numpy's count of line ends": slow,
        "whynan: symptom, first bad step, messages, curve; every loss looked at": seconds,
        f"whynan: the whole series, {truth['points']:,} steps with loss and gradient norm": whole,
    }
    rows = [
        f"| {name} | {clock:.2f} | {clock / fast[0]:.2f} | {clock / slow[0]:.2f} | {processor:.2f} "
        f"| {processor / fast[1]:.2f} |"
        for name, (clock, processor) in ways.items()
    ]
    return f"""\
A log of {path.stat().st_size / 1e9:.2f} GB, seed {seed}; the answer (symptom, first bad step, message, their
lines) is {correct}, the whole series (points, last step, sums of losses and norms) is {summed}.
Peak memory of whynan's process: {peak:.0f} MB, {most:.0f} MB for the whole series. The machine has
{os.cpu_count()} cores, load {load:.1f} when the measuring began; whynan uses two of them, grep and numpy one.

| reading | seconds | times grep | times numpy | processor seconds | times grep |
|---|---:|---:|---:|---:|---:|
""" + "\n".join(rows)


def best(times: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The least of each."""
    clock, processor = zip(*times, strict=True)
    return min(clock), min(processor)


def spent(one: dict[str, object]) -> tuple[float, float]:
    """Of what a child process says, the seconds on the clock and of the processor."""
    return float(str(one["seconds"])), float(str(one["processor"]))


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = table(Path(folder) / "train.log", round(arguments.gigabytes * 1e9), arguments.seed)
    print(text)
    if arguments.write:
        put("logs" if (os.cpu_count() or 1) < 8 else "logs-server", text)


if __name__ == "__main__":
    main()
