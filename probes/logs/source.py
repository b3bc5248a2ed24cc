"""A log file as bytes: a line, or one state of a progress bar that is redrawn in it, is a piece."""

from __future__ import annotations

import re
import typing

from probes.logs.reading import COLOUR, LONGEST

try:
    import numpy as np
except ImportError:  # probes run where there is none
    np = None  # type: ignore[assignment]

_PIECE = re.compile(rb"[^\r\n]+")
_BREAK = re.compile(rb"[\r\n]")
_STEP = 2**20  # bytes that are held at once
_PART = 2**18  # bytes of which the line ends are counted at once


class Piece(typing.NamedTuple):
    """Its place in the file, the lines that end between a given place and it, its text without colours."""

    start: int
    end: int
    lines: int
    text: str


class Source:
    """A file of which only what is asked for is in memory."""

    def __init__(self, file: typing.BinaryIO, size: int, encoding: str) -> None:
        self.size, self.encoding = size, encoding
        self._file = file

    def read(self, start: int, end: int) -> bytes:
        """Bytes [start, end), with line ends for what lies before the file's beginning or behind its end."""
        begin, stop = max(start, 0), min(end, self.size)
        self._file.seek(begin)
        return (
            b"\n" * (begin - start) + self._file.read(max(stop - begin, 0)) + b"\n" * (end - max(stop, start))
        )

    def fill(self, start: int, block: memoryview) -> None:
        """Puts the bytes from `start` on into a block, with line ends for what the file does not have."""
        before, end = max(-start, 0), min(self.size - start, len(block))
        block[:before] = b"\n" * before
        self._file.seek(start + before)
        while before < end and (count := self._file.readinto(block[before:end])):  # type: ignore[attr-defined]
            before += count
        block[before:] = b"\n" * (len(block) - before)

    def pieces(self, start: int, end: int) -> typing.Iterator[Piece]:
        """Those that begin in [start, end); their lines are counted from `start`."""
        lines = 0
        for at in range(start, end, _STEP):
            stop = min(at + _STEP, end)
            base = at - 1
            block = self.read(base, stop + LONGEST)
            inside = _BREAK.search(block)  # up to here is what began before
            counted = 1
            for found in _PIECE.finditer(block, inside.end() if inside else len(block)):
                if base + found.start() >= stop:
                    break
                lines += block.count(b"\n", counted, found.start())
                counted = found.start()
                yield self._piece(base, found.start(), found.end(), block, lines)
            lines += block.count(b"\n", counted, stop - base)

    def newlines(self, start: int, end: int) -> int:
        """How many lines end in [start, end)."""
        starts = range(start, end, _STEP)
        return sum(newlines(self.read(at, min(at + _STEP, end)), 0, _STEP) for at in starts)

    def around(self, places: typing.Iterable[int], block: bytearray, base: int, first: int) -> list[Piece]:
        """The pieces of the block's `places`, in order; their lines are counted from `first` on.

        The block, which begins at `base`, holds each of them whole, or as much of it as is looked at.
        """
        found: dict[int, Piece] = {}
        counted, lines = first, 0
        for place in sorted(places):
            begin = block.rfind(b"\n", 0, place) + 1
            begin = max(begin, block.rfind(b"\r", begin, place) + 1)
            if begin not in found:
                lines += newlines(block, counted, begin) - newlines(block, begin, counted)
                counted = begin
                stop = _BREAK.search(block, place)
                found[begin] = self._piece(base, begin, stop.start() if stop else len(block), block, lines)
        return list(found.values())

    def _piece(self, base: int, start: int, end: int, block: bytes | bytearray, lines: int) -> Piece:
        text = block[start : min(end, start + LONGEST)].decode(self.encoding, "replace")
        return Piece(base + start, base + end, lines, COLOUR.sub("", text) if "\x1b" in text else text)


def newlines(block: bytes | bytearray, start: int, end: int) -> int:
    """How many lines end in [start, end) of it."""
    if np is None:
        return block.count(b"\n", start, end)
    data = np.frombuffer(block, np.uint8)
    parts = (data[at : min(at + _PART, end)] for at in range(start, end, _PART))
    return sum(int(np.count_nonzero(part == ord("\n"))) for part in parts)
