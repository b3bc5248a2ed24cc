import math

import pytest

from probes import headroom
from probes.headroom import loss_scale
from probes.headroom.loss_scale import Gradients
from probes.report import Fact

torch = pytest.importorskip("torch", reason="torch is not installed")


@pytest.mark.parametrize(
    ("largest", "skips"),
    [(0.0, 0), (0.5, 0), (0.9995, 0), (1.1, 1), (2.5, 2), (1000.0, 10), (math.inf, None)],
)
def test_each_halving_is_a_skip(largest, skips):
    assert Gradients(largest, "w").first_skips() == skips


@pytest.mark.parametrize("factor", [0.01, 3.0, 100.0])
def test_a_real_scaler_skips_as_often_as_was_told(factor):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 8))
    x = torch.randn(4, 8)

    def loss(out):
        return factor * out.float().pow(2).sum()

    told = loss_scale.measure(model, x, loss, headroom.MIXED).first_skips()
    scaler = torch.amp.GradScaler("cpu")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    skips = 0
    for _ in range(30):
        with torch.autocast("cpu", torch.float16):
            value = loss(model(x))
        optimizer.zero_grad()
        scaler.scale(value).backward()
        scaler.step(optimizer)
        before = scaler.get_scale()
        scaler.update()
        if scaler.get_scale() >= before:
            break
        skips += 1

    assert skips == told


def test_the_largest_gradient_is_named():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False))
    model[0].weight.data = torch.eye(2)
    found = loss_scale.measure(model, 5 * torch.ones(1, 2), lambda out: 3 * out.sum())

    assert found == Gradients(15.0, "0.weight")
    assert loss_scale.facts(found, "toy") == [Fact("probe.first_skips", 4, "toy, 15 at 0.weight")]


def test_a_gradient_without_end_has_no_number_of_skips():
    model = torch.nn.Linear(2, 2)
    found = loss_scale.measure(model, torch.ones(1, 2), lambda out: (out * math.inf).sum())

    assert found.largest == math.inf
    assert loss_scale.facts(found, "toy") == []
