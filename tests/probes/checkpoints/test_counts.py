import math

import pytest

from probes.checkpoints import counts, parts, safetensors
from probes.checkpoints.counts import Counts

NAN, INF = math.nan, math.inf


def counted(path):
    return list(counts.count(safetensors.read(path).tensors, lambda tensor, size: None))


def test_a_tensor_is_counted_with_the_rows_that_hold_something_bad(write):
    values = [1.0, 2.0, NAN, 3.0, 4.0, INF, 5.0, -6e4, NAN, 0.0]
    (one,) = counted(write("m.safetensors", {"w": ("F16", [5, 2], values)}))

    assert one == Counts(one.tensor, nan=2, inf=1, large=(1, 2, 3, 4), largest=60000.0, sampled=10)


def test_subnormal_values_are_a_share(write):
    (one,) = counted(write("m.safetensors", {"w": ("F16", [4], [1e-6, 0.0, 1.0, 1e-7])}))

    assert one.subnormal == 0.5


def test_whole_numbers_are_not_judged(write):
    (one,) = counted(write("m.safetensors", {"ids": ("I64", [2], [1, 10**9])}))

    assert one == Counts(one.tensor)


def test_an_embedding_is_looked_at_row_by_row(write):
    (one,) = counted(
        write("m.safetensors", {"model.embed_tokens.weight": ("F16", [2, 2], [1.0, -2.0, 0, 0])})
    )

    dtype = one.tensor.dtype
    assert one.rows is not None
    assert list(one.rows.largest) == [dtype.magnitude(2.0), 0]
    assert len(set(one.rows.keys)) == 2


@pytest.mark.parametrize("name", ["w", "lm_head.weight"])
def test_parts_and_blocks_see_what_one_look_sees(write, monkeypatch, name):
    values = [float(i % 97) for i in range(3000)]
    values[1234], values[2999] = NAN, 4000.0
    path = write("m.safetensors", {"other": ("F16", [1], [1.0]), name: ("F32", [300, 10], values)})
    whole = counted(path)[1]
    monkeypatch.setattr(parts, "BLOCK", 512)
    monkeypatch.setattr(parts, "PART", 2048)
    pieces = counted(path)[1]

    assert (whole.nan, whole.large, whole.largest) == (1, (123, 299), 4000.0)
    assert (pieces.nan, pieces.large, pieces.largest) == (whole.nan, whole.large, whole.largest)
    assert (pieces.rows is None) == (whole.rows is None) == (name == "w")
    if pieces.rows and whole.rows:
        assert list(pieces.rows.largest) == list(whole.rows.largest)
        assert list(pieces.rows.keys) == list(whole.rows.keys)


def test_a_file_that_shrinks_meanwhile_is_damage(write):
    path = write("m.safetensors", {"w": ("F32", [4], [1.0] * 4)})
    (tensor,) = safetensors.read(path).tensors
    path.write_bytes(path.read_bytes()[:-8])

    (one,) = counts.count([tensor], lambda tensor, size: None)
    assert one.damage == "it ends before its last tensor does"
    path.unlink()
    (one,) = counts.count([tensor], lambda tensor, size: None)
    assert one.damage == "cannot be read (No such file or directory)"
