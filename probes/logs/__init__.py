"""Training logs: what the loss did, read line by line from any framework's output."""

from __future__ import annotations

import re
import typing

from probes.logs import deepspeed, json_lines, megatron, messages, mmengine, plain, table, trainer
from probes.logs.anomaly import judge
from probes.logs.curve import Curve
from probes.logs.point import Point
from probes.logs.steps import Counter
from probes.report import Report

__all__ = ["FORMATS", "Point", "looks_like_log", "read"]

# The first format that knows a line has it, so the most particular come first.
FORMATS = {
    "mmengine": mmengine,
    "trainer": trainer,
    "json_lines": json_lines,
    "megatron": megatron,
    "deepspeed": deepspeed,
    "plain": plain,
    "table": table,
}

LONGEST = 64 * 1024  # characters of a line that are looked at; the rest is no log line's
PIECE = re.compile(r"[^\r\n]+")
COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
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
    readers = [(key, module.reader(), Counter()) for key, module in FORMATS.items()]
    losses = {key: Curve() for key in FORMATS}
    others = Curve()
    noted: dict[str, int] = {}
    for number, text in _pieces(lines):
        for key, point_of, counter in readers:
            point = point_of(text, number)
            if point is None:
                continue
            if point.loss is None:
                others.add(point)
            else:
                losses[key].add(counter.place(point))
            break
        else:
            message = messages.find(text)
            if message:
                noted.setdefault(message, number)
    # A log prints in one format; a few lines that happen to fit another are not its losses.
    chosen, _, counter = max(readers, key=lambda reader: losses[reader[0]].added)
    points = sorted([*losses[chosen].points(), *others.points()], key=lambda point: point.line)
    order = {message: noted[message] for message in messages.MESSAGES if message in noted}
    return judge(points, name, FORMATS[chosen].HIDES_NAN, counter.counted, order)


def looks_like_log(head: str) -> bool:
    """Whether the first lines of a text are a training log's, and not a config's or a report's.

    A report in prose may quote log lines: then sentences outnumber them.
    """
    readers = [module.reader() for module in FORMATS.values()]
    points = stamps = sentences = 0
    for number, text in _pieces(head.splitlines()):
        found = [point_of(text, number) for point_of in readers]
        if any(found) or messages.find(text):
            points += 1
        elif STAMP.match(text):
            stamps += 1
        elif SENTENCE.search(text):
            sentences += 1
    return points > sentences or (points + stamps >= 3 and points + stamps > sentences)


def _pieces(lines: typing.Iterable[str]) -> typing.Iterator[tuple[int, str]]:
    """The line's number and text, without colours, cut to LONGEST; a redrawn bar gives several pieces."""
    for number, line in enumerate(lines, 1):
        if len(line) <= LONGEST and "\r" not in line and "\x1b" not in line:
            yield number, line
            continue
        for found in PIECE.finditer(line):
            text = line[found.start() : min(found.end(), found.start() + LONGEST)]
            yield number, COLOUR.sub("", text)
