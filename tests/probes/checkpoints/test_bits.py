import math
import random
import struct

import pytest

from probes.checkpoints.bits import Large, Values
from probes.checkpoints.tensor import DTYPES

pytestmark = pytest.mark.usefixtures("way")
INF, NAN = math.inf, math.nan
F16 = DTYPES["F16"]


def packed(values, name="F16", code="e"):
    return Values(memoryview(struct.pack(f"<{len(values)}{code}", *values)), DTYPES[name])


@pytest.mark.parametrize(
    ("values", "largest"),
    [
        ([1.0, -2.0], 2.0),
        ([-1.0, -0.5], 1.0),
        ([0.0, -0.0], 0.0),
        ([3.0, -INF], INF),
        ([65504.0, 1.0], 65504.0),
    ],
)
def test_the_largest_magnitude_is_found_on_both_sides(values, largest):
    assert F16.value(packed(values).largest()) == largest


@pytest.mark.parametrize(("name", "code"), [("F16", "e"), ("F32", "f"), ("F64", "d")])
@pytest.mark.parametrize("bad", [NAN, -NAN, INF, -INF])
def test_one_bad_value_is_never_missed_and_none_is_made_up(name, code, bad):
    dtype, source = DTYPES[name], random.Random(1)
    for _ in range(50):
        values = [source.gauss(0, 1) for _ in range(64)]
        assert packed(values, name, code).largest() < dtype.not_finite
        values[source.randrange(64)] = bad
        assert packed(values, name, code).largest() >= dtype.not_finite


def test_a_window_that_is_filled_again_has_new_values():
    memory = bytearray(4)
    values = Values(memoryview(memory), F16)
    before = values.largest()
    memory[:] = struct.pack("<2e", 1.0, -3.0)

    assert (before, F16.value(values.largest())) == (0, 3.0)


def test_what_is_above_a_limit_is_counted_and_placed():
    given = packed([1.0, NAN, 2000.0, INF, -INF, -NAN, 3.0])

    assert given.above(F16.magnitude(1000.0)) == Large(2, 2, (1, 2, 3, 4, 5), F16.magnitude(2000.0))
    assert packed([1.0, 2.0]).above(F16.not_finite) == Large(0, 0, (), F16.magnitude(2.0))


def test_a_format_without_infinity_has_only_nan():
    given = Values(memoryview(bytes([0x00, 0x7E, 0x7F, 0xFF])), DTYPES["F8_E4M3"])

    assert given.above(0x7F) == Large(2, 0, (2, 3), 0x7E)


def test_subnormal_values_are_counted_and_zero_is_none():
    assert packed([0.0, 1e-6, -1e-6, 6.2e-5, 1.0]).subnormal() == 2
