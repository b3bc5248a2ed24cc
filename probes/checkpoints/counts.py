"""What the values of a tensor are, looked at once, through a window of 4 MB, whatever the size."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import itertools
import mmap
import re
import typing

from probes.checkpoints import bits
from probes.checkpoints.listing import DamagedError
from probes.checkpoints.tensor import Tensor

WINDOW = 4 * 2**20  # bytes: fits a processor's cache, and is large enough that calls cost nothing
MAPPED = 4  # windows in memory at a time: fewer map slower, by pages instead of by huge pages
SAMPLE = 16 * 2**10  # bytes of each window in which subnormal numbers are counted
HUGE = 1000.0  # no weight of a trained model is larger; a flipped bit of the exponent makes one

THREADS = 2

Found = typing.TypeVar("Found")
Window = tuple[int, memoryview]  # with where in the tensor it begins
Looks = typing.Iterator[tuple[Window, Found]]

_EMBEDDING = re.compile(
    r"(?:^|\.)(?:embed_tokens|wte|word_embeddings|tok_embeddings|embed_in|shared|lm_head|embed_out|output"
    r"|embedding\.word_embeddings|output_layer)\.weight$"
)


@dataclasses.dataclass(frozen=True)
class Rows:
    """Of each row of an embedding its largest magnitude (as bits), and a key that only equal rows share."""

    largest: list[int]
    keys: list[int]


@dataclasses.dataclass(frozen=True)
class Counts:
    """The values of one tensor: how many are NaN and Inf, the largest of the others.

    `large` names the first rows that hold NaN, Inf, or a value of HUGE or more. `subnormal` is the share of
    subnormal values among the `sampled` ones. Whole numbers are not judged: of them all is 0.
    """

    tensor: Tensor
    nan: int = 0
    inf: int = 0
    large: tuple[int, ...] = ()
    largest: float = 0.0
    subnormal: float = 0.0
    sampled: int = 0
    rows: Rows | None = None


def is_embedding(tensor: Tensor) -> bool:
    """Whether each row of it stands for a token."""
    return len(tensor.shape) == 2 and tensor.dense and bool(_EMBEDDING.search(tensor.name))


def count(tensor: Tensor, file: typing.BinaryIO, done: typing.Callable[[int], None]) -> Counts:
    """Looks at all values of a tensor in the open `file`; `done` is told how many bytes were looked at.

    Raises DamagedError when the file ends too early.
    """
    dtype, width = tensor.dtype, tensor.dtype.width
    if not dtype.is_float or not tensor.size:
        done(tensor.size)
        return Counts(tensor)
    limit = min(dtype.magnitude(HUGE), dtype.not_finite)
    line = tensor.row * width
    by_row = is_embedding(tensor) and 0 < line <= WINDOW
    nan = inf = highest = tiny = sampled = 0
    large: list[int] = []
    peaks: list[int] = []
    keys: list[int] = []

    def look(window: memoryview) -> tuple[list[int], list[int]]:
        return bits.by_row(window, width, tensor.row) if by_row else ([bits.largest(window, width)], [])

    windows = _windows(tensor, file, WINDOW // line * line if by_row else WINDOW)
    for (begin, window), (row_peaks, row_keys) in _on_threads(look, windows):
        if by_row:
            peaks += row_peaks
            keys += row_keys
        peak = max(row_peaks)
        if peak >= limit:
            more = bits.above(window, dtype, limit)
            nan, inf, peak = nan + more.nan, inf + more.inf, more.largest
            if len(large) < bits.MOST_ROWS and tensor.row:
                large += [(begin // width + place) // tensor.row for place in more.places]
        highest = max(highest, peak)
        sample = window[:SAMPLE]
        tiny += bits.subnormal(sample, dtype)
        sampled += len(sample) // width
        done(len(window))
    rows = Rows(peaks, keys) if by_row else None
    first = tuple(dict.fromkeys(large))[: bits.MOST_ROWS]
    return Counts(tensor, nan, inf, first, dtype.value(highest), tiny / sampled, sampled, rows)


def _on_threads(look: typing.Callable[[memoryview], Found], windows: typing.Iterator[Window]) -> Looks[Found]:
    """The windows, MAPPED at a time, each with what `look` finds in it; numpy lets threads run at once."""
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        while batch := list(itertools.islice(windows, MAPPED)):
            each = pool.map if len(batch) > 1 else map
            yield from zip(batch, each(look, [window for _, window in batch]))


def _windows(tensor: Tensor, file: typing.BinaryIO, step: int) -> typing.Iterator[Window]:
    """The tensor's bytes, `step` at a time, each with where it begins.

    Only MAPPED windows are in memory at a time. A file that is cut off meanwhile, by the run that writes it,
    is noticed when the next ones are mapped.
    """
    for first in range(0, tensor.size, step * MAPPED):
        offset, size = tensor.offset + first, min(step * MAPPED, tensor.size - first)
        page = offset // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
        try:
            mapped = mmap.mmap(file.fileno(), offset - page + size, offset=page, access=mmap.ACCESS_READ)
        except ValueError:
            raise DamagedError("it ends before its last tensor does") from None
        part = memoryview(mapped)[offset - page :]
        for begin in range(0, size, step):
            window = part[begin : begin + step]
            # Numbers that lie across their boundaries (old files) are copied: else they are read one by one.
            yield first + begin, memoryview(bytes(window)) if offset % tensor.dtype.width else window
