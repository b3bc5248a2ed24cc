"""Looks for many wordings at once in the bytes of a large log.

Each is looked for by those of its bytes that this log has the least of: a single byte is found some ten times
faster than a word, and most logs lack a letter or two of any message.
"""

from __future__ import annotations

import collections
import typing

from probes.logs.figures_numpy import THERE, bytes_of, having

SELDOM = 1 / 30_000  # of all bytes; so few places of a byte are looked at one by one in no time
RARE = 1 / 2_000  # where there is no numpy: above it, looking for the whole word costs less


class Wordings:
    """Finds wordings of at least two bytes in blocks that are like `sample`."""

    def __init__(self, wordings: typing.Iterable[bytes], sample: bytes) -> None:
        counts = collections.Counter(sample)
        self._words: list[bytes] = []
        self._seldom: dict[
            int, list[tuple[bytes, int, int]]
        ] = {}  # by the byte, with its offset and the next
        self._often: dict[int, list[tuple[bytes, int, int]]] = {}
        for wording in wordings:
            one, two = sorted(range(len(wording)), key=lambda index: counts[wording[index]])[:2]
            share = counts[wording[one]] / max(len(sample), 1)
            if share <= (SELDOM if THERE else RARE):
                self._seldom.setdefault(wording[one], []).append((wording, one, two))
            elif THERE:
                self._often.setdefault(wording[one], []).append((wording, one, two))
            else:
                self._words.append(wording)

    def find(self, block: bytes, start: int, end: int) -> dict[bytes, list[int]]:
        """The places in [start, end) where each wording that is there begins; it may reach beyond the end."""
        found: dict[bytes, list[int]] = {}
        for byte, wordings in self._seldom.items():
            places = list(_each(block, bytes([byte]), start, end + max(one for _, one, _ in wordings)))
            for wording, one, _ in wordings:
                found[wording] = [at - one for at in places]
        for byte, wordings in self._often.items():
            at = bytes_of(block, start, end + max(one for _, one, _ in wordings), byte)
            for wording, one, two in wordings:
                found[wording] = (at[having(block, at - one + two, wording[two])] - one).tolist()
        for wording in self._words:
            found[wording] = list(_each(block, wording, start, end + len(wording) - 1))
        return {
            wording: real
            for wording, places in found.items()
            if (real := [at for at in places if start <= at < end and block.startswith(wording, at)])
        }


def _each(block: bytes, wanted: bytes, start: int, end: int) -> typing.Iterator[int]:
    at = block.find(wanted, start, end)
    while at >= 0:
        yield at
        at = block.find(wanted, at + 1, end)
