"""A small causal language model of the Llama architecture: RMSNorm, rotary positions, grouped-query
attention, SwiGLU.

Shapes: B samples, T positions, D width, H heads of size E. Weights are float32; `form` is the format in which
the products are computed, and `pure` rounds everything else to it too (as a model that is float16
throughout).
"""

from __future__ import annotations

import dataclasses
import math
import typing

import torch
from torch import Tensor, nn
from torch.nn import functional

from probes.lab.arithmetic import rounded
from probes.lab.text import IGNORED, VOCABULARY

Attend = typing.Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # queries, keys, values, bias


@dataclasses.dataclass(frozen=True)
class Shape:
    """The model's sizes: 0.48 million weights."""

    width: int = 96
    layers: int = 4
    heads: int = 6
    kv_heads: int = 2
    hidden: int = 256


class Linear(nn.Linear):
    """A product in a format, with a low-rank adapter beside it where one was put on."""

    form = "float32"
    product: typing.Callable[[Tensor], Tensor] | None = None  # what a kernel makes of the result
    scaling = 0.0

    def adapt(self, rank: int, alpha: float, generator: torch.Generator) -> None:
        """Puts a LoRA adapter on (arXiv:2106.09685) and freezes the weight below it."""
        self.weight.requires_grad_(False)
        start = torch.empty(rank, self.in_features)
        nn.init.kaiming_uniform_(start, a=math.sqrt(5), generator=generator)
        self.down, self.up = nn.Parameter(start), nn.Parameter(torch.zeros(self.out_features, rank))
        self.scaling = alpha / rank

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) to (…, out)."""
        x = rounded(x, self.form)
        y = rounded(x @ rounded(self.weight, self.form).T, self.form)
        if self.scaling:
            inner = rounded(x @ rounded(self.down, self.form).T, self.form)
            y = y + self.scaling * rounded(inner @ rounded(self.up, self.form).T, self.form)
        return y if self.product is None else self.product(y)


class Norm(nn.Module):
    """RMSNorm (arXiv:1910.07467), always computed in float32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = 1e-5

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) to (…, D)."""
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.epsilon) * self.weight


def eager(q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
    """Softmax over all scores, written out. q, k, v are (B, H, T, E), bias is (B, 1, T, T) and 0 or less."""
    return torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]) + bias, -1) @ v


def sdpa(q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
    """PyTorch's own; a row that may look at nothing comes out as 0."""
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)


KERNELS: dict[str, Attend] = {"eager": eager, "sdpa": sdpa}


class Block(nn.Module):
    """Attention and SwiGLU (arXiv:2002.05202), each behind a norm and beside a residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.kv_heads = shape.heads, shape.kv_heads
        size = shape.width // shape.heads
        self.attention_norm, self.feed_norm = Norm(shape.width), Norm(shape.width)
        self.q_proj = Linear(shape.width, shape.heads * size, bias=False)
        self.k_proj = Linear(shape.width, shape.kv_heads * size, bias=False)
        self.v_proj = Linear(shape.width, shape.kv_heads * size, bias=False)
        self.o_proj = Linear(shape.heads * size, shape.width, bias=False)
        self.gate_proj = Linear(shape.width, shape.hidden, bias=False)
        self.up_proj = Linear(shape.width, shape.hidden, bias=False)
        self.down_proj = Linear(shape.hidden, shape.width, bias=False)
        self.attend: Attend = eager
        self.pure = False

    def forward(self, x: Tensor, bias: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        x = self._kept(x + self._attention(self._kept(self.attention_norm(x)), bias, turn))
        return self._kept(x + self._feed(self._kept(self.feed_norm(x))))

    def _attention(self, x: Tensor, bias: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = (
            projection(x).view(batch, length, count, -1).transpose(1, 2)
            for projection, count in (
                (self.q_proj, self.heads),
                (self.k_proj, self.kv_heads),
                (self.v_proj, self.kv_heads),
            )
        )
        q, k = _rotated(q, turn), _rotated(k, turn)
        k, v = (each.repeat_interleave(self.heads // self.kv_heads, 1) for each in (k, v))
        mixed = rounded(self.attend(q, k, v, bias), self.o_proj.form)
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, length, -1))

    def _feed(self, x: Tensor) -> Tensor:
        gate, up = self.gate_proj(x), self.up_proj(x)
        return self.down_proj(rounded(functional.silu(gate) * up, self.down_proj.form))

    def _kept(self, x: Tensor) -> Tensor:
        return rounded(x, self.o_proj.form) if self.pure else x


class Llama(nn.Module):
    """Tokens (B, T) and a bias (B, 1, T, T) to logits (B, T, VOCABULARY)."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape or Shape()
        self.embed = nn.Embedding(VOCABULARY, self.shape.width)
        self.blocks = nn.ModuleList(Block(self.shape) for _ in range(self.shape.layers))
        self.norm = Norm(self.shape.width)
        self.lm_head = Linear(self.shape.width, VOCABULARY, bias=False)
        self.checkpoint: typing.Callable[..., Tensor] | None = (
            None  # recomputes a block instead of keeping it
        )

    def forward(self, tokens: Tensor, bias: Tensor | None = None) -> Tensor:
        """`bias` is what is added to the attention scores; left out, each position sees what came before."""
        if bias is None:
            bias = causal(tokens.shape[1])
        turn = _turns(tokens.shape[1], self.shape.width // self.shape.heads)
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x, bias, turn) if self.checkpoint is None else self.checkpoint(block, x, bias, turn)
        return self.lm_head(self.norm(x))

    def products(self) -> typing.Iterator[Linear]:
        """All matrix products."""
        return (module for module in self.modules() if isinstance(module, Linear))

    def compute_in(self, form: str, pure: bool, kernel: str = "eager") -> None:
        """Sets the format of the products, whether all else is rounded to it, and the attention kernel."""
        for module in self.products():
            module.form = form
        for block in self.blocks:
            block.pure, block.attend = pure, KERNELS[kernel]


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean over all labelled positions, in nats, of logits (B, T, V) and labels (B, T)."""
    return functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED
    )


def causal(length: int) -> Tensor:
    """The bias (1, 1, T, T) that hides what comes later."""
    return torch.full((length, length), -math.inf).triu(1)[None, None]


def _turns(length: int, size: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the rotary angles (arXiv:2104.09864), each (T, E)."""
    frequency = 10000.0 ** (-torch.arange(0, size, 2) / size)
    angle = torch.outer(torch.arange(length), frequency).repeat(1, 2)
    return angle.cos(), angle.sin()


def _rotated(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    one, two = x.chunk(2, -1)
    return x * turn[0] + torch.cat((-two, one), -1) * turn[1]
