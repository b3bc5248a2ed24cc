"""Whether any input makes a reader crash, hang, or eat the memory: coverage-guided fuzzing with atheris.

    python -m venv fuzz && fuzz/bin/pip install atheris -e .       atheris has wheels for Python 3.11 to 3.13
    fuzz/bin/python docs/measure_fuzz.py ../shared/cases           1,000,000 inputs in all, prints the table
    fuzz/bin/python docs/measure_fuzz.py ../shared/cases --write   puts it into docs/measured.md

The seeds are the files of the folder that is given, the knowledge's own cases and the tests' samples. A crash
is any exception but the one that the reader says it raises. Each reader also gets inputs of a megabyte, made
of seeds and of repeated pieces of them: a hang is more than a second of processor time, and memory is the
peak of what Python allocates, as a multiple of the input. What is found is kept under --found.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris
import yaml
from pydantic import ValidationError

# Counting branches makes the readers slow: the inputs of a megabyte are timed without it.
COUNTED = ["app", "kb", "probes"] if "--small" in sys.argv else ["nothing"]
with atheris.instrument_imports(include=COUNTED):
    from app import link
    from kb.load import read as read_entry
    from kb.model import Advisory, Cause, Fix, Policy, Tree
    from probes import configs, files, logs, private, report, syntax
    from probes.configs.findings import Findings
    from probes.configs.reading import parse
    from probes.files import containers, encoding, environment, notebook, pieces, preamble, prose
    from probes.logs import trainer_state
    from probes.syntax import UnreadableError

ROOT = Path(__file__).parent.parent
MEASURED = ROOT / "docs" / "measured.md"
SMALL, LARGE = 2_000, 1_000_000  # bytes
LARGE_INPUTS, WEIGHED = 24, 6
EXPECTED = (report.ReadError, UnreadableError, link.LinkError, ValidationError)
_FOLDER = Path(tempfile.mkdtemp(prefix="whynan-fuzz-"))


# --- the readers ------------------------------------------------------------------------------------


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", errors="replace"))


def _lines(name: str) -> Callable[[bytes], object]:
    def run(text: str) -> None:
        point_of = logs.FORMATS[name].reader()
        for number, line in enumerate(text.splitlines(), start=1):
            point_of(line[: logs.LONGEST], number)

    return _text(run)


def _settings(name: str) -> Callable[[bytes], object]:
    """A framework's reader on settings in whichever syntax the text is; most are another framework's."""

    def run(text: str) -> None:
        found = syntax.recognise(text)
        if found is not None and len(text) <= LARGE:
            paths = parse(text, found)
            configs.FORMATS[name].recognises(paths)
            configs.FORMATS[name].read(paths, Findings("x"))

    return _text(run)


def _in(name: str) -> Callable[[bytes], object]:
    def run(text: str) -> None:
        if len(text) <= LARGE:  # as configs.read has it
            syntax.SYNTAXES[name].settings(text)
            syntax.SYNTAXES[name].undecided(text)

    return _text(run)


def _unpack(data: bytes) -> None:
    stream = io.BufferedReader(io.BytesIO(data), containers.HEAD)
    for _, leaf in containers.leaves(stream, "x", len(data)):
        if not isinstance(leaf, report.ReadError):
            try:
                while leaf.read(containers.HEAD):
                    pass
            except report.ReadError:
                continue


def _file(data: bytes) -> None:
    path = _FOLDER / "x"
    path.write_bytes(data)
    list(files.documents(path))


def _knowledge(data: bytes) -> None:
    path = _FOLDER / "x.yaml"
    path.write_bytes(data)
    source = read_entry(path, _FOLDER, [])
    for model in (Cause, Fix, Advisory, Policy, Tree):
        if source is not None:
            try:
                model.model_validate(source.data)
            except ValidationError:
                continue


def _report(text: str) -> None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    report.from_json(data, "x")


TARGETS: dict[str, Callable[[bytes], object]] = {
    "files.documents": _file,
    "files.read_text": _text(lambda text: files.read_text(text, "x")),
    "files.containers": _unpack,
    "files.encoding": encoding.find,
    "files.environment": _text(lambda text: environment.read(text, "x")),
    "files.notebook": _text(lambda text: notebook.cut(text, "x")),
    "files.pieces": _text(pieces.cut),
    "files.preamble": _text(lambda text: preamble.read(text, "x")),
    "private": _text(private.redact),
    "files.prose": _text(lambda text: prose.read(text, "x")),
    "logs": _text(lambda text: logs.read(text.splitlines(), "x")),
    "logs.trainer_state": _text(lambda text: trainer_state.read(text, "x")),
    **{f"logs.{name}": _lines(name) for name in logs.FORMATS},
    "configs": _text(lambda text: configs.read(text, "x")),
    **{f"configs.{name or 'generic'}": _settings(name) for name in configs.FORMATS},
    **{f"syntax.{name}": _in(name) for name in syntax.SYNTAXES},
    "report.from_json": _text(_report),
    "link.decode": _text(link.decode),
    "kb.load": _knowledge,
}


# --- the inputs -------------------------------------------------------------------------------------


def seeds(folder: Path) -> list[bytes]:
    """The contents of all small files there, the texts in the knowledge's cases, the tests' samples."""
    paths = [path for root in (folder, ROOT / "tests" / "probes" / "samples") for path in root.rglob("*")]
    found = [path.read_bytes() for path in sorted(paths) if path.is_file()]
    for path in sorted((ROOT / "kb").rglob("*.test.yaml")):
        cases = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [text.encode() for case in cases for text in case.get("files", {}).values()]
    found += [path.read_bytes() for path in sorted((ROOT / "kb" / "fixes").glob("*.yaml"))]
    return found


def packed(found: list[bytes]) -> list[bytes]:
    """Some of the seeds in archives."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, seed in enumerate(found[:3]):
            archive.writestr(f"run/{number}.log", seed)
    return [gzip.compress(seed) for seed in found[:9]] + [buffer.getvalue()]


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
    corpus = _FOLDER / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(packed(samples) if trial.name == "files.containers" else samples):
        (corpus / str(number)).write_bytes(seed[:SMALL])

    def one(data: bytes) -> None:
        trial.give(data)
        if trial.inputs % 500 == 0 or trial.inputs >= inputs:
            trial.write("small")

    options = [f"-runs={inputs}", f"-max_len={SMALL}", "-seed=1", "-timeout=30", "-verbosity=0"]
    options += ["-rss_limit_mb=4096", "-print_final_stats=0", f"-artifact_prefix={trial.found}/{trial.name}-"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


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
    """Fuzzes each reader in a child process, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="files to begin from")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in all readers together")
    parser.add_argument("--found", type=Path, default=Path(tempfile.gettempdir(), "whynan-fuzz"))
    parser.add_argument("--small", choices=TARGETS, help="one reader's small inputs, in this process")
    parser.add_argument("--large", choices=TARGETS, help="one reader's large inputs, in this process")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    arguments.found.mkdir(parents=True, exist_ok=True)
    each = -(-arguments.inputs // len(TARGETS))
    if arguments.large:
        give_large(Trial(arguments.large, arguments.found), seeds(arguments.folder))
        return
    if arguments.small:
        give_small(Trial(arguments.small, arguments.found), seeds(arguments.folder), each)
    results = {}
    for name in TARGETS:
        for size in ("large", "small"):
            command = [sys.executable, __file__, str(arguments.folder), f"--{size}", name]
            command += ["--inputs", str(arguments.inputs), "--found", str(arguments.found)]
            subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
            results[name, size] = json.loads((arguments.found / f"{name}-{size}.json").read_text())
            print(name, size, results[name, size], flush=True)
    text = table(results)
    print(text)
    if arguments.write:
        page = MEASURED.read_text(encoding="utf-8")
        marked = f"<!-- fuzz -->\n{text}\n<!-- /fuzz -->"
        MEASURED.write_text(
            re.sub(r"<!-- fuzz -->.*<!-- /fuzz -->", lambda _: marked, page, flags=re.S), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
