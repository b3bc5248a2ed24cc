"""Lines that fit a terminal: wide characters take two columns, and a command or a path is never broken."""

from __future__ import annotations

import re
import shutil
import sys
import typing
import unicodedata

LEAST = 40  # columns; a narrower terminal breaks the lines itself
ROOM = 24  # columns that an indent leaves
_WIDE = "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6"
_VERBS = "diagnose|facts|headroom|kb|lab|pack|probe|scan|series"
_COMMAND = rf"(?:whynan (?:{_VERBS})|pip install)\b[^,;:()，；：。（）]*"
_PARTS = re.compile(f"[ \t]+|`[^`]*`|{_COMMAND}|[{_WIDE}]|[^ \t`{_WIDE}]+|`")
_NEVER_FIRST = "，。；：、！？）」』”’》】…·%,.;:!?)"
_NEVER_LAST = "（「『“‘《【("
_ITEM = re.compile(r"- |\d+\. ")


def width() -> int | None:
    """The columns of the terminal that standard output is; None for a file or a pipe: whole lines there."""
    return max(shutil.get_terminal_size().columns, LEAST) if sys.stdout.isatty() else None


def cells(text: str) -> int:
    """The columns that a text takes."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def wrap(line: str, columns: int | None, hang: int | None = None) -> list[str]:
    """The line in lines of at most `columns` (None: as it is), the later ones indented by `hang`.

    What is too long for a line stands on one of its own. Backquotes hold together what is in them.
    """
    if columns is None or cells(line) <= columns:
        return [line]
    indent = len(line) - len(line.lstrip(" "))
    after = " " * min(indent if hang is None else hang, columns - ROOM)
    lines = [line[:indent]]
    for gap, unit in _units(line[indent:]):
        if lines[-1].strip(" ") and cells(lines[-1] + gap + unit) > columns:
            lines.append(after + unit)
        else:
            lines[-1] += gap + unit
    return lines


def prose(text: str, columns: int | None, indent: str = "") -> typing.Iterator[str]:
    """Paragraphs and lists of Markdown: as they are written, or set anew for a terminal."""
    written = text.strip().splitlines()
    if columns is None:
        yield from (f"{indent}{line}".rstrip() for line in written)
        return
    for line in _paragraphs(written):
        item = _ITEM.match(line)
        yield from wrap(f"{indent}{line}".rstrip(), columns, len(indent) + (len(item[0]) if item else 0))


def table(rows: typing.Sequence[tuple[str, str, str]], columns: int | None) -> typing.Iterator[str]:
    """Rows of three, indented by two; the last column goes on below itself."""
    first = max((cells(row[0]) for row in rows), default=0)
    # One long value does not push all the others' last column off the terminal.
    sizes = [size for row in rows if (size := cells(row[1])) <= (columns or 4 * size) // 4]
    second = max(sizes, default=0)
    for name, value, source in rows:
        line = f"  {name}{' ' * (first - cells(name))}  {value}{' ' * (second - cells(value))}  {source}"
        yield from (one.rstrip() for one in wrap(line, columns, first + second + 6))


def _paragraphs(lines: typing.Iterable[str]) -> typing.Iterator[str]:
    """Each paragraph and each item of a list as one line; between two wide characters stands no space."""
    kept = ""
    for line in lines:
        if kept and (not line.strip() or _ITEM.match(line)):
            yield kept
            kept = ""
        if not line.strip():
            yield ""
        elif kept:
            tight = cells(kept[-1]) == 2 or cells(line.strip()[0]) == 2
            kept += ("" if tight else " ") + line.strip()
        else:
            kept = line
    yield kept


def _units(text: str) -> typing.Iterator[tuple[str, str]]:
    """The space before it, and what must stay together."""
    gap = unit = ""
    for part in _PARTS.findall(text):
        if part.isspace():
            if unit:
                yield gap, unit
            gap, unit = part, ""
        elif unit and _may_break(unit[-1], part[0]):
            yield gap, unit
            gap, unit = "", part
        else:
            unit += part
    if unit:
        yield gap, unit


def _may_break(left: str, right: str) -> bool:
    """Whether a line may end between two signs that no space separates."""
    wide = cells(left) == 2 or cells(right) == 2
    return wide and left not in _NEVER_LAST and right not in _NEVER_FIRST
