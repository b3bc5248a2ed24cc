"""How fast `whynan scan` is beside reading the same file, and how much memory it takes.

    .venv/bin/python docs/measure_scan.py                    prints the table
    .venv/bin/python docs/measure_scan.py --gb 4 --write     larger files; puts it into docs/measured.md

A model of the usual proportions is written to a folder for temporary files, in three formats, and read once,
so that it is in the page cache. Then the commands take turns, each in a process of its own; from the scans
the time of the same command on a file with one small tensor is taken off (imports). The median of the ratios
to `cat` in the same round counts. Plain Python and isfinite() get a sixteenth of the file, so that they end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy
from tables import put

FORMATS = {"BF16": 2, "F16": 2, "F32": 4}
HIDDEN, BLOCK = 4096, 1 << 24
# The peak of the process itself: what the system counts for a child begins with its parent's.
PEAK = "\nimport sys; sys.stderr.write(next(line for line in open('/proc/self/status') if 'VmHWM' in line))"
SCAN = "from app.cli import main; assert main(['scan', {path!r}]) == 0" + PEAK
PLAIN = (
    """\
import sys; sys.modules["numpy"] = None
from pathlib import Path
from probes import checkpoints
assert checkpoints.scan(Path({path!r})).grade in ("", "note")
"""
    + PEAK
)
ISFINITE = (
    """\
import json, mmap, struct, torch
torch.set_num_threads(1)
with open({path!r}, "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
dtypes = {{"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}}
for item in header.values():
    begin, end = item["data_offsets"]
    dtype = dtypes[item["dtype"]]
    count = (end - begin) // dtype.itemsize
    assert torch.isfinite(torch.frombuffer(mapped, dtype=dtype, offset=8 + length + begin, count=count)).all()
"""
    + PEAK
)


class Run(NamedTuple):
    """Seconds and peak resident megabytes of a process."""

    seconds: float
    megabytes: float


def model(dtype: str, size: int) -> dict[str, list[int]]:
    """The shapes of about `size` bytes: embedding and head with a tenth each, layers of three matrices."""
    row = HIDDEN * FORMATS[dtype]
    vocabulary = size // 10 // row
    shapes = {"model.embed_tokens.weight": [vocabulary, HIDDEN], "lm_head.weight": [vocabulary, HIDDEN]}
    layer, left = 0, size - 2 * vocabulary * row
    while left > 0:
        for name, rows in (("self_attn.q_proj", 4096), ("mlp.up_proj", 11008), ("mlp.down_proj", 11008)):
            shapes[f"model.layers.{layer}.{name}.weight"] = [rows, HIDDEN]
            left -= rows * row
        layer += 1
    return shapes


def write(path: Path, dtype: str, shapes: dict[str, list[int]]) -> None:
    header, end = {}, 0
    for name, shape in shapes.items():
        stop = end + shape[0] * HIDDEN * FORMATS[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, stop]}
        end = stop
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    block = memoryview(values(dtype))
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for begin in range(0, end, len(block)):
            file.write(block[: min(len(block), end - begin)])


def values(dtype: str) -> bytes:
    """Weights as they are: normal, with a deviation of 0.02."""
    numbers = numpy.random.default_rng(0).normal(0, 0.02, BLOCK).astype("f4")
    if dtype == "BF16":
        return numpy.ascontiguousarray(numbers.view("u2")[1::2]).tobytes()
    return numbers.astype({"F16": "f2", "F32": "f4"}[dtype]).tobytes()


def run(command: list[str]) -> Run:
    began = time.perf_counter()
    root = Path(__file__).parent.parent
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=root)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with status {done.returncode}: {done.stderr[-500:]}")
    peak = re.search(r"VmHWM:\s*(\d+) kB", done.stderr)
    return Run(seconds, int(peak[1]) / 1000 if peak else 0.0)


def python(code: str, path: Path) -> list[str]:
    return [sys.executable, "-c", code.format(path=str(path))]


def measure(folder: Path, size: int, rounds: int) -> Iterator[tuple[str, ...]]:
    tiny = folder / "tiny.safetensors"
    for dtype in FORMATS:
        path, part = folder / "model.safetensors", folder / "part.safetensors"
        write(tiny, dtype, {"norm.weight": [1, HIDDEN]})
        write(path, dtype, model(dtype, size))
        write(part, dtype, model(dtype, size // 16))
        ways = {
            "`whynan scan`": (python(SCAN, path), python(SCAN, tiny), path),
            "the same without numpy": (python(PLAIN, part), python(PLAIN, tiny), part),
            "`torch.isfinite(t).all()`, 1 thread": (python(ISFINITE, part), python(ISFINITE, tiny), part),
        }
        cats: list[float] = []
        ratios: dict[str, list[float]] = {name: [] for name in ways}
        peaks = dict.fromkeys(ways, 0.0)
        for turn in range(rounds + 1):
            cat = run(["cat", str(path)]).seconds / path.stat().st_size
            if turn:  # the first round warms the cache
                cats.append(cat)
            for name, (command, start, file) in ways.items():
                if turn > 3 and file is part:  # slow ones get three rounds
                    continue
                done = run(command)
                spent = (done.seconds - run(start).seconds) / file.stat().st_size
                if turn:
                    ratios[name].append(spent / cat)
                    peaks[name] = max(peaks[name], done.megabytes)
        usual = statistics.median(cats)
        gigabytes = path.stat().st_size / 1e9
        yield f"`cat` ({dtype}, {gigabytes:.1f} GB)", f"{1e-9 / usual:.1f}", "1.00", ""
        for name, found in ratios.items():
            ratio = statistics.median(found)
            yield f"{name} ({dtype})", f"{1e-9 / usual / ratio:.2g}", f"{ratio:.2f}", f"{peaks[name]:.0f}"


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gb", type=float, default=2.0, help="size of each file")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = list(measure(Path(folder), int(arguments.gb * 1e9), arguments.rounds))
    lines = ["| | GB/s | time, `cat` = 1 | peak memory, MB |", "|---|---:|---:|---:|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    load = os.getloadavg()[1]
    text = f"{os.cpu_count()} cores, load {load:.1f} while it was measured.\n\n" + "\n".join(lines)
    print(text)
    if arguments.write:
        put("scan", text)


if __name__ == "__main__":
    main()
