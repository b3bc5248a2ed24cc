"""What kind of log a large file is, from some places in it."""

from __future__ import annotations

import dataclasses
import re

from probes.logs.point import NUMBER
from probes.logs.reading import Reading
from probes.logs.source import Source

PLACES, EACH = 16, 16 * 1024  # so many places, so many bytes at each

_LOSS = re.compile(rb"(?s)(..)(?i:loss)(?:[_ ](?:train|val|step))?['\": =\t\]]{0,6}(%s)" % NUMBER.encode())


@dataclasses.dataclass(frozen=True)
class Survey:
    """The format of most losses, the two bytes before "loss" in it (none: any), and some bytes of the log."""

    format: str
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
            if found and found[1].loss is not None:
                points.append((found[0], found[1].loss, piece.text.encode(errors="replace")))
    before = {
        match[1]
        for key, loss, text in points
        if key == reading.chosen
        for match in _LOSS.finditer(b"\n\n" + text)
        if float(match[2]) == loss
    }
    # What stands before the first word of a line is another line's.
    any_will_do = any(b"\n" in pair for pair in before)
    return Survey(reading.chosen, frozenset() if any_will_do else frozenset(before), sample)
