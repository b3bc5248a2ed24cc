"""Looks for many wordings at once in the bytes of a large log.

Each is looked for by the one of its bytes that this log has the least of: a single byte is found some ten
times faster than a word, and most logs lack a letter or two of any message.
"""

from __future__ import annotations

import collections
import typing

RARE = 1 / 1_500  # of all bytes; above it, looking at each place costs more than looking for the whole word


class Wordings:
    """Finds `wordings` in blocks that are like `sample`."""

    def __init__(self, wordings: typing.Iterable[bytes], sample: bytes) -> None:
        counts = collections.Counter(sample)
        self._common: list[bytes] = []
        self._by_byte: dict[int, list[tuple[int, bytes]]] = {}
        for wording in wordings:
            offset = min(range(len(wording)), key=lambda index: counts[wording[index]])
            if counts[wording[offset]] > RARE * len(sample):
                self._common.append(wording)
            else:
                self._by_byte.setdefault(wording[offset], []).append((offset, wording))

    def find(self, block: bytes, start: int, end: int) -> dict[bytes, list[int]]:
        """The places in [start, end) where each wording that is there begins; it may reach beyond the end."""
        found: dict[bytes, list[int]] = {}
        for wording in self._common:
            for place in _each(block, wording, start, end + len(wording) - 1):
                found.setdefault(wording, []).append(place)
        for byte, wordings in self._by_byte.items():
            # The byte stands `offset` behind the wording's start.
            furthest = max(offset for offset, _ in wordings)
            for at in _each(block, bytes([byte]), start, end + furthest):
                for offset, wording in wordings:
                    if start <= at - offset < end and block.startswith(wording, at - offset):
                        found.setdefault(wording, []).append(at - offset)
        return found


def _each(block: bytes, wanted: bytes, start: int, end: int) -> typing.Iterator[int]:
    at = block.find(wanted, start, end)
    while at >= 0:
        yield at
        at = block.find(wanted, at + 1, end)
