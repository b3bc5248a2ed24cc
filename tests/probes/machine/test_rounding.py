import pytest

from probes.machine.rounding import Random, V, growth


def test_growth_is_gamma_for_few_terms_and_the_square_root_for_many():
    assert growth(4, V) == pytest.approx(4 * V, rel=1e-5)
    assert growth(10_000, V) == pytest.approx(9 * 100 * V, rel=1e-2)
    assert all(growth(n, V) <= n * V / (1 - n * V) for n in (1, 10, 100, 1_000, 10_000))


def test_the_same_seed_gives_the_same_numbers_and_leaves_torchs_own_alone(torch):
    state = torch.get_rng_state()

    first, again, other = (Random(torch, torch.float16, seed).normal(64) for seed in (1, 1, 2))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(state, torch.get_rng_state())
