"""What the values of tensors are, looked at once, whatever their size."""

from __future__ import annotations

import dataclasses
import itertools
import re
import typing

from probes.checkpoints import bits, parts
from probes.checkpoints.parts import Part
from probes.checkpoints.rows import Rows, joined
from probes.checkpoints.tensor import Tensor

_EMBEDDING = re.compile(
    r"(?:^|\.)(?:embed_tokens|wte|word_embeddings|tok_embeddings|embed_in|shared|lm_head|embed_out|output"
    r"|embedding\.word_embeddings|output_layer)\.weight$"
)


@dataclasses.dataclass(frozen=True)
class Counts:
    """The values of one tensor: how many are NaN and Inf, the largest of the others.

    `large` names the first rows that hold NaN, Inf, or a value of HUGE or more. `subnormal` is the share of
    subnormal values among the `sampled` ones. Whole numbers are not judged: of them all is 0.
    `damage` says why not all of it could be looked at; the rest then holds for what could.
    """

    tensor: Tensor
    nan: int = 0
    inf: int = 0
    large: tuple[int, ...] = ()
    largest: float = 0.0
    subnormal: float = 0.0
    sampled: int = 0
    rows: Rows | None = None
    damage: str = ""


def is_embedding(tensor: Tensor) -> bool:
    """Whether each row of it stands for a token."""
    return len(tensor.shape) == 2 and tensor.dense and bool(_EMBEDDING.search(tensor.name))


def count(
    tensors: typing.Iterable[Tensor], done: typing.Callable[[Tensor, int], None]
) -> typing.Iterator[Counts]:
    """Looks at all values of the tensors; `done` is told of which how many bytes were looked at."""
    split = (part for tensor in tensors for part in parts.split(tensor, is_embedding(tensor)))
    for tensor, looked in itertools.groupby(parts.look(split), key=lambda part: part.tensor):
        found = []
        for part in looked:
            done(tensor, part.size)
            found.append(part)
        yield _whole(tensor, found)


def _whole(tensor: Tensor, found: list[Part]) -> Counts:
    """The counts of a tensor from those of its parts."""
    large = dict.fromkeys(row for part in found for row in part.large)
    sampled = sum(part.sampled for part in found)
    return Counts(
        tensor,
        nan=sum(part.nan for part in found),
        inf=sum(part.inf for part in found),
        large=tuple(large)[: bits.MOST_ROWS],
        largest=tensor.dtype.value(max(part.largest for part in found)) if sampled else 0.0,
        subnormal=sum(part.subnormal for part in found) / max(sampled, 1),
        sampled=sampled,
        rows=joined([rows for part in found for rows in part.rows]) if found[0].by_row else None,
        damage=next((part.damage for part in found if part.damage), ""),
    )
