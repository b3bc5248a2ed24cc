"""Attention by each kernel that torch or flash-attn has, plain, causal and with masked keys."""

from __future__ import annotations

import importlib.util
import typing

from probes.machine import accelerator
from probes.machine.rounding import EXP, Case, Random, V, case, growth
from probes.report import Fact, Unknown

HEADS, WIDTH, SCALE = 2, 64, 0.25  # unfused kernels multiply by sqrt(SCALE), here without rounding
KERNELS = {
    "math": "MATH",
    "flash": "FLASH_ATTENTION",
    "efficient": "EFFICIENT_ATTENTION",
    "cudnn": "CUDNN_ATTENTION",
}
FLASH_ATTN = "flash-attn"


def cases(torch: typing.Any, dtype: typing.Any, n: int, seed: int) -> typing.Iterator[Case]:
    """The cases of n tokens in one format, on the CPU: each way of masking, by each kernel."""
    random = Random(torch, dtype, seed)
    u = torch.finfo(dtype).eps / 2
    shape = (1, HEADS, n, WIDTH)
    q, k, v = random.normal(*shape, deviation=0.25), random.normal(*shape), random.normal(*shape, mean=1.0)
    q64, k64, v64 = q.double(), k.double(), v.double()
    scores = SCALE * (q64 @ k64.mT)
    # Unfused kernels round the scores to the format, and all round the weights.
    error = (u * scores.abs() + growth(WIDTH, V) * SCALE * (q64.abs() @ k64.abs().mT)).amax(-1)
    error = (torch.expm1(2 * error) + 2 * u + 2 * growth(n, V) + EXP).unsqueeze(-1)

    everything = torch.ones(n, n, dtype=torch.bool)
    padded = everything.clone()
    padded[:, n - n // 4 :] = False  # the last quarter is padding
    for kind, mask in (
        ("attention", everything),
        ("causal attention", everything.tril()),
        ("padded attention", padded),
    ):
        weights = scores.masked_fill(~mask, float("-inf")).softmax(-1)
        for kernel in kernels(torch):
            compute = _by(torch, kernel, causal=kind.startswith("causal"))
            label = f"{kind} by {kernel} in {accelerator.format_name(dtype)}, size {n}"
            inputs = (q, k, v, padded) if mask is padded else (q, k, v)
            yield case(torch, label, compute, inputs, weights @ v64, error * (weights @ v64.abs()))


def kernels(torch: typing.Any) -> list[str]:
    """The kernels to be asked for, of KERNELS and FLASH_ATTN; not each runs on each device."""
    backends = getattr(getattr(torch.nn, "attention", None), "SDPBackend", None)
    found = [name for name, member in KERNELS.items() if hasattr(backends, member)]
    if importlib.util.find_spec("flash_attn"):
        found.append(FLASH_ATTN)
    return found or ["default"]  # torch before 2.3 cannot be told which


def _by(torch: typing.Any, kernel: str, causal: bool) -> typing.Callable[..., typing.Any]:
    attention = torch.nn.functional.scaled_dot_product_attention

    def default(q: typing.Any, k: typing.Any, v: typing.Any, mask: typing.Any = None) -> typing.Any:
        return attention(q, k, v, attn_mask=mask, is_causal=causal, scale=SCALE)

    def chosen(*inputs: typing.Any) -> typing.Any:
        backend = getattr(torch.nn.attention.SDPBackend, KERNELS[kernel])
        with torch.nn.attention.sdpa_kernel(backend):
            return default(*inputs)

    def flash_attn(q: typing.Any, k: typing.Any, v: typing.Any, mask: typing.Any = None) -> typing.Any:
        if q.device.type != "cuda" or mask is not None:
            raise RuntimeError("not supported by flash-attn")
        from flash_attn import flash_attn_func

        heads_last = (tensor.transpose(1, 2) for tensor in (q, k, v))
        return flash_attn_func(*heads_last, softmax_scale=SCALE, causal=causal).transpose(1, 2)

    return {"default": default, FLASH_ATTN: flash_attn}.get(kernel, chosen)


def masked_row(torch: typing.Any, device: str) -> Fact | Unknown:
    """numerics.masked_row: what attention gives a token that may look at nothing, in float32 on `device`.

    0 in newer versions of torch, NaN in older ones and in some kernels: one such row of padding makes
    the whole loss NaN.
    """
    random = Random(torch, torch.float32, 0)
    q, k, v = (random.normal(1, 1, 4, 8).to(device) for _ in range(3))
    mask = torch.ones(4, 4, dtype=torch.bool, device=device)
    mask[0] = False
    try:
        row = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)[0, 0, 0].cpu()
    except (RuntimeError, TypeError) as error:
        return Unknown("numerics.masked_row", accelerator.one_line(error))
    mean = v[0, 0].cpu().mean(0)
    for value, holds in (
        ("nan", row.isnan().any()),
        ("zero", (row == 0).all()),
        ("mean", torch.allclose(row, mean, atol=1e-5)),
    ):
        if holds:
            return Fact("numerics.masked_row", value, f"scaled_dot_product_attention on {device}")
    return Unknown("numerics.masked_row", f"neither NaN, 0 nor the mean on {device}")
