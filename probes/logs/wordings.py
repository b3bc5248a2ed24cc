"""Looks for many wordings at once in the bytes of a large log.

A wording of eleven bytes, wherever it begins, holds four in a row that begin at a multiple of eight. So one look
at every eighth place is enough: the four bytes there are hashed, and a table tells whether a wording has such a
hash. Where a wording could be seen by several of its bytes, it is by those whose hash the log has least.
"""

from __future__ import annotations

import typing

try:
    import numpy as np
except ImportError:  # each wording is looked for by itself then
    np = None  # type: ignore[assignment]

LEAST = 11  # bytes of a wording
_EACH, _WIDTH, _WORD = 8, 4, 8  # a look at every so many bytes, at so many; what is compared at once
# The lower four bytes of a word of eight, times this, decide its upper bits (Knuth's multiplicative hash).
_FACTOR, _BITS = 2_654_435_769 << 32, 16
_CHUNK = 2**15  # looks; so much stays in the processor's cache from one step to the next

Array = typing.Any  # numpy's own types have no name in the older versions that probes meet


class Wordings:
    """Finds wordings of at least LEAST bytes in blocks that are like `sample`."""

    def __init__(self, wordings: typing.Iterable[bytes], sample: bytes) -> None:
        self._wordings = tuple(wordings)
        self._longest = max(map(len, self._wordings))
        if np is None:
            return
        usual = np.bincount(_hash(_windows(sample)), minlength=2**_BITS)
        seen: dict[int, list[tuple[bytes, int]]] = {}
        for wording in self._wordings:
            windows = _windows(wording)
            rare = usual[_hash(windows)]
            for first in range(_EACH):
                at = first + _EACH * int(rare[first::_EACH].argmin())
                seen.setdefault(int(windows[at]), []).append((wording, at))
        self._windows = np.array(sorted(seen), np.uint64)
        self._seen = [seen[window] for window in sorted(seen)]  # by what: the wording, and where in it
        self._table = np.zeros(2**_BITS, bool)
        self._table[_hash(self._windows)] = True

    def find(self, block: bytes, start: int, end: int) -> dict[bytes, typing.Sequence[int]]:
        """The places in [start, end) where each wording that is there begins; it may reach beyond the end.

        The block goes on for as many bytes as a wording has, behind the end.
        """
        if np is None:
            found = {wording: list(_each(block, wording, start, end)) for wording in self._wordings}
            return {wording: places for wording, places in found.items() if places}
        places, windows = self._looks(block, start, end)
        seen: dict[bytes, list[Array]] = {}
        for index in np.flatnonzero(np.bincount(windows)).tolist():
            here = places[windows == index]
            for wording, at in self._seen[index]:
                begins = here - at
                begins = _same(block, begins[(begins >= start) & (begins < end)], wording)
                if len(begins):
                    seen.setdefault(wording, []).append(begins)
        return {wording: np.sort(np.concatenate(begins)) for wording, begins in seen.items()}

    def _looks(self, block: bytes, start: int, end: int) -> tuple[Array, Array]:
        """The places at which a part of a wording that begins in [start, end) is, and the index of the part."""
        words = np.frombuffer(block, "<u8", len(block) // _EACH)
        last = -(-(end + self._longest) // _EACH)
        found = [np.empty(0, np.int64)]
        product, may = np.empty(_CHUNK, np.uint64), np.empty(_CHUNK, bool)
        for begin in range(start // _EACH, min(last, len(words)), _CHUNK):
            some = words[begin : min(begin + _CHUNK, last)]
            hashed = _hash(some, product[: len(some)])
            # All are within the table; "wrap" only spares a look whether they are.
            found.append(self._table.take(hashed, out=may[: len(some)], mode="wrap").nonzero()[0] + begin)
        at = np.concatenate(found)
        windows = words[at] & np.uint64(2 ** (8 * _WIDTH) - 1)
        index = np.searchsorted(self._windows, windows).clip(max=len(self._windows) - 1)
        real = self._windows[index] == windows
        return at[real] * _EACH, index[real]


def _windows(text: bytes) -> Array:
    """The four bytes at every place of a text."""
    places = max(len(text) - _WIDTH + 1, 0)
    return np.ndarray((places,), "<u4", text, strides=(1,)).astype(np.uint64)


def _hash(words: Array, out: Array = None) -> Array:
    """The hashes of the lower four bytes of words."""
    product = np.multiply(words, np.uint64(_FACTOR), out=out)
    return np.right_shift(product, np.uint64(64 - _BITS), out=product).view(np.int64)


def _same(block: bytes, places: Array, wording: bytes) -> Array:
    """Those of the places at which the wording stands."""
    words = np.ndarray((len(block) - _WORD + 1,), "<u8", block, strides=(1,))
    for at in (*range(0, len(wording) - _WORD, _WORD), len(wording) - _WORD):
        if not len(places):
            break
        places = places[words[places + at] == int.from_bytes(wording[at : at + _WORD], "little")]
    return places


def _each(block: bytes, wanted: bytes, start: int, end: int) -> typing.Iterator[int]:
    end += len(wanted) - 1
    at = block.find(wanted, start, end)
    while at >= 0:
        yield at
        at = block.find(wanted, at + 1, end)
