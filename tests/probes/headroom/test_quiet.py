import pytest

from probes import headroom
from probes.headroom import loss_scale

torch = pytest.importorskip("torch", reason="torch is not installed")


PROBES = [headroom.measure, lambda model, batch: loss_scale.measure(model, batch, loss=lambda out: out.sum())]


@pytest.fixture
def model():
    """With all that a pass could leave a trace in: dropout, running means, a frozen part, a gradient."""
    layers = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5))
    layers[1].eval()
    layers[0].weight.grad = torch.full((4, 4), 7.0)
    return layers


def state(model):
    """All that must be as it was."""
    return {
        "modes": [module.training for module in model.modules()],
        "weights": {name: value.tolist() for name, value in model.state_dict().items()},
        "gradients": [None if p.grad is None else p.grad.tolist() for p in model.parameters()],
        "hooks": [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()],
        "random": torch.get_rng_state().tolist(),
        "dtype": torch.get_default_dtype(),
        "cuda": torch.cuda.is_initialized(),
        "grad mode": torch.is_grad_enabled(),
    }


class Fails(torch.nn.Module):
    def forward(self, x):
        torch.rand(3)
        raise ValueError("in the middle of it")


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_leaves_model_and_random_state_as_they_were(model, probe):
    before = state(model)
    probe(model, torch.ones(3, 4))

    assert state(model) == before


@pytest.mark.parametrize("probe", PROBES)
def test_a_model_that_fails_is_left_as_it_was_too(model, probe):
    model.append(Fails())
    before = state(model)
    with pytest.raises(ValueError, match="in the middle of it"):
        probe(model, torch.ones(3, 4))

    assert state(model) == before
