"""A Jupyter notebook taken apart: its code, its shell commands, the files that it writes, what it printed.

Each part is a text whose lines know their cell: `train.ipynb!cell 3:2` is line 2 of the third cell.
"""

from __future__ import annotations

import dataclasses
import json
import re
import typing

from probes.report import ReadError, Report

CODE, COMMAND, WRITTEN = "python", "command", "config"  # as probes.configs.read has them
OUTPUT = "output"

_SHELL_CELL = re.compile(r"%%(?:bash|sh|shell|script\s+(?:ba)?sh)\b")
_WRITE_CELL = re.compile(r"%%(?:writefile|file)\s")
_MAGIC = re.compile(r"(\s*)[%!]")
_TAG = re.compile(r"<[^<>]*>")


@dataclasses.dataclass(frozen=True)
class Part:
    """A text of one kind, and the place of each of its lines ("cell 3:2")."""

    kind: str
    text: str
    places: tuple[str, ...]

    def placed(self, report: Report) -> Report:
        """The report of this part, whose sources name cells instead of lines."""
        start = re.compile(re.escape(report.name) + r":(\d+)")

        def place(source: str) -> str:
            return start.sub(lambda match: f"{report.name}!{self.places[int(match[1]) - 1]}", source, count=1)

        facts = tuple(dataclasses.replace(fact, source=place(fact.source)) for fact in report.facts)
        return dataclasses.replace(report, facts=facts)


def looks_like_notebook(head: str) -> bool:
    """Whether a text that begins with `head` is a notebook."""
    return head.lstrip().startswith("{") and '"cell_type"' in head and '"source"' in head


def cut(text: str, name: str) -> tuple[Part, ...]:
    """The parts of a notebook. All code is one part, for a cell uses what the cells above it set.

    Raises ReadError for what is no notebook.
    """
    try:
        cells = json.loads(text)["cells"]
        found = [part for number, cell in enumerate(cells, 1) for part in _parts(cell, f"cell {number}")]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise ReadError(f"{name}: is a broken notebook, save it again or give it as a script") from None
    code = [part for part in found if part.kind == CODE]
    places = tuple(place for part in code for place in part.places)
    whole = [Part(CODE, "\n".join(part.text for part in code), places)] if code else []
    return (*whole, *(part for part in found if part.kind != CODE))


def _parts(cell: dict[str, typing.Any], where: str) -> typing.Iterator[Part]:
    if cell["cell_type"] != "code":
        return
    lines = _text(cell["source"]).split("\n")
    places = tuple(f"{where}:{number}" for number in range(1, len(lines) + 1))
    if _SHELL_CELL.match(lines[0]):
        yield Part(COMMAND, "\n".join(["", *lines[1:]]), places)
    elif _WRITE_CELL.match(lines[0]):
        yield Part(WRITTEN, "\n".join(["", *lines[1:]]), places)
    else:
        yield Part(CODE, "\n".join(_MAGIC.sub(r"\1pass  # \g<0>", line, count=1) if _is_magic(line) else line
                                   for line in lines), places)  # fmt: skip
        commands = [line.strip()[1:] if line.lstrip().startswith("!") else "" for line in lines]
        if any(commands):
            yield Part(COMMAND, "\n".join(commands), places)
    printed = "\n".join(_printed(output) for output in cell.get("outputs", ()))
    if printed.strip():
        count = printed.count("\n") + 1
        yield Part(OUTPUT, printed, tuple(f"{where}, output:{number}" for number in range(1, count + 1)))


def _is_magic(line: str) -> bool:
    return line.lstrip().startswith(("!", "%"))


def _printed(output: dict[str, typing.Any]) -> str:
    """What a cell shows as text; a table as lines of cells between tabs."""
    data = output.get("data", {})
    if "text/html" in data and "<tr" in _text(data["text/html"]):
        return _table(_text(data["text/html"]))
    if output.get("output_type") == "error":
        return f"{output.get('ename')}: {output.get('evalue')}"
    return _text(output.get("text", data.get("text/plain", "")))


def _table(html: str) -> str:
    rows = (re.split(r"<t[hd]\b", row)[1:] for row in html.split("<tr")[1:])
    return "\n".join("\t".join(_TAG.sub("", f"<{cell}").strip() for cell in row) for row in rows)


def _text(lines: typing.Any) -> str:
    """nbformat writes a text as one string or as a list of lines."""
    return lines if isinstance(lines, str) else "".join(line for line in lines if isinstance(line, str))
