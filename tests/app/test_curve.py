from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.curve import pack, thin, unpack

LOSSES = st.floats(min_value=-1e6, max_value=1e6) | st.sampled_from([math.nan, math.inf, 0.0])
CURVES = st.lists(st.tuples(st.integers(0, 10**6), LOSSES), max_size=80)


def test_a_short_curve_is_kept_whole() -> None:
    assert thin([(1, 2.0), (2, 1.5)], 10) == ((1, 2.0), (2, 1.5))


def test_a_thinned_curve_keeps_its_ends_and_all_points_round_the_break() -> None:
    curve = [(step, 1.0) for step in range(0, 10_000, 10)]

    thinned = thin(curve, 60, keep=5_000)

    assert len(thinned) <= 60
    assert (thinned[0], thinned[-1]) == (curve[0], curve[-1])
    assert set(curve[496:504]) <= set(thinned)


@given(CURVES)
def test_what_is_packed_comes_back_within_half_a_percent(curve: list[tuple[int, float]]) -> None:
    again = unpack(pack(curve))

    assert [step for step, _ in again] == [step for step, _ in curve]
    for (_, packed), (_, loss) in zip(again, curve, strict=True):
        if math.isfinite(loss):
            assert packed == pytest.approx(loss, rel=0.006, abs=1e-5)
        else:
            assert math.isnan(packed) == math.isnan(loss)
            assert math.isinf(packed) == math.isinf(loss)


@pytest.mark.parametrize("packed", [[1], [1, "x"], [1.5, 2], [True, 1], [1, 10**9], [10**13, 1], [None, 1]])
def test_what_was_not_packed_is_refused(packed: list[object]) -> None:
    with pytest.raises(ValueError, match=r"half a point|no step and no loss|out of all bounds"):
        unpack(packed)  # type: ignore[arg-type]
