"""What kind of log a large file is, from some places in it."""

from __future__ import annotations

import dataclasses
import math
import re

from probes.logs.point import NUMBER
from probes.logs.reading import Reading
from probes.logs.source import Source

PLACES, EACH = 16, 8 * 1024  # so many places, so many bytes at each

_LOSS = re.compile(rb"(?s)(..)(?i:loss)(?:[_ ](?:train|val|step))?['\": =\t\]]{0,6}(%s)" % NUMBER.encode())


@dataclasses.dataclass(frozen=True)
class Survey:
    """The format of most losses, the two bytes before "loss" in it (none: any), and some bytes of the log.

    `named`: a loss stands behind its name, as `figures` looks for it; in a table it does not.
    """

    format: str
    named: bool
    before: frozenset[bytes]
    sample: bytes


def survey(source: Source) -> Survey:
    """Reads PLACES places of a file that is larger than all of them together."""
    reading, sample, points = Reading(), b"", []
    for index in range(PLACES):
        start = index * max(source.size - EACH, 0) // (PLACES - 1)
        sample += source.read(start, start + EACH)
        for piece in source.pieces(start, start + EACH):
            found = reading.add(piece.text, 0)
            # Where a counter beside it makes it NaN, the printed loss is another.
            if found and found[1].loss is not None and math.isfinite(found[1].loss):
                points.append((found[0], found[1].loss, piece.text.encode(errors="replace")))
    own = [_before(text, loss) for key, loss, text in points if key == reading.chosen]
    before = frozenset(pair for pair in own if pair)
    if any(b"\n" in pair for pair in before):  # what stands before a line's first word is another line's
        before = frozenset()
    return Survey(reading.chosen, all(own), before, sample)


def _before(text: bytes, loss: float) -> bytes:
    """The two bytes before the name of a line's loss; nothing where there is none."""
    matches = ((match[1], float(match[2])) for match in _LOSS.finditer(b"\n\n" + text))
    return next((pair for pair, number in matches if number == loss), b"")
