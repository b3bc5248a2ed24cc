"""One setting in a text: where it stands, what it says, and which characters decide it."""

from __future__ import annotations

import bisect
import dataclasses
import re
import typing

from probes.report import ReadError

MAX_SETTINGS = 20_000  # a real config has a few hundred; references to references can multiply
TOO_MANY = f"more than {MAX_SETTINGS} settings, give the config alone"
TOO_DEEP = "nested too deeply to be a config, give the part with the settings"


class Symbol(str):
    """A name that stands for an object: torch.float16 is the symbol "float16", written "torch.float16"."""

    written: str

    def __new__(cls, name: str, written: str = "") -> Symbol:
        """Keep the short name as the text, and the name in full as `written`."""
        symbol = super().__new__(cls, name)
        symbol.written = written or name
        return symbol


Plain = typing.Union[bool, int, float, str, None]

NULL = Symbol("None")  # how a change says "set it to None": None itself asks for removal


@dataclasses.dataclass(frozen=True)
class Setting:
    """A value under its dotted path; `start` and `end` span the literal that decides it.

    The literal may stand far from its use: in `lr = 2e-4 … dict(lr=lr)` it is the `2e-4`. One that stands in
    another file, which the text builds on, has that file's name, and no span. What is set to something that
    the text alone does not decide (`lr=args.lr`) has no value, and `decided` is False.
    """

    path: str
    value: Plain
    line: int
    start: int
    end: int
    file: str = ""
    decided: bool = True


Changes = typing.Mapping[str, typing.Optional[Plain]]


class UnreadableError(ReadError):
    """A text that is not what it seems: the line and why. Whoever knows the file's name adds it."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


class Lines:
    """Where the lines of a text begin."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def of(self, offset: int) -> int:
        """The number, from 1, of the line that holds the character at `offset`."""
        return bisect.bisect_right(self._starts, offset)


def plain_text(value: Plain) -> str:
    """A number, switch or word as all config languages but Python's and JSON's own words write it."""
    if isinstance(value, float):
        return repr(value).replace("e-0", "e-")
    return str(value)


def number(text: str) -> int | float | None:
    """The number that `text` is, or None: 8, -1, 2e-4, .5, inf."""
    for kind in (int, float):
        try:
            if "_" not in text and len(text) < 40:
                return kind(text)
        except ValueError:
            continue
    return None
