"""Settings of JSON text: DeepSpeed configs, saved training arguments.

Comments and trailing commas are read too: DeepSpeed reads its file with hjson, which allows them.
"""

from __future__ import annotations

import dataclasses
import json
import re
import typing

from probes.syntax import brackets
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

_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/|#[^\n]*)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WORD = re.compile(r"[^\s,:\[\]{}\"/#]+")
_WORDS: dict[str, Plain] = {"true": True, "false": False, "null": None}
_COMMENT = "(?://|#)"
_DEPTH = 60


@dataclasses.dataclass(frozen=True)
class _Node:
    value: typing.Any  # plain, dict[str, tuple[key's start, _Node]] or list[_Node]
    start: int
    end: int


def settings(text: str) -> tuple[Setting, ...]:
    """What the object sets, in its order. Raises UnreadableError, with the line, for what is not JSON."""
    lines = Lines(text)
    result: list[Setting] = []

    def flatten(path: str, node: _Node) -> None:
        if len(result) > MAX_SETTINGS:
            raise UnreadableError(1, TOO_MANY)
        if isinstance(node.value, (dict, list)):
            for key, child in _children(node):
                flatten(f"{path}.{key}" if path else key, child)
        elif path:
            result.append(Setting(path, node.value, lines.of(node.start), node.start, node.end))

    flatten("", _parse(text))
    return tuple(result)


def edit(text: str, changes: Changes) -> str:
    """`text` with each path set, put in where it is missing, or taken out (None)."""
    for path, value in changes.items():
        text = _remove(text, path.split(".")) if value is None else _put(text, path.split("."), value)
    return text


def _children(node: _Node) -> list[tuple[str, _Node]]:
    if isinstance(node.value, dict):
        return [(key, child) for key, (_, child) in node.value.items()]
    return [(str(index), child) for index, child in enumerate(node.value)]


def _put(text: str, keys: list[str], value: Plain) -> str:
    node, rest = _parse(text), list(keys)
    while rest and isinstance(node.value, (dict, list)) and rest[0] in dict(_children(node)):
        node = dict(_children(node))[rest.pop(0)]
    if not rest or not isinstance(node.value, dict):  # a value is replaced, by an object if need be
        return text[: node.start] + _written(rest, value) + text[node.end :]
    spans = [(start, child.end) for start, child in node.value.values()]
    new = f"{json.dumps(rest[0])}: {_written(rest[1:], value)}"
    return brackets.insert(text, (node.start, node.end), spans, new, _COMMENT)


def _written(keys: list[str], value: Plain) -> str:
    if keys:
        return f"{{{json.dumps(keys[0])}: {_written(keys[1:], value)}}}"
    if value is None or value == "None":
        return "null"
    return json.dumps(value) if isinstance(value, (bool, str)) else plain_text(value)


def _remove(text: str, keys: list[str]) -> str:
    node = _parse(text)
    holders = [node]
    for key in keys:
        if not isinstance(node.value, dict) or key not in node.value:
            return text
        node = node.value[key][1]
        holders.append(node)
    depth = len(keys) - 1
    while depth and len(holders[depth].value) == 1:  # an object that would be left empty goes too
        depth -= 1
    holder = holders[depth]
    spans = [(start, child.end) for start, child in holder.value.values()]
    index = list(holder.value).index(keys[depth])
    return brackets.remove(text, (holder.start, holder.end), spans, index, _COMMENT)


def _parse(text: str) -> _Node:
    """The text's one value; bare `"key": value` pairs are read as an object that lost its braces."""
    start = _skip(text, 0)
    bare = text[start : start + 1] == '"'
    node = _object(text, start - 1, 0, bare=True) if bare else _value(text, start, 0)
    if _skip(text, node.end) < len(text):
        raise _error(text, _skip(text, node.end), "the end")
    return node


def _value(text: str, at: int, depth: int) -> _Node:
    if depth > _DEPTH:
        raise UnreadableError(Lines(text).of(at), "nested too deeply to be a config, give the config alone")
    first = text[at : at + 1]
    if first == "{":
        return _object(text, at, depth)
    if first == "[":
        return _array(text, at, depth)
    if first == '"':
        return _string(text, at)
    word = _WORD.match(text, at)
    if word and word[0] in _WORDS:
        return _Node(_WORDS[word[0]], at, word.end())
    value = number(word[0]) if word else None
    if word is None or value is None:
        raise _error(text, at, "a value")
    return _Node(value, at, word.end())


def _string(text: str, at: int) -> _Node:
    match = _STRING.match(text, at)
    if not match:
        raise _error(text, at, "a closing quote")
    try:
        return _Node(json.loads(match[0], strict=False), at, match.end())
    except ValueError:
        raise _error(text, at, "a valid string") from None


def _object(text: str, at: int, depth: int, bare: bool = False) -> _Node:
    members: dict[str, tuple[int, _Node]] = {}
    position = _skip(text, at + 1)
    while text[position : position + 1] != "}":
        if bare and position == len(text):
            return _Node(members, at, position + 1)
        key = _string(text, position) if text[position : position + 1] == '"' else None
        colon = _skip(text, key.end) if key else position
        if key is None or text[colon : colon + 1] != ":":
            raise _error(text, colon, 'a "key": or }')
        value = _value(text, _skip(text, colon + 1), depth + 1)
        members[key.value] = (position, value)
        position = _separator(text, value.end, "}", bare)
    return _Node(members, at, position + 1)


def _array(text: str, at: int, depth: int) -> _Node:
    entries: list[_Node] = []
    position = _skip(text, at + 1)
    while text[position : position + 1] != "]":
        entries.append(_value(text, position, depth + 1))
        position = _separator(text, entries[-1].end, "]", False)
    return _Node(entries, at, position + 1)


def _separator(text: str, at: int, close: str, bare: bool) -> int:
    """Where the next element or the closing bracket stands."""
    position = _skip(text, at)
    if text[position : position + 1] == ",":
        return _skip(text, position + 1)
    if text[position : position + 1] == close or (bare and position == len(text)):
        return position
    raise _error(text, position, f", or {close}")


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match  # it matches nothing at least
    return match.end()


def _error(text: str, at: int, expected: str) -> UnreadableError:
    found = repr(text[at : at + 10]) if at < len(text) else "the end of the file"
    return UnreadableError(
        Lines(text).of(at), f"not valid JSON, {expected} is missing before {found}, mend that line"
    )
