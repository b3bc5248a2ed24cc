"""Parts of a tensor, looked at in blocks that fit a processor's cache, on two threads.

A block is read into a buffer that the next one takes over, so that memory is gone through once, by reading;
a mapped file costs a page fault every few pages, and took longer. What a thread does by itself, in Python,
the other one has to wait for: so it does next to nothing for each block.
"""

from __future__ import annotations

import collections
import dataclasses
import mmap
import typing
from concurrent.futures import Future, ThreadPoolExecutor

from probes.checkpoints import bits, rows
from probes.checkpoints.bits import Values
from probes.checkpoints.rows import Rows
from probes.checkpoints.tensor import Tensor

BLOCK = 512 * 2**10  # bytes: half of a second-level cache, through which the file comes too
PART = 16 * 2**20  # bytes that a thread is given at a time: handing over costs nothing then
SAMPLE = 64 * 2**10  # bytes of each part in which subnormal numbers are counted
THREADS, WAITING = 2, 6  # parts that may be handed out and not yet asked for
HUGE = 1000.0  # no weight of a trained model is larger; a flipped bit of the exponent makes one


@dataclasses.dataclass
class Part:
    """The bytes of a tensor from `begin` on, and what is found in them; magnitudes are bits, places are rows.

    `by_row`: it holds whole rows, each of which is judged. `damage` says why it could not be read.
    """

    tensor: Tensor
    begin: int
    size: int
    by_row: bool = False
    nan: int = 0
    inf: int = 0
    large: list[int] = dataclasses.field(default_factory=list)
    largest: int = 0
    subnormal: int = 0
    sampled: int = 0
    rows: list[Rows] = dataclasses.field(default_factory=list)
    damage: str = ""


def split(tensor: Tensor, by_row: bool) -> typing.Iterator[Part]:
    """All parts of a tensor; a single one where there are no values to judge."""
    if not tensor.dtype.is_float or not tensor.size:
        yield Part(tensor, 0, tensor.size)
        return
    line = tensor.row * tensor.dtype.width
    by_row = by_row and 0 < line <= BLOCK
    step = PART // line * line if by_row else PART
    for begin in range(0, tensor.size, step):
        yield Part(tensor, begin, min(step, tensor.size - begin), by_row)


def look(parts: typing.Iterable[Part]) -> typing.Iterator[Part]:
    """The same parts in the same order, with what is found in them."""
    buffers = [memoryview(mmap.mmap(-1, BLOCK)) for _ in range(THREADS)]
    waiting: collections.deque[Future[Part]] = collections.deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for part in parts:
            waiting.append(pool.submit(_look, part, buffers))
            if len(waiting) > WAITING:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _look(part: Part, buffers: list[memoryview]) -> Part:
    """Looks at a part through one of the free buffers."""
    buffer = buffers.pop()
    try:
        if part.size and part.tensor.dtype.is_float:
            _read(part, buffer)
    except OSError as error:
        part.damage = f"cannot be read ({error.strerror})"
    finally:
        buffers.append(buffer)
    return part


def _read(part: Part, buffer: memoryview) -> None:
    tensor, dtype, width = part.tensor, part.tensor.dtype, part.tensor.dtype.width
    limit = min(dtype.magnitude(HUGE), dtype.not_finite)
    line, end = tensor.row * width, part.begin + part.size
    step = BLOCK // line * line if part.by_row else BLOCK
    values = Values(buffer[: min(step, part.size)], dtype)
    with tensor.path.open("rb", buffering=0) as file:
        file.seek(tensor.offset + part.begin)
        for begin in range(part.begin, end, step):
            if begin + step > end:
                values = Values(buffer[: end - begin], dtype)
            if not _filled(values.window, file):
                part.damage = "it ends before its last tensor does"
                return
            if part.by_row:
                part.rows.append(rows.look(values, tensor.row))
                peak = part.rows[-1].peak
            else:
                peak = values.largest()
            if peak >= limit:
                more = values.above(limit)
                part.nan, part.inf, peak = part.nan + more.nan, part.inf + more.inf, more.largest
                if len(part.large) < bits.MOST_ROWS and tensor.row:
                    part.large += [(begin // width + place) // tensor.row for place in more.places]
            part.largest = max(part.largest, peak)
            if not part.sampled:
                sample = Values(values.window[:SAMPLE], dtype)
                part.subnormal, part.sampled = sample.subnormal(), len(sample.window) // width


def _filled(block: memoryview, file: typing.BinaryIO) -> bool:
    """Whether the file had enough for the block, which it gives in one piece but for signals and networks."""
    count = 0
    while count < len(block):
        more = file.readinto(block[count:] if count else block)  # type: ignore[attr-defined]
        if not more:
            return False
        count += more
    return True
