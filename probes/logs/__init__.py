"""Training logs: what the loss did, read line by line from any framework's output."""

from __future__ import annotations

import re
import typing

from probes.logs import messages
from probes.logs.large import Progress, read_file
from probes.logs.point import Point
from probes.logs.reading import FORMATS, LONGEST, Reading, pieces
from probes.report import Report

__all__ = ["FORMATS", "LONGEST", "Point", "Progress", "looks_like_log", "read", "read_file"]

# What else a log's lines look like: a time, a level, a progress bar, a traceback.
STAMP = re.compile(
    r"\s{0,8}\[?(?:\d{4}[-/])?\d{2}[-/]\d{2}[ T]\d{2}:\d{2}:\d{2}|\[?(?:INFO|WARNING|ERROR)\b"
    r"|.{0,60}%\|.{0,400}\| |Traceback \(most recent call last\)|  File \""
)
SENTENCE = re.compile(r"(?:[A-Za-z']{1,30}\s{1,2}){4}[A-Za-z']|[\u3040-\u9fff，。]{10}")


def read(lines: typing.Iterable[str], name: str) -> Report:
    """What a log says. Takes any text: lines that are no log's are passed over.

    Reads in one pass and in bounded memory; `lines` may come with or without their line ends.
    """
    reading = Reading(name)
    for number, text in pieces(lines):
        reading.add(text, number)
    return reading.report()


def looks_like_log(head: str) -> bool:
    """Whether the first lines of a text are a training log's, and not a config's or a report's.

    A report in prose may quote log lines: then sentences outnumber them.
    """
    readers = [module.reader() for module in FORMATS.values()]
    points = stamps = sentences = 0
    for number, text in pieces(head.splitlines()):
        found = [point_of(text, number) for point_of in readers]
        if any(found) or messages.find(text):
            points += 1
        elif STAMP.match(text):
            stamps += 1
        elif SENTENCE.search(text):
            sentences += 1
    return points > sentences or (points + stamps >= 3 and points + stamps > sentences)
