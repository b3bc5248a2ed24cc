"""Python text as a tree, read and never run, with character positions for its nodes."""

from __future__ import annotations

import ast
import bisect
import contextlib
import itertools
import re
import typing
import warnings

from probes.syntax.setting import MAX_SETTINGS, TOO_DEEP, UnreadableError

_LEFT_OUT = re.compile(r"^[ \t]*(?:\.\.\.|…)[ \t]*,?[ \t]*$", re.MULTILINE)  # of a call's arguments
_STARTS = re.compile(r"(?!(?:else|elif|except|finally)\b)[A-Za-z_@'\"(\[]")  # a statement at the margin
_LINE_END = re.compile(r"\r\n|\r|\n")  # Python's own: str.splitlines ends lines at a form feed too
_NOT_PYTHON = re.compile(r"^[ \t]*(?:[!%]|```)", re.MULTILINE)  # a notebook's commands, a fence


class Source:
    """A parsed text. Fragments are read too: an indented piece, or the bare arguments of a call.

    Of a text with a broken statement the others are read; `problem` is then what is wrong, else None.
    """

    def __init__(self, text: str) -> None:
        """Parse `text`; raises UnreadableError, with the line, when no way of reading it is Python."""
        self.text = text
        self.body, self._shift, self.problem = _parse(text)
        ends = [match.end() for match in _LINE_END.finditer(text)]
        self._columns: dict[int, typing.Sequence[int]] = {}
        self._lines = [0, *ends, len(text), len(text), len(text)]  # a wrapper's last line counts as the end

    def line(self, node: ast.AST) -> int:
        """The line, from 1, on which the node begins."""
        return max(1, getattr(node, "lineno", 1) - self._shift)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """The node's first character and the one behind its last."""
        return (
            self._offset(getattr(node, "lineno", 1), getattr(node, "col_offset", 0)),
            self._offset(getattr(node, "end_lineno", 1), getattr(node, "end_col_offset", 0)),
        )

    def code(self, node: ast.AST) -> str:
        """The node as it is written."""
        start, end = self.span(node)
        return self.text[start:end]

    def elements(self, node: ast.expr) -> tuple[tuple[int, int], list[tuple[int, int]], list[ast.AST]]:
        """The brackets of a call, dict or list, the spans of what stands in them, and the value nodes."""
        start, end = self.span(node)
        parts: list[tuple[ast.AST, ast.AST]] = []  # where each element begins, and its value
        if isinstance(node, ast.Call):
            start = self.text.index("(", self.span(node.func)[1])
            parts = [(arg, arg) for arg in node.args] + [(word, word.value) for word in node.keywords]
        elif isinstance(node, ast.Dict):
            parts = [(key or value, value) for key, value in zip(node.keys, node.values)]
        elif isinstance(node, (ast.List, ast.Tuple)):
            parts = [(item, item) for item in node.elts]
        parts.sort(key=lambda part: self.span(part[0])[0])
        spans = [(self.span(first)[0], self.span(value)[1]) for first, value in parts]
        limits = [begin for begin, _ in spans[1:]] + [end - 1]
        for index, (limit, (first, value)) in enumerate(zip(limits, parts)):
            begin, stop = self.span(first)[0], max(self.span(first)[1], self.span(value)[1])
            if closing := re.compile(r"[\s)]*\)").match(self.text, stop, limit):
                stop = closing.end()  # a value in brackets of its own: lr=(2e-4)
            spans[index] = (begin, stop)
        return (start, end), spans, [value for _, value in parts]

    def _offset(self, line: int, column: int) -> int:
        """ast counts columns in UTF-8 bytes."""
        row = max(0, line - 1 - self._shift)
        start = self._lines[row]
        return start + bisect.bisect_left(self._bytes_before(row), column)

    def _bytes_before(self, row: int) -> typing.Sequence[int]:
        """How many bytes of the line stand before each of its characters."""
        if row not in self._columns:
            line = self.text[self._lines[row] : self._lines[row + 1]]
            counts = (len(character.encode("utf-8", "surrogatepass")) for character in line)
            self._columns[row] = (
                range(len(line) + 1) if line.isascii() else list(itertools.accumulate(counts, initial=0))
            )
        return self._columns[row]


def _parse(text: str) -> tuple[list[ast.stmt], int, UnreadableError | None]:
    """The statements, how many lines a wrapper put before them, and what is broken."""
    cleaned = _NOT_PYTHON.sub(lambda match: match[0][:-1].replace("`", "#") + "#", text)
    left_out = _LEFT_OUT.sub(lambda match: "#" * len(match[0]), cleaned)
    readings = [(text, 0), (cleaned, 0), (f"if 1:\n{cleaned}", 1), (f"dict(\n{cleaned}\n)", 1), (left_out, 0)]
    first: UnreadableError | None = None
    for candidate, shift in readings:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an odd escape in a stranger's string is no news
                return ast.parse(candidate).body, shift, None
        except SyntaxError as error:
            why = f"not valid Python ({error.msg}), mend that line or give the whole file"
            first = first or UnreadableError(error.lineno or 1, why)
        except ValueError as error:
            first = first or UnreadableError(1, f"not valid Python ({error}), give the file as plain text")
        except (RecursionError, MemoryError):
            raise UnreadableError(1, TOO_DEEP) from None
    assert first
    body = _statements(left_out)
    if not body:
        raise first
    return body, 0, first


def _statements(text: str) -> list[ast.stmt]:
    """Those statements of a broken text that are Python by themselves, if they are most of it."""
    lines = _LINE_END.split(text)
    starts = [number for number, line in enumerate(lines) if _STARTS.match(line)]
    if len(starts) < 2 or len(starts) > MAX_SETTINGS:
        return []
    body: list[ast.stmt] = []
    read = 0
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        with (
            warnings.catch_warnings(),
            contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError),
        ):
            warnings.simplefilter("ignore")
            statements = ast.parse("\n".join(lines[start:end])).body
            read += end - start
            for statement in statements:
                ast.increment_lineno(statement, start)
            body += statements
    return body if read * 2 > len(lines) - starts[0] else []
