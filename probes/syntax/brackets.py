"""Putting an element into a bracketed, comma-separated list and taking one out, layout kept.

Python's calls, dicts and lists, JSON's objects and YAML's flow mappings are all such lists. `span` is
the list with its two brackets, `elements` are the spans of what stands between the commas.
"""

from __future__ import annotations

import re

Span = tuple[int, int]


def insert(text: str, span: Span, elements: list[Span], new: str, comment: str = "#") -> str:
    """`text` with `new` behind the last element, on a line of its own where the last one has that."""
    if not elements:
        return text[: span[0] + 1] + new + text[span[0] + 1 :]
    start, end = elements[-1]
    tail = re.compile(rf"(\s*,)?([ \t]*{comment}[^\n]*)?").match(text, end)
    assert tail  # both halves are optional: it always matches
    place = tail.end()
    indent = _indent(text, start)
    gap = "\n" + indent if _begins_line(text, start) or tail[2] else " "
    if tail[1]:
        return text[:place] + gap + new + "," + text[place:]
    return text[:end] + "," + text[end:place] + gap + new + text[place:]


def insert_first(text: str, span: Span, elements: list[Span], new: str) -> str:
    """`text` with `new` before the first element, laid out like it."""
    if not elements:
        return text[: span[0] + 1] + new + text[span[0] + 1 :]
    start = elements[0][0]
    gap = "\n" + _indent(text, start) if _begins_line(text, start) else " "
    return text[:start] + new + "," + gap + text[start:]


def remove(text: str, span: Span, elements: list[Span], index: int, comment: str = "#") -> str:
    """`text` without one element, its comma and, where it has a line of its own, that line."""
    start, end = elements[index]
    tail = re.compile(rf"(\s*,)?[ \t]*(?:{comment}[^\n]*)?").match(text, end)
    assert tail
    if _begins_line(text, start) and tail[1] and text[tail.end() : tail.end() + 1] == "\n":
        return text[: text.rfind("\n", 0, start) + 1] + text[tail.end() + 1 :]
    if index + 1 < len(elements):
        return text[:start] + text[elements[index + 1][0] :]
    if index and not re.search(comment, text[elements[index - 1][1] : start]):
        return text[: elements[index - 1][1]] + text[end:]
    return text[:start] + text[end + len(tail[1] or "") :]


def _begins_line(text: str, start: int) -> bool:
    return not text[text.rfind("\n", 0, start) + 1 : start].strip()


def _indent(text: str, start: int) -> str:
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return line[: len(line) - len(line.lstrip())]
