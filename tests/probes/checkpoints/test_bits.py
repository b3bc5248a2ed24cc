import math
import random
import struct

import pytest

from probes.checkpoints import bits
from probes.checkpoints.bits import Large
from probes.checkpoints.tensor import DTYPES

INF, NAN = math.inf, math.nan


def window(values, code="e"):
    return memoryview(struct.pack(f"<{len(values)}{code}", *values))


@pytest.mark.usefixtures("way")
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
    dtype = DTYPES["F16"]

    assert dtype.value(bits.largest(window(values), 2)) == largest


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("name", "code"), [("F16", "e"), ("F32", "f"), ("F64", "d")])
@pytest.mark.parametrize("bad", [NAN, -NAN, INF, -INF])
def test_one_bad_value_is_never_missed_and_none_is_made_up(name, code, bad):
    dtype, source = DTYPES[name], random.Random(1)
    for _ in range(50):
        values = [source.gauss(0, 1) for _ in range(64)]
        assert bits.largest(window(values, code), dtype.width) < dtype.not_finite
        values[source.randrange(64)] = bad
        assert bits.largest(window(values, code), dtype.width) >= dtype.not_finite


@pytest.mark.usefixtures("way")
def test_what_is_above_a_limit_is_counted_and_placed():
    dtype = DTYPES["F16"]
    given = window([1.0, NAN, 2000.0, INF, -INF, -NAN, 3.0])

    assert bits.above(given, dtype, dtype.magnitude(1000.0)) == Large(
        2, 2, (1, 2, 3, 4, 5), dtype.magnitude(2000.0)
    )
    assert bits.above(window([1.0, 2.0]), dtype, dtype.not_finite) == Large(0, 0, (), dtype.magnitude(2.0))


@pytest.mark.usefixtures("way")
def test_a_format_without_infinity_has_only_nan():
    given = memoryview(bytes([0x00, 0x7E, 0x7F, 0xFF]))

    assert bits.above(given, DTYPES["F8_E4M3"], 0x7F) == Large(2, 0, (2, 3), 0x7E)


@pytest.mark.usefixtures("way")
def test_subnormal_values_are_counted_and_zero_is_none():
    assert bits.subnormal(window([0.0, 1e-6, -1e-6, 6.2e-5, 1.0]), DTYPES["F16"]) == 2
