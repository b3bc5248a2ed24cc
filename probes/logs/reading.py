"""A log's lines through the formats: each line to the first format that knows it, the points collected."""

from __future__ import annotations

import re
import typing

from probes.logs import deepspeed, json_lines, megatron, messages, mmengine, plain, table, trainer
from probes.logs.anomaly import judge
from probes.logs.curve import Curve, in_order
from probes.logs.point import Point
from probes.logs.steps import Counter
from probes.report import Report

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


class Reading:
    """Takes a log's pieces in their order, in bounded memory, and judges them at the end."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._readers = {key: module.reader() for key, module in FORMATS.items()}
        self._readers["table"] = table.reader(name)
        self._counters = {key: Counter() for key in FORMATS}
        self._losses = {key: Curve() for key in FORMATS}
        self._others = Curve()
        self._noted: dict[str, int] = {}

    def add(self, text: str, number: int) -> tuple[str, Point] | None:
        """Takes one piece of line `number`. Gives its point, if it is one, and the format that has it."""
        for key, point_of in self._readers.items():
            point = point_of(text, number)
            if point is None:
                continue
            if point.loss is None:
                self._others.add(point)
            else:
                point = self._counters[key].place(point)
                self._losses[key].add(point)
            return key, point
        message = messages.find(text)
        if message:
            self._noted.setdefault(message, number)
        return None

    def counts(self, key: str) -> bool:
        """Whether the losses of a format are counted, since it prints no steps."""
        return self._counters[key].counted

    def passed(self, key: str, losses: int) -> None:
        """So many losses of a format were passed over: a log without steps has to count them."""
        self._counters[key].passed(losses)

    @property
    def chosen(self) -> str:
        """A log prints in one format; a few lines that happen to fit another are not its losses."""
        return max(FORMATS, key=lambda key: self._losses[key].added)

    def report(self) -> Report:
        """What the log says."""
        chosen = self.chosen
        points = in_order(self._losses[chosen], self._others)
        order = {message: self._noted[message] for message in messages.MESSAGES if message in self._noted}
        return judge(points, self._name, FORMATS[chosen].HIDES_NAN, self._counters[chosen].counted, order)


def pieces(lines: typing.Iterable[str]) -> typing.Iterator[tuple[int, str]]:
    """The line's number and text, without colours, cut to LONGEST; a redrawn bar gives several pieces."""
    for number, line in enumerate(lines, 1):
        if len(line) <= LONGEST and "\r" not in line and "\x1b" not in line:
            yield number, line
            continue
        for found in PIECE.finditer(line):
            yield number, COLOUR.sub("", line[found.start() : min(found.end(), found.start() + LONGEST)])
