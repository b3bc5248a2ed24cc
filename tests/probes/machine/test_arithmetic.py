import math

import pytest

from probes.machine.arithmetic import TILE, cases, everywhere

FORMATS = ("float32", "bfloat16", "float16")
OPERATIONS = ("matmul", "sum", "norm", "softmax", "cross entropy", "optimizer step")


@pytest.mark.parametrize("name", FORMATS)
def test_the_cases_of_a_format(torch, name):
    made = list(cases(torch, getattr(torch, name), 16, 0))

    tf32 = [case for case in made if "tf32" in case.name]
    rest = [case for case in made if "tf32" not in case.name]
    assert len(tf32) == (name == "float32")
    assert [case.name for case in rest] == [f"{operation} in {name}, size 16" for operation in OPERATIONS]
    for case in rest:
        assert case.exact.dtype == case.bound.dtype == torch.float64
        assert case.exact.shape == case.bound.shape == case.compute(*case.inputs).shape
        assert bool((case.bound > 0).all())


def test_tf32_is_for_nvidia_alone_and_its_bound_is_that_of_ten_bits(torch):
    plain, tf32 = (c for c in cases(torch, torch.float32, 64, 0) if c.name.startswith("matmul"))
    a, b = plain.inputs

    with pytest.raises(RuntimeError, match="not supported"):
        tf32.compute(a, b)
    cut = [(x.view(torch.int32) & ~0x1FFF).view(torch.float32) for x in (a, b)]  # what TF32 leaves of them
    error = ((cut[0] @ cut[1]).double() - tf32.exact).abs()
    assert float((error / tf32.bound).max()) < 1 < float((error / plain.bound).max())


def test_a_row_that_is_masked_costs_exactly_nothing(torch):
    (case,) = (c for c in cases(torch, torch.bfloat16, 16, 0) if c.name.startswith("cross"))

    assert case.exact[::8].tolist() == [0.0, 0.0]
    assert case.bound[::8].max() < 1e-30


def test_the_optimizers_step_is_that_of_adamw(torch):
    """torch's own AdamW, given the same state, comes to the same weights and moments."""
    (case,) = (c for c in cases(torch, torch.float32, 16, 0) if c.name.startswith("optimizer"))
    weights, gradient, first, second = (tensor.clone() for tensor in case.inputs)
    state = ([weights], [gradient], [first], [second], [], [torch.tensor(9.0)])

    from torch.optim.adamw import adamw  # behind the fixture, which may skip

    adamw(
        *state, foreach=False, amsgrad=False, beta1=0.9, beta2=0.999, lr=0.01, weight_decay=0.1, eps=1e-8,
        maximize=False,
    )  # fmt: skip

    result = torch.stack([weights, first, second]).double()
    assert float(((result - case.exact).abs() / case.bound).max()) < 1


@pytest.mark.parametrize("name", FORMATS)
def test_the_product_of_whole_numbers_is_exact_and_a_wrong_last_bit_is_seen(torch, name):
    case = everywhere(torch, getattr(torch, name), 0)

    result = case.compute(*case.inputs)

    assert result.shape == (2, TILE, TILE)
    assert torch.equal(result.double(), case.exact.expand_as(result))
    assert float(case.exact.abs().max()) < (2**24 if name == "float32" else 2**8)
    result.view(torch.int32 if name == "float32" else torch.int16)[1, 5, 7] ^= 1
    assert float(((result.double() - case.exact).abs() / case.bound).max()) > 1


@pytest.mark.parametrize(
    ("name", "operation", "largest"),
    [("float16", "matmul", 0.002), ("bfloat16", "matmul", 0.01), ("float32", "matmul", 1e-4),
     ("float32", "norm", 1e-3), ("float32", "optimizer step", 1e-5), ("bfloat16", "optimizer step", 0.1)],
)  # fmt: skip
def test_the_bounds_are_tight_enough_to_mean_something(torch, name, operation, largest):
    case = next(c for c in cases(torch, getattr(torch, name), 128, 0) if c.name.startswith(operation))

    share = float(case.bound.pow(2).mean().sqrt() / case.exact.pow(2).mean().sqrt())

    assert math.isfinite(share)
    assert share < largest
