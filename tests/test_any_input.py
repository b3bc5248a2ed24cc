"""No input makes a reader end in anything but what it says; docs/measure_fuzz.py asks a million times."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies


def _readers() -> Any:
    """docs/any_reader.py, which stands in no package."""
    path = Path(__file__).parent.parent / "docs" / "any_reader.py"
    spec = importlib.util.spec_from_file_location("any_reader", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["any_reader"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


READERS = _readers()
SEEDS = READERS.seeds(Path(__file__).parent / "probes" / "samples")
PIECES = sorted({line[:200] for seed in SEEDS for line in seed.splitlines(keepends=True)})


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


@pytest.mark.parametrize("name", READERS.TARGETS)
@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(data=damaged())
def test_a_reader_ends_in_what_it_says(name: str, data: bytes) -> None:
    try:
        READERS.TARGETS[name](data)
    except READERS.EXPECTED as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", READERS.TARGETS)
def test_a_reader_takes_every_real_input(name: str) -> None:
    for seed in [*SEEDS[:40], *READERS.packed(SEEDS)]:
        try:
            READERS.TARGETS[name](seed)
        except READERS.EXPECTED as error:
            assert "\n" not in str(error)  # noqa: PT017
