import pytest

from probes import headroom
from probes.headroom import Headroom, Peak
from probes.report import Fact, from_json, to_json

torch = pytest.importorskip("torch", reason="torch is not installed")


def scaled(*factors):
    """Layers that multiply by so much."""
    layers = []
    for factor in factors:
        layer = torch.nn.Linear(2, 2, bias=False)
        layer.weight.data = factor * torch.eye(2)
        layers.append(layer)
    return torch.nn.Sequential(*layers)


@pytest.mark.parametrize(
    ("factors", "first", "state"),
    [
        ((100.0, 100.0), None, "safe"),
        ((100.0, 400.0), None, "at-risk"),
        ((100.0, 655.1, 2.0), None, "exceeds"),
        ((100.0, 1000.0, 0.001), Peak("1", "out", 1e5, True), "exceeds"),
    ],
)
def test_the_first_module_beyond_float16_is_named(factors, first, state):
    found = headroom.measure(scaled(*factors), torch.ones(1, 2))

    assert found.state() == state
    assert first is None or found.first_overflow() == first


def test_the_float16_run_overflows_where_it_was_told():
    model = scaled(100.0, 1000.0, 0.001)
    told = headroom.measure(model, torch.ones(1, 2)).first_overflow()
    outs = {}
    for name, layer in model.named_children():
        layer.register_forward_hook(lambda _, args, out, name=name: outs.setdefault(name, out))
    model.half()(torch.ones(1, 2).half())

    assert next(name for name, out in outs.items() if not out.isfinite().all()) == told.module


def test_in_mixed_precision_only_matrix_products_count():
    peaks = (Peak("norm", "in", 1e6, False), Peak("up", "out", 10.0, True))
    found = Headroom(peaks)

    assert (found.state(headroom.PURE), found.state(headroom.MIXED)) == ("exceeds", "safe")
    assert (found.first_overflow(headroom.PURE), found.first_overflow(headroom.MIXED)) == (peaks[0], None)


def test_a_pass_that_is_nan_already_exceeds():
    model = scaled(float("nan"))

    assert headroom.measure(model, torch.ones(1, 2)).largest().largest == float("inf")


def test_a_report_has_the_fact_and_a_bar_for_each_module():
    report = headroom.report(headroom.measure(scaled(100.0, 1000.0), torch.ones(1, 2)), "toy")

    assert report.facts == (
        Fact("probe.headroom", "exceeds", "toy, 1e+05 at 1 (out), first beyond float16: 1 (out)"),
    )
    assert report.peaks == (("", 100000.0), ("0", 100.0), ("1", 100000.0))
    assert from_json(to_json(report), "x") == report


@pytest.mark.parametrize("batch", [{"input": 1}, (1,), 1])
def test_a_batch_is_keywords_positions_or_one_argument(batch):
    tensor = torch.ones(1, 2)
    made = {"input": tensor} if isinstance(batch, dict) else (tensor,) if isinstance(batch, tuple) else tensor

    assert headroom.measure(scaled(3.0), made).largest().largest == 3.0


def test_half_of_float16s_end_is_at_risk_and_what_rounds_to_inf_exceeds():
    assert [headroom.state(top) for top in (32_751.0, 32_752.0, 65_519.0, 65_520.0)] == [
        "safe",
        "at-risk",
        "at-risk",
        "exceeds",
    ]
