import math

import pytest

from probes.machine.arithmetic import V, cases, growth

FORMATS = ("float32", "bfloat16", "float16")


def test_growth_is_gamma_for_few_terms_and_the_square_root_for_many():
    assert growth(4, V) == pytest.approx(4 * V, rel=1e-5)
    assert growth(10_000, V) == pytest.approx(9 * 100 * V, rel=1e-2)
    assert all(growth(n, V) <= n * V / (1 - n * V) for n in (1, 10, 100, 1_000, 10_000))


@pytest.mark.parametrize("name", FORMATS)
def test_the_cases_of_a_format(torch, name):
    made = list(cases(torch, getattr(torch, name), 16, 0))

    operations = ("matmul", "sum", "softmax", "cross entropy", "attention")
    assert [case.name for case in made] == [f"{operation} in {name}, size 16" for operation in operations]
    for case in made:
        assert case.exact.dtype == case.bound.dtype == torch.float64
        assert case.exact.shape == case.bound.shape == case.compute(*case.inputs).shape
        assert bool((case.bound > 0).all())


def test_the_same_seed_makes_the_same_cases_and_leaves_torchs_random_numbers_alone(torch):
    state = torch.get_rng_state()

    first, again, other = (list(cases(torch, torch.float16, 16, seed)) for seed in (1, 1, 2))

    assert all(torch.equal(a.exact, b.exact) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0].exact, other[0].exact)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    ("name", "operation", "largest"),
    [
        ("float16", "matmul", 0.002),
        ("bfloat16", "matmul", 0.01),
        ("float32", "matmul", 1e-4),
        ("float16", "attention", 0.01),
        ("bfloat16", "attention", 0.05),
    ],
)
def test_the_bounds_are_tight_enough_to_mean_something(torch, name, operation, largest):
    case = next(c for c in cases(torch, getattr(torch, name), 128, 0) if c.name.startswith(operation))

    share = float(case.bound.pow(2).mean().sqrt() / case.exact.pow(2).mean().sqrt())

    assert math.isfinite(share)
    assert share < largest
