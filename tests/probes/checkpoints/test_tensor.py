import math
import struct

import pytest

from probes.checkpoints.tensor import DTYPES


@pytest.mark.parametrize(
    ("dtype", "magnitude", "value"),
    [
        ("F32", 0x3F800000, 1.0),
        ("F32", 0x7F7FFFFF, 3.4028234663852886e38),
        ("F16", 0x7BFF, 65504.0),
        ("F16", 0x0001, 2.0**-24),
        ("BF16", 0x3F80, 1.0),
        ("BF16", 0x7F80, math.inf),
        ("F8_E4M3", 0x7E, 448.0),
        ("F8_E5M2", 0x7B, 57344.0),
        ("F8_E5M2", 0x7C, math.inf),
        ("F64", 0x3FF0000000000000, 1.0),
    ],
)
def test_bits_stand_for_the_number_that_the_format_gives_them(dtype, magnitude, value):
    assert DTYPES[dtype].value(magnitude) == value


@pytest.mark.parametrize(("dtype", "magnitude"), [("F8_E4M3", 0x7F), ("F16", 0x7C01), ("BF16", 0x7FFF)])
def test_what_is_above_the_last_number_is_nan(dtype, magnitude):
    assert math.isnan(DTYPES[dtype].value(magnitude))


@pytest.mark.parametrize("value", [1000.0, 1.0, 1.0001, 65504.0, 6.1e-5, 1e-6, 2.0**-24])
def test_a_magnitude_is_the_first_one_that_reaches_the_value(value):
    dtype = DTYPES["F16"]
    bits = dtype.magnitude(value)

    assert dtype.value(bits) >= value > dtype.value(bits - 1)
    assert struct.unpack("<e", struct.pack("<H", bits))[0] == dtype.value(bits)


def test_a_format_that_ends_below_the_value_gives_its_first_bits_that_are_no_number():
    assert DTYPES["F8_E4M3"].magnitude(1000.0) == DTYPES["F8_E4M3"].not_finite == 0x7F
