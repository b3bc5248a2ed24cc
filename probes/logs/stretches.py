"""The stretches of a large log: in each, the pieces that matter.

They are the lines with the first loss, the lowest and the highest, with the largest gradient norm, with what
is not finite, and with the known wordings.
"""

from __future__ import annotations

import collections
import concurrent.futures
import pathlib
import re
import threading
import typing

from probes.logs import deepspeed, messages
from probes.logs.extremes import FIGURES, extremes
from probes.logs.source import Piece, Source, newlines
from probes.logs.survey import Survey
from probes.logs.wordings import Wordings

ALIKE = 8  # lines with one wording that are all taken from a stretch; of more, four are
MARGIN = 64 * 1024  # bytes around a stretch that its first and last line may reach into
PART = 2 * 1024 * 1024  # bytes that are looked at at once: each look hands Python over to another thread

COUNTED_NAN = re.compile(rb"nan iterations:\s{1,8}[1-9]")
_BAR = 600  # bytes before a loss in which its progress bar is looked for
_WORKERS = 2

Found = typing.TypeVar("Found")


class Stretch(typing.NamedTuple):
    """Bytes [start, end) of a file: the pieces that matter, how many lines end in it, the places of losses.

    The pieces' lines are counted from `start`, the losses' places from `base`. `crowded`: more
    numbers are not finite than were taken.
    """

    start: int
    end: int
    base: int
    pieces: list[Piece]
    lines: int
    own: typing.Sequence[int]
    crowded: bool


def look_through(path: pathlib.Path, source: Source, kind: Survey, length: int) -> typing.Iterator[Stretch]:
    """All stretches in order."""
    known = [wording for wording, _ in messages.WORDINGS] + list(deepspeed.WORDINGS)
    wordings = Wordings([wording.encode() for wording in known], kind.sample)

    def look(here: Source, start: int, end: int, block: bytearray) -> Stretch:
        return _look(here, start, end, kind, wordings, block)

    return in_order(path, source, length, look)


def in_order(
    path: pathlib.Path,
    source: Source,
    length: int,
    look: typing.Callable[[Source, int, int, bytearray], Found],
) -> typing.Iterator[Found]:
    """What `look` makes of all stretches, in order; those ahead are on other threads, which numpy lets run.

    It gets the file, where the stretch starts and ends, and room for it with a MARGIN on both sides.
    """
    room = threading.local()

    def one(start: int) -> Found:
        if not hasattr(room, "block"):
            room.block = bytearray(MARGIN + length + MARGIN)
        with path.open("rb", buffering=0) as file:
            here = Source(file, source.size, source.encoding)
            return look(here, start, min(start + length, source.size), room.block)

    with concurrent.futures.ThreadPoolExecutor(_WORKERS) as pool:
        ahead: collections.deque[concurrent.futures.Future[Found]] = collections.deque()
        for start in range(0, source.size, length):
            ahead.append(pool.submit(one, start))
            if len(ahead) > 2 * _WORKERS:
                yield ahead.popleft().result()
        for waiting in ahead:
            yield waiting.result()


def parts(source: Source, start: int, end: int, block: bytearray) -> typing.Iterator[tuple[int, int]]:
    """Reads a stretch and its margins part by part, each to be looked at while the cache holds it."""
    base, first, last = start - MARGIN, MARGIN, MARGIN + end - start
    with memoryview(block) as room:
        source.fill(base, room[:first])
        for begin in range(first, last, PART):
            stop = min(begin + PART, last)
            source.fill(base + begin, room[begin:stop])
            yield begin, stop
        source.fill(base + last, room[last : last + MARGIN])


def _look(
    source: Source, start: int, end: int, kind: Survey, wordings: Wordings, block: bytearray
) -> Stretch:
    """What `block`, which has room for it and a MARGIN on both sides, shows of a stretch."""
    base, first, last = start - MARGIN, MARGIN, MARGIN + end - start
    names: list[typing.Any] = []
    looks: list[typing.Any] = []
    for begin, stop in parts(source, start, end, block):
        names.append(FIGURES.names(block, begin, stop))
        looks.append(wordings.looks(block, begin, stop))
    looks.append(wordings.looks(block, last, last + wordings.longest))

    found = extremes(block, names, kind.before)
    places = set(found.places)
    for alike in wordings.find(block, looks, first, last).values():
        few = len(alike) <= ALIKE
        places.update(alike if few else (alike[at * (len(alike) - 1) // 3] for at in range(4)))
    if kind.format == "megatron":
        places.update(_counted_nan(block, first, last))
    if kind.format == "trainer":
        places.update(_bars(block, found.places))
    pieces = source.around(places, block, base, first)
    counted, lines = (pieces[-1].start - base, pieces[-1].lines) if pieces else (first, 0)
    return Stretch(start, end, base, pieces, lines + newlines(block, counted, last), found.own, found.crowded)


def _counted_nan(block: bytearray, start: int, end: int) -> list[int]:
    """Megatron prints the mean of the losses that are finite, and beside it how many were not."""
    matches = (match for match in COUNTED_NAN.finditer(block, start, end))
    return [match.start() for _, match in zip(range(ALIKE), matches)]


def _bars(block: bytearray, places: typing.Iterable[int]) -> typing.Iterator[int]:
    """The progress bars right before some losses: the Trainer prints the step in no other way."""
    for place in places:
        bar = block.rfind(b"%|", place - _BAR, place)
        if bar >= 0:
            yield bar
