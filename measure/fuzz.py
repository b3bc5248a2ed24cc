"""Whether any input makes a reader crash, hang, or eat the memory: coverage-guided fuzzing with atheris.

    python -m venv fuzz && fuzz/bin/pip install atheris -e .       atheris has wheels for Python 3.11 to 3.13
    fuzz/bin/python -m measure.fuzz ../shared/cases           1,000,000 inputs in all, prints the table
    fuzz/bin/python -m measure.fuzz ../shared/cases --write   puts it into docs/measured.md

The seeds are the files of the folder that is given, the knowledge's own cases and the tests' samples. A crash
is any exception but the one that the reader says it raises. Each reader also gets inputs of a megabyte, made
of seeds and of repeated pieces of them: a hang is more than a second of processor time, and memory is the
peak of what Python allocates, as a multiple of the input. What is found is kept under --found, and so are the
figures: started again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
import tracemalloc
from pathlib import Path
from typing import Any

import atheris

from measure.tables import put

# Counting branches makes the readers slow: the inputs of a megabyte are timed without it.
COUNTED = ["app", "kb", "probes"] if "small" in sys.argv else ["nothing"]
with atheris.instrument_imports(include=COUNTED):
    from measure.any_input import ROOT, packed, seeds
    from measure.any_reader import EXPECTED, TARGETS

SMALL, LARGE = 400, 1_000_000  # bytes
ARCHIVE = 1_000  # bytes of a small input that is one
LARGE_INPUTS, WEIGHED = 12, 3
# Of the others' inputs these get a twentieth: they are made of other readers, or take milliseconds an input.
SLOW = {
    *("files.documents", "files.read_text", "files.prose", "files.preamble", "files.environment"),
    *("files.pieces", "configs", "configs.apply", "logs", "logs.read_file, large", "logs.series"),
    *("checkpoints, files beside", "kb.cases, claims"),
}


def large(found: list[bytes]) -> list[bytes]:
    """Inputs of a megabyte: a seed again and again, and a few bytes of one again and again."""
    rng = random.Random(0)
    result = []
    for number in range(LARGE_INPUTS):
        seed = rng.choice(found) or b"x"
        start = rng.randrange(len(seed))
        unit = seed if number % 2 else seed[start : start + rng.randint(1, 40)]
        result.append((unit * (LARGE // len(unit) + 1))[:LARGE])
    return result


# --- one reader, in a process of its own ------------------------------------------------------------


class Trial:
    """What one reader makes of the inputs that it is given."""

    def __init__(self, name: str, found: Path) -> None:
        self.name, self.found = name, found
        self.inputs, self.hangs, self.slowest, self.memory = 0, 0, 0.0, 0.0
        self.crashes: dict[str, str] = {}

    def give(self, data: bytes) -> None:
        """Reads one input; a crash is counted by its place, whatever the exception."""
        began = time.process_time()
        try:
            TARGETS[self.name](data)
        except EXPECTED:
            pass
        except Exception as error:  # noqa: BLE001  # it is what is looked for
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
            if where not in self.crashes:
                self.keep(data, "crash")
            self.crashes[where] = str(error)[:200]
        spent = time.process_time() - began
        self.inputs += 1
        self.slowest = max(self.slowest, spent)
        if spent > 1:
            self.hangs += 1
            self.keep(data, "hang")

    def weigh(self, data: bytes) -> None:
        """Reads one input, and measures the memory instead of the time."""
        tracemalloc.start()
        with contextlib.suppress(Exception):  # `give` sees it too
            TARGETS[self.name](data)
        times = tracemalloc.get_traced_memory()[1] / len(data)
        tracemalloc.stop()
        self.memory = max(self.memory, times)
        if times > 10:
            self.keep(data, "memory")

    def keep(self, data: bytes, what: str) -> None:
        """Keeps the input that showed it."""
        (self.found / f"{self.name}-{what}-{hashlib.sha1(data).hexdigest()[:10]}").write_bytes(data)

    def write(self, size: str) -> None:
        """Leaves the figures where the process that started this one finds them."""
        figures = {key: value for key, value in vars(self).items() if key not in ("name", "found")}
        (self.found / f"{self.name}-{size}.json").write_text(json.dumps(figures))


def give_large(trial: Trial, samples: list[bytes]) -> None:
    """Inputs of a megabyte."""
    for number, data in enumerate(large(samples)):
        trial.give(data)
        if number < WEIGHED:
            trial.weigh(data)
    trial.write("large")


def give_small(trial: Trial, samples: list[bytes], inputs: int) -> None:
    """So many inputs that libFuzzer makes. Never returns: it ends the process."""
    small = ARCHIVE if trial.name == "checkpoints, torch" else SMALL
    corpus = Path(tempfile.mkdtemp(prefix="whynan-fuzz-"))
    for number, seed in enumerate(packed(samples) if trial.name == "files.containers" else samples):
        (corpus / str(number)).write_bytes(seed[:small])

    def one(data: bytes) -> None:
        trial.give(data)
        if trial.inputs % 500 == 0 or trial.inputs >= inputs:
            trial.write("small")

    options = [f"-runs={inputs}", f"-max_len={small}", "-seed=1", "-timeout=30", "-verbosity=0"]
    options += ["-rss_limit_mb=4096", "-print_final_stats=0", f"-artifact_prefix={trial.found}/{trial.name}-"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


def fork(names: list[str], found: Path, samples: list[bytes], each: int, jobs: int) -> None:
    """Small inputs for each reader, in a copy of this process: reading the modules anew would take longer."""
    running = 0
    for name in names:
        if running == jobs:
            os.wait()
            running -= 1
        if os.fork() == 0:
            give_small(Trial(name, found), samples, each // 20 if name in SLOW else each)
        running += 1
    while running:
        os.wait()
        running -= 1


def row(name: str, small: list[dict[str, Any]], large: list[dict[str, Any]]) -> str:
    """The figures of one reader, or of all together."""
    both = small + large
    inputs, hangs = (sum(one[key] for one in both) for key in ("inputs", "hangs"))
    crashes = len({place for one in both for place in one["crashes"]})
    slowest, memory = (max(one[key] for one in large) for key in ("slowest", "memory"))
    return f"| {name} | {inputs:,} | {crashes} | {hangs} | {slowest:.2f} s | {memory:.1f} |"


def table(results: dict[tuple[str, str], dict[str, Any]]) -> str:
    """The figures as Markdown."""
    lines = [
        "| reader | inputs | crashes | hangs | slowest, 1 MB | memory, times the input |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [row(name, [results[name, "small"]], [results[name, "large"]]) for name in TARGETS]
    small, large = ([one for (_, of), one in results.items() if of == size] for size in ("small", "large"))
    return "\n".join([*lines, row("together", small, large)])


def main() -> None:
    """Gives each reader its inputs in child processes, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="files to begin from")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in all readers together")
    parser.add_argument("--found", type=Path, default=Path(tempfile.gettempdir(), "whynan-fuzz"))
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--part", choices=["large", "small"], help="only that, in this process")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    found: Path = arguments.found
    found.mkdir(parents=True, exist_ok=True)
    if arguments.part:
        samples = seeds(arguments.folder)
        missing = [name for name in TARGETS if not (found / f"{name}-{arguments.part}.json").exists()]
        if arguments.part == "large":
            for name in missing:
                give_large(Trial(name, found), samples)
        else:
            each = -(-arguments.inputs // (len(TARGETS) - len(SLOW)))
            fork(sorted(missing, key=SLOW.__contains__), found, samples, each, arguments.jobs)
        return
    for part in ("large", "small"):
        command = [sys.executable, "-m", "measure.fuzz", str(arguments.folder), "--part", part]
        command += ["--found", str(found), "--inputs", str(arguments.inputs), "--jobs", str(arguments.jobs)]
        subprocess.run(command, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    text = table(
        {
            (name, size): json.loads((found / f"{name}-{size}.json").read_text())
            for name in TARGETS
            for size in ("large", "small")
        }
    )
    print(text)
    if arguments.write:
        put("fuzz", text)


if __name__ == "__main__":
    main()
