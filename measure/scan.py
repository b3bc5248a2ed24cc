"""How fast `whynan scan` is beside reading the same file, and how much memory it takes.

    .venv/bin/python -m measure.scan                    prints the table
    .venv/bin/python -m measure.scan --gb 4 --write     larger files; puts it into docs/measured.md

A model of the usual proportions is written to a folder for temporary files, in three formats, and read once,
so that it is in the page cache. Then the commands take turns with `cat`, each in a process of its own that
reports its time without its start: Python's, imports, the command line. whynan looks at the values on two
threads, `cat` is one. The median of the ratios to `cat` in the same round counts: of time and, for busy
machines, of processor time. What is slow gets a part of the file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
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

from measure.tables import put

FORMATS = {"BF16": 2, "F16": 2, "F32": 4}
HIDDEN, BLOCK = 4096, (1 << 24) - 1  # values that are written again and again: no two rows are then the same
# What a process does once it has imported, and what it then reports: its times, and its own peak. What the
# system counts for a child begins with its parent's.
TIMED = """\
import sys, time
{setup}
clock, processor = time.perf_counter(), time.process_time()
{work}
print(time.perf_counter() - clock, time.process_time() - processor, file=sys.stderr)
print(next(line for line in open("/proc/self/status") if "VmHWM" in line).split()[1], file=sys.stderr)
"""
SCAN = (
    "from app.cli import parser\nfrom app.commands import scan\n"
    "arguments = parser().parse_args(['scan', {path!r}])",
    "assert scan.run(arguments) == 0",
)
PLAIN = (
    "sys.modules['numpy'] = None\nfrom pathlib import Path\nfrom probes import checkpoints",
    "assert checkpoints.scan(Path({path!r})).grade in ('', 'note')",
)
ISFINITE = (
    "import json, mmap, struct, torch\ntorch.set_num_threads(1)",
    """\
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
""",
)


class Run(NamedTuple):
    """Seconds on the clock, seconds of the processor, and peak resident megabytes of a process."""

    seconds: float
    processor: float
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


def cat(path: Path) -> Run:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(["cat", str(path)], stdout=subprocess.DEVNULL, check=True)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 0.0)


def python(code: tuple[str, str], path: Path) -> Run:
    setup, work = code
    script = TIMED.format(setup=setup.format(path=str(path)), work=work.format(path=str(path)))
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root)
    if done.returncode:
        raise SystemExit(f"it ended with status {done.returncode}: {done.stderr[-500:]}")
    seconds, processor, peak = map(float, done.stderr.split()[-3:])
    return Run(seconds, processor, peak / 1000)


def measure(folder: Path, size: int, rounds: int) -> Iterator[tuple[str, ...]]:
    path, part = folder / "whole.safetensors", folder / "part.safetensors"
    for dtype in FORMATS:
        write(path, dtype, model(dtype, size))
        write(part, dtype, {"mlp.up_proj.weight": [size // 64 // FORMATS[dtype] // HIDDEN, HIDDEN]})
        ways = {
            "`whynan scan`": (SCAN, path, rounds),
            "the same without numpy": (PLAIN, part, 3),
            "`torch.isfinite(t).all()`, 1 thread": (ISFINITE, part, 3),
        }
        whole = path.stat().st_size
        cat(path)
        usual = statistics.median(cat(path).seconds for _ in range(rounds)) / whole
        yield f"`cat` ({dtype}, {whole / 1e9:.1f} GB)", f"{1e-9 / usual:.1f}", "1.00", "1.00", ""
        for name, (code, file, turns) in ways.items():
            pairs = [(cat(path), python(code, file)) for _ in range(turns)]
            share = file.stat().st_size / whole
            ratio = statistics.median(done.seconds / share / beside.seconds for beside, done in pairs)
            processor = statistics.median(done.processor / share / beside.processor for beside, done in pairs)
            peak = max(done.megabytes for _, done in pairs)
            speed = f"{1e-9 / usual / ratio:.2g}"
            yield f"{name} ({dtype})", speed, f"{ratio:.2f}", f"{processor:.2f}", f"{peak:.0f}"


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gb", type=float, default=2.0, help="size of each file")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = list(measure(Path(folder), int(arguments.gb * 1e9), arguments.rounds))
    head = "| | GB/s | time, `cat` = 1 | processor time, `cat` = 1 | peak memory, MB |"
    lines = [head, "|---|---:|---:|---:|---:|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    load = os.getloadavg()[1]
    text = f"{os.cpu_count()} cores, load {load:.1f} while it was measured.\n\n" + "\n".join(lines)
    print(text)
    if arguments.write:
        put("scan" if (os.cpu_count() or 1) < 8 else "scan-server", text)


if __name__ == "__main__":
    main()
