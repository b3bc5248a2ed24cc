"""No input makes a reader end in anything but what it says; measure/fuzz.py asks a million times."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType

import hypothesis
import pytest
from hypothesis import strategies

from measure.any_input import ROOT, packed, seeds
from measure.any_reader import EXPECTED, TARGETS

SEEDS = seeds(Path(__file__).parent / "probes" / "samples")
PIECES = sorted({line[:200] for seed in SEEDS for line in seed.splitlines(keepends=True)})

# A function that takes one of these first reads what somebody handed in, or what a tool printed.
HANDED_IN = {
    "text",
    "data",
    "line",
    "lines",
    "head",
    "raw",
    "path",
    "paths",
    "stream",
    "file",
    "table",
    "log",
}
OTHERWISE = {("path", "str"), ("table", "Array"), ("lines", "Lines")}  # a setting's path, an array
# Those that no target reaches, and why.
APART = {
    "app/inputs.py:paste": "hands on to files.read_text",
    "app/inputs.py:read": "hands on to files.documents",
    "probes/files/document.py:read_file": "hands on to files.documents",
    "probes/headroom/model_folder.py:measure": "runs a model, and reads none of its files itself",
    "probes/syntax/brackets.py:insert_first": "edits for configs.apply, which few patches need",
    "app/unknown.py:said": "takes a reader's own words",
    "app/ui/clipboard.py:copy_button": "takes whynan's own words",
    "app/ui/labels.py:literal": "shows, and reads nothing",
    **dict.fromkeys(
        (f"probes/columns.py:{name}" for name in ("cells", "prose", "wrap")), "lays out own words"
    ),
    "kb/bands.py:limits": "takes a band of facts.yaml, which kb.load has read",
}


@strategies.composite
def damaged(draw: strategies.DrawFn) -> bytes:
    """Lines of real inputs in any order, cut and with other bytes in between."""
    lines = draw(
        strategies.lists(strategies.sampled_from(PIECES) | strategies.binary(max_size=20), max_size=12)
    )
    text = bytearray(b"".join(lines))
    for position, byte in draw(
        strategies.lists(
            strategies.tuples(strategies.integers(0, 999), strategies.binary(max_size=2)), max_size=3
        )
    ):
        text[position : position + 1] = byte
    return bytes(text)


def give(name: str, data: bytes) -> None:
    try:
        TARGETS[name](data)
    except EXPECTED as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", TARGETS)
@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(data=damaged())
def test_a_reader_ends_in_what_it_says(name: str, data: bytes) -> None:
    give(name, data)


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_takes_every_real_input(name: str) -> None:
    for seed in [*SEEDS[:40], *packed(SEEDS)]:
        give(name, seed)


def readers() -> Iterator[str]:
    """The product's functions that read what is handed in, as `probes/logs/events.py:read`."""
    for folder in ("app", "kb", "probes"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and takes_it(node):
                    yield f"{path.relative_to(ROOT).as_posix()}:{node.name}"


def takes_it(function: ast.FunctionDef) -> bool:
    """Whether its first argument is what is handed in; a `path: str` is a setting's, no file's."""
    if not function.args.args:
        return False
    first = function.args.args[0]
    form = ast.unparse(first.annotation) if first.annotation else ""
    helper = form == "Paths" and function.name != "read"
    return first.arg in HANDED_IN and not helper and (first.arg, form) not in OTHERWISE


def entered(run: Callable[[], object]) -> set[str]:
    """The product's functions that `run` goes through."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, _event: str, _: object) -> None:
        codes.add(frame.f_code)  # and None back: of each call its beginning alone, which is quick

    before = sys.gettrace()
    sys.settrace(note)
    try:
        run()
    finally:
        sys.settrace(before)
    home = {code: Path(code.co_filename) for code in codes if code.co_filename.startswith(f"{ROOT}{os.sep}")}
    return {f"{path.relative_to(ROOT).as_posix()}:{code.co_name}" for code, path in home.items()}


def test_every_reader_is_reached_by_a_target() -> None:
    beginnings = {seed[:1500] for seed in [*SEEDS, *packed(SEEDS)]}

    def run() -> None:
        for name in TARGETS:
            for seed in beginnings:
                give(name, seed)

    missed = set(readers()) - entered(run)
    assert missed == APART.keys()
