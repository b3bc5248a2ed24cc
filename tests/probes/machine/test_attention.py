from types import SimpleNamespace

import pytest

from probes.machine import attention
from probes.machine.attention import cases, kernels, masked_row
from probes.report import Fact, Unknown

KINDS = ("attention", "causal attention", "padded attention")


@pytest.fixture
def fixed(torch, monkeypatch):
    """torch.nn.functional.scaled_dot_product_attention answers with this row for the first token."""

    def answer(make):
        def attend(q, k, v, **_):
            result = v.clone()
            result[0, 0, 0] = make(v[0, 0])
            return result

        monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", attend)
        return torch

    return answer


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_each_kernel_computes_each_kind_within_its_bound(torch, name):
    found = kernels(torch)
    made = list(cases(torch, getattr(torch, name), 32, 0))

    assert [case.name for case in made] == [
        f"{kind} by {kernel} in {name}, size 32" for kind in KINDS for kernel in found
    ]
    right = 0
    for case in made:
        try:
            result = case.compute(*case.inputs)
        except RuntimeError:  # a kernel for GPUs only
            continue
        assert float(((result.double() - case.exact).abs() / case.bound).max()) < 1, case.name
        right += 1
    assert right >= 3


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_mask_that_is_ignored_breaks_the_bound(torch, kind):
    plain, masked = (
        next(c for c in cases(torch, torch.bfloat16, 32, 0) if c.name.startswith(f"{name} by math"))
        for name in (KINDS[0], kind)
    )

    result = plain.compute(*plain.inputs[:3])

    assert float(((result.double() - masked.exact).abs() / masked.bound).max()) > 1


def test_a_torch_that_cannot_be_told_is_asked_for_its_own_choice(torch):
    old = SimpleNamespace(nn=SimpleNamespace())

    assert kernels(old) == ["default"]


def test_flash_attn_is_asked_where_it_is_installed(torch, monkeypatch):
    monkeypatch.setattr(attention.importlib.util, "find_spec", lambda name: object())

    assert kernels(torch)[-1] == "flash-attn"
    with pytest.raises(RuntimeError, match="not supported by flash-attn"):
        next(c for c in cases(torch, torch.float16, 8, 0) if "flash-attn" in c.name).compute(
            *3 * [torch.zeros(1, 1, 8, 8)]
        )


@pytest.mark.parametrize(
    ("make", "value"),
    [(lambda v: v[0] * float("nan"), "nan"), (lambda v: v[0] * 0, "zero"), (lambda v: v.mean(0), "mean")],
    ids=["nan", "zero", "mean"],
)
def test_what_a_fully_masked_row_becomes(fixed, make, value):
    source = "scaled_dot_product_attention on cpu"

    assert masked_row(fixed(make), "cpu") == Fact("numerics.masked_row", value, source)


def test_a_fully_masked_row_that_becomes_something_else_is_not_known(fixed):
    why = "neither NaN, 0 nor the mean on cpu"

    assert masked_row(fixed(lambda v: v[0] + 1), "cpu") == Unknown("numerics.masked_row", why)


def test_this_torch_gives_an_answer(torch):
    assert masked_row(torch, "cpu").value in {"nan", "zero", "mean"}
