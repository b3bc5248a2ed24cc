"""Settings of TOML text like torchtitan's configs: sections, a value a line. An array is its text."""

from __future__ import annotations

import re

from probes.syntax.setting import (
    MAX_SETTINGS,
    TOO_MANY,
    Changes,
    Lines,
    Plain,
    Setting,
    UnreadableError,
    number,
    plain_text,
)

_SECTION = re.compile(r"^[ \t]*\[+[ \t]*([\w.\-\"]+)[ \t]*\]+[ \t]*(?:#.*)?$")
_PAIR = re.compile(
    r"^[ \t]*([\w.\-]+)[ \t]*=[ \t]*"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|\[[^\]\n]+\]|[^\s#\[{][^#\n]*?)[ \t]*(?:#.*)?$"
)


def settings(text: str) -> tuple[Setting, ...]:
    """What the sections set, in their order. Raises UnreadableError for too much of it."""
    lines = Lines(text)
    result: list[Setting] = []
    prefix = ""
    for match in re.finditer(r"[^\n]*\n?", text):
        line = match[0].rstrip("\r\n")
        if section := _SECTION.match(line):
            prefix = section[1].replace('"', "") + "."
        elif pair := _PAIR.match(line):
            if len(result) >= MAX_SETTINGS:
                raise UnreadableError(1, TOO_MANY)
            start = match.start() + pair.start("value")
            end = match.start() + pair.end("value")
            result.append(Setting(prefix + pair[1], _plain(pair["value"]), lines.of(start), start, end))
    return tuple(result)


def edit(text: str, changes: Changes) -> str:
    """`text` with each path set, put below its section where it is missing, or taken out (None)."""
    for path, value in changes.items():
        old = next((setting for setting in reversed(settings(text)) if setting.path == path), None)
        if old is None:
            text = text if value is None else _insert(text, path, _written(value))
        elif value is None:
            begin, end = text.rfind("\n", 0, old.start) + 1, text.find("\n", old.end)
            text = text[:begin] + (text[end + 1 :] if end >= 0 else "")
        else:
            text = text[: old.start] + _written(value) + text[old.end :]
    return text


def _insert(text: str, path: str, written: str) -> str:
    section, _, key = path.rpartition(".")
    new = f"{key} = {written}\n"
    if not section:
        return new + text
    for match in re.finditer(r"[^\n]*\n?", text):
        head = _SECTION.match(match[0].rstrip("\r\n"))
        if head and head[1].replace('"', "") == section:
            ended = match[0].endswith("\n")
            return text[: match.end()] + ("" if ended else "\n") + new + text[match.end() :]
    return f"{text.rstrip()}\n\n[{section}]\n{new}"


def _plain(written: str) -> Plain:
    if written[:1] in "\"'":
        return written[1:-1]
    known = {"true": True, "false": False}.get(written)
    return known if known is not None else _number(written)


def _number(written: str) -> Plain:
    known = number(written.replace("_", ""))
    return written if known is None else known


def _written(value: Plain) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else plain_text(value)
