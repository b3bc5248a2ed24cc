"""No input makes a reader end in anything but what it says; measure/fuzz.py asks a million times."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from measure import any_reader

SEEDS = any_reader.seeds(Path(__file__).parent / "probes" / "samples")
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


@pytest.mark.parametrize("name", any_reader.TARGETS)
@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(data=damaged())
def test_a_reader_ends_in_what_it_says(name: str, data: bytes) -> None:
    try:
        any_reader.TARGETS[name](data)
    except any_reader.EXPECTED as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", any_reader.TARGETS)
def test_a_reader_takes_every_real_input(name: str) -> None:
    for seed in [*SEEDS[:40], *any_reader.packed(SEEDS)]:
        try:
            any_reader.TARGETS[name](seed)
        except any_reader.EXPECTED as error:
            assert "\n" not in str(error)  # noqa: PT017
