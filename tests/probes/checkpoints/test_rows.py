import struct

import pytest

from probes.checkpoints import bits, rows
from probes.checkpoints.bits import Values
from probes.checkpoints.tensor import DTYPES

pytestmark = pytest.mark.usefixtures("way")
F16 = DTYPES["F16"]


def look(*given):
    values = [number for row in given for number in row]
    return rows.look(Values(memoryview(struct.pack(f"<{len(values)}e", *values)), F16), len(given[0]))


@pytest.mark.parametrize("row", [2, 8, 20])
def test_rows_have_each_their_largest_and_a_key_that_equal_ones_share(row):
    one, other, third = (
        [1.0, -2.0] * (row // 2),
        [0.0, 0.5] * (row // 2),
        [1.0, -2.0] * (row // 2 - 1) + [1.0, -3.0],
    )
    found = look(one, other, third, one)

    assert [F16.value(int(largest)) for largest in found.largest] == [2.0, 0.5, 3.0, 2.0]
    assert F16.value(found.peak) == 3.0
    assert found.shared() == [0, 3]
    assert len({int(key) for key in found.keys}) == 3


def test_pieces_are_joined_in_order():
    found = rows.joined([look([1.0, -2.0], [0.0, 0.0]), look([3.0, 3.0])])

    assert [F16.value(int(largest)) for largest in found.largest] == [2.0, 0.0, 3.0]
    assert len(found.keys) == 3


def test_the_median_leaves_out_rows_of_nothing():
    assert F16.value(look([0.0], [1.0], [2.0], [-3.0], [4.0]).median) == 2.0
    assert look([0.0], [0.0]).median == 0


def test_rows_are_found_by_their_size():
    found = look([1.0], [-2.0], [0.5])

    assert found.below(F16.magnitude(1.0)) == [2]
    assert found.reaching(F16.magnitude(1.0)) == [0, 1]
    assert found.shared() == []


def test_keys_are_the_same_without_numpy(monkeypatch):
    given = [1.0, -2.0, 0.0], [0.5, 3.0, 3.0]
    found = look(*given)
    monkeypatch.setattr(bits, "numpy", None)
    monkeypatch.setattr(rows, "numpy", None)
    plain = look(*given)

    assert (list(found.largest), list(found.keys)) == (plain.largest, plain.keys)
