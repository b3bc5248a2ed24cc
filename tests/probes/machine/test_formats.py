from types import SimpleNamespace

import pytest

from probes.machine import formats
from probes.report import Fact, Unknown


def test_float16_ends_at_65504_and_bfloat16_does_not(torch):
    assert formats.facts(torch, "cpu") == [
        Fact("numerics.float16_overflows_at", 65520.0, "self-test on cpu, largest finite result 65504"),
        Fact(
            "numerics.bfloat16_overflows_at",
            2.0**128 - 2.0**119,
            "self-test on cpu, largest finite result 3.38953e+38",
        ),
    ]


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_the_largest_finite_result_is_that_of_the_format(torch, name):
    dtype = getattr(torch, name)
    info = torch.finfo(dtype)

    finite, infinite = formats.overflows_at(torch, dtype, "cpu")

    # half a spacing above the largest number, where rounding to even goes up
    assert finite == info.max
    assert infinite == info.max * (1 + info.eps / 4 / (1 - info.eps / 2))


class Saturating:
    """A stand-in for a tensor on a device that never answers inf."""

    def __init__(self, value):
        self.value = value

    def __getitem__(self, index):
        return Saturating(self.value[index])

    def __add__(self, other):
        return Saturating(min(self.value + other.value, 65504.0))

    def to(self, _dtype):
        return self

    def item(self):
        return self.value


def test_a_device_that_saturates_is_told_apart():
    torch = SimpleNamespace(
        float16="torch.float16",
        bfloat16="torch.bfloat16",
        float64="torch.float64",
        tensor=lambda value, **_: Saturating(value),
    )

    assert formats.facts(torch, "npu:0")[0] == Unknown(
        "numerics.float16_overflows_at", "32768 + 32768 is 65504 on npu:0, not inf"
    )


def test_a_device_without_a_format_leaves_it_unknown():
    def tensor(value, **_):
        raise TypeError("BFloat16 is not supported on MPS\nmore")

    torch = SimpleNamespace(float16="torch.float16", bfloat16="torch.bfloat16", tensor=tensor)

    assert formats.facts(torch, "mps:0")[1] == Unknown(
        "numerics.bfloat16_overflows_at", "BFloat16 is not supported on MPS"
    )


@pytest.mark.gpu
def test_a_gpu_overflows_where_a_cpu_does(cuda):
    assert [a.value for a in formats.facts(cuda, "cuda:0")] == [a.value for a in formats.facts(cuda, "cpu")]
