"""Looks for many wordings at once in the bytes of a large log.

A wording of ten bytes, wherever it begins, holds three in a row that begin at a multiple of eight. So one
look at every eighth place is enough: the three bytes there are hashed, and a table tells whether a wording
has such a hash. Where a wording could be seen by several of its bytes, it is by those the log has least of.
"""

from __future__ import annotations

import typing

try:
    import numpy as np
except ImportError:  # each wording is looked for by itself then
    np = None  # type: ignore[assignment]

LEAST = 10  # bytes of a wording
_EACH, _WIDTH, _WORD = 8, 3, 8  # a look at every so many bytes, at so many; what is compared at once
_MASK = 2 ** (8 * _WIDTH) - 1
# The lower three bytes of a word of eight, times this, decide its upper bits (Knuth's multiplicative hash).
_FACTOR, _BITS = 2_654_435_769 << 40 & 2**64 - 1, 16

Bytes = typing.Union[bytes, bytearray]
Array = typing.Any  # numpy's own types have no name in the older versions that probes meet


class Wordings:
    """Finds wordings of at least LEAST bytes in blocks that are like `sample`."""

    def __init__(self, wordings: typing.Iterable[bytes], sample: bytes) -> None:
        self._wordings = tuple(wordings)
        self.longest = max(map(len, self._wordings))
        if np is None:
            return
        usual = np.bincount(_hash(_windows(sample)), minlength=2**_BITS)
        seen: dict[int, list[tuple[bytes, int]]] = {}
        for wording in self._wordings:
            hashes = _hash(_windows(wording))
            rare = usual[hashes]
            for first in range(_EACH):
                at = first + _EACH * int(rare[first::_EACH].argmin())
                seen.setdefault(int(hashes[at]), []).append((wording, at))
        self._seen = list(seen.values())  # by which hashes: the wordings, and where in them
        self._number = np.zeros(2**_BITS, np.int16)  # of each of these hashes, in this order
        self._number[list(seen)] = np.arange(len(seen))
        self._table = np.zeros(2**_BITS, bool)
        self._table[list(seen)] = True

    def looks(self, block: Bytes, start: int, end: int) -> tuple[typing.Any, typing.Any]:
        """What `find` needs to know of a part of a block: where a part of a wording may be, and which."""
        if np is None:
            return None, None
        first, last = -(-start // _EACH), -(-min(end, len(block) - _EACH) // _EACH)
        words = np.frombuffer(block, "<u8", max(last - first, 0), first * _EACH)
        hashes = _hash(words)
        # All hashes are within the table; "wrap" only spares a look whether they are.
        found = self._table.take(hashes, mode="wrap").nonzero()[0]
        return _EACH * (found + first), self._number[hashes[found]]

    def find(
        self, block: Bytes, looks: typing.Sequence[typing.Any], start: int, end: int
    ) -> dict[bytes, typing.Any]:
        """The places in [start, end) where each wording that is there begins; it may reach beyond the end.

        `looks` are those of all parts from the start to `longest` behind the end.
        """
        if np is None:
            found = {wording: list(_each(block, wording, start, end)) for wording in self._wordings}
            return {wording: places for wording, places in found.items() if places}
        places, numbers = map(np.concatenate, zip(*looks))
        places = places[numbers.argsort(kind="stable")]
        ends = np.bincount(numbers, minlength=len(self._seen)).cumsum().tolist()
        may: dict[bytes, list[Array]] = {}
        for first, last, wordings in zip([0, *ends], ends, self._seen):
            if first < last:
                for wording, inside in wordings:
                    may.setdefault(wording, []).append(places[first:last] - inside)
        seen = {wording: _same(block, start, end, begins, wording) for wording, begins in may.items()}
        return {wording: begins for wording, begins in seen.items() if len(begins)}


def _windows(text: bytes) -> Array:
    """The three bytes at every place of a text."""
    words = np.ndarray((len(text) - _WIDTH + 1,), "<u4", text + b"\0", strides=(1,)).astype(np.uint64)
    return words & np.uint64(_MASK)


def _hash(words: Array) -> Array:
    """The hashes of the lower three bytes of words."""
    product = words * np.uint64(_FACTOR)
    return np.right_shift(product, np.uint64(64 - _BITS), out=product).view(np.int64)


def _same(block: Bytes, start: int, end: int, begins: list[Array], wording: bytes) -> Array:
    """Those of some places in [start, end) at which the wording stands, in order."""
    places = np.concatenate(begins)
    places = places[(places >= start) & (places < end)]
    words = np.ndarray((len(block) - _WORD + 1,), "<u8", block, strides=(1,))
    for at in (*range(0, len(wording) - _WORD, _WORD), len(wording) - _WORD):
        if not len(places):
            break
        there = words[places + at] == int.from_bytes(wording[at : at + _WORD], "little")
        places = places[there.nonzero()[0]]
    return np.sort(places)


def _each(block: Bytes, wanted: bytes, start: int, end: int) -> typing.Iterator[int]:
    end += len(wanted) - 1
    at = block.find(wanted, start, end)
    while at >= 0:
        yield at
        at = block.find(wanted, at + 1, end)
