from pathlib import Path

import numpy
import pytest

from probes.checkpoints import weights
from probes.checkpoints.counts import Counts
from probes.checkpoints.listing import Finding
from probes.checkpoints.rows import Rows
from probes.checkpoints.tensor import DTYPES, Tensor

BF16 = DTYPES["BF16"]


def counts(name="w", shape=(4, 2), dtype=BF16, rows=None, **values):
    size = dtype.width
    for length in shape:
        size *= length
    if rows is not None:
        largest, keys = [dtype.magnitude(largest) for largest, _ in rows], [ord(key) for _, key in rows]
        values["rows"] = Rows(numpy.array(largest), numpy.array(keys))
    return Counts(Tensor(name, dtype, shape, Path("m.bin"), 0, size), **{"largest": 0.5, **values})


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (counts(), []),
        (counts(nan=2, inf=1, large=(0, 3)), [("damage", "2 NaN, 1 Inf of 8 values, first in rows 0, 3")]),
        (counts("attn_mask", inf=3), []),
        (counts("attn_mask", nan=3), [("damage", "3 NaN, 0 Inf of 8 values")]),
        (
            counts(largest=2e18, large=(1,)),
            [
                (
                    "damage",
                    "its largest magnitude is 2e+18, first in row 1: a flipped bit, no trained weight",
                )
            ],
        ),
        (counts("optimizer.state.0.exp_avg_sq", largest=5000.0), []),
        (counts("step", shape=(), largest=5000.0), []),
        (counts(largest=0.0), [("note", "every value is 0")]),
        (counts(shape=(4,), largest=0.0), []),
        (
            counts(subnormal=0.25, sampled=4),
            [("note", "25.0% of its values of 4 looked at are below the smallest normal number")],
        ),
        (
            counts(shape=(0,)),
            [("abnormal", "has no values (shape [0]): one rank's part of ZeRO-3, never gathered")],
        ),
    ],
)
def test_a_tensor_is_judged_by_its_values(one, found):
    expected = [Finding(grade, "m.bin", one.tensor.name, what) for grade, what in found]

    assert list(weights.judge(one)) == expected


def test_rows_next_to_zero_or_all_the_same_were_never_trained():
    rows = [(0.1, b"a"), (0.2, b"b"), (1e-9, b"c"), (0.0, b"d"), (0.15, b"e"), (0.15, b"e"), (0.1, b"f")]
    one = counts(shape=(7, 2), rows=rows)

    assert weights.untrained(one) == [2, 3, 4, 5]
    assert [finding.what for finding in weights.judge(one)] == ["4 of 7 rows were never trained: 2-5"]


def test_rows_far_above_the_usual_one_are_huge():
    one = counts(rows=[(0.1, b"a"), (0.2, b"b"), (90.0, b"c"), (0.1, b"d")])

    assert weights.huge(one) == [2]
    assert [finding.grade for finding in weights.judge(one)] == ["abnormal"]


def test_an_adapter_whose_second_halves_are_all_zero_changes_nothing():
    first = counts("base.q_proj.lora_A.weight")
    second = counts("base.q_proj.lora_B.weight", largest=0.0)
    what = "all lora_B are 0, as before the first step: this adapter changes nothing"

    assert list(weights.judge_all([first, second])) == [Finding("abnormal", "m.bin", "", what)]
    assert not weights.adapter_is_zero([first, second, counts("base.k_proj.lora_B.weight")])


def test_several_formats_are_noted():
    found = list(weights.judge_all([counts(), counts("v"), counts("norm", (4,), DTYPES["F32"])]))

    assert found == [Finding("note", "m.bin", "", "tensors in several formats: BF16 2, F32 1")]


@pytest.mark.parametrize(
    ("rows", "text"),
    [([5], "5"), ([1, 2, 3, 7], "1-3, 7"), ([1, 3, 5, 7, 9, 11], "1, 3, 5, 7, …")],
)
def test_rows_are_told_in_few_words(rows, text):
    assert weights.spans(rows) == text
