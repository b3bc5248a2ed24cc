"""Settings of YAML text: LLaMA-Factory, axolotl, accelerate, torchtune. Needs PyYAML, where it is there."""

from __future__ import annotations

import dataclasses
import re
import typing

from probes.syntax import brackets
from probes.syntax.setting import (
    MAX_SETTINGS,
    TOO_DEEP,
    Changes,
    Lines,
    Plain,
    Setting,
    UnreadableError,
    number,
    plain_text,
)

try:
    import yaml
except ImportError:  # a stranger's environment; there is no YAML in the standard library
    yaml = None  # type: ignore[assignment]

_DEPTH = 60
_WORDS: dict[str, Plain] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
    **dict.fromkeys(("null", "~", ""), None),
}


def settings(text: str) -> tuple[Setting, ...]:
    """What the mapping sets, in its order. Raises UnreadableError, with the line, for what is not YAML.

    `1e-4` is a number here, though YAML 1.1 reads it as text: the trainers turn it into one.
    """
    lines = Lines(text)
    result: list[Setting] = []

    def flatten(path: str, node: typing.Any, depth: int) -> None:
        if len(result) > MAX_SETTINGS or depth > _DEPTH:
            raise UnreadableError(1, "too many settings or levels (aliases multiply), give the config alone")
        start = path + "." if path else ""
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                merged = key.tag == "tag:yaml.org,2002:merge"
                flatten(path if merged else start + str(key.value), value, depth + 1)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                flatten(f"{start}{index}", value, depth + 1)
        elif path:
            span = node.start_mark.index, node.end_mark.index
            result.append(Setting(path, _plain(node), lines.of(span[0]), *span))

    for document in _compose(text):
        flatten("", document, 0)
    known = {setting.path: setting for setting in result}
    return tuple(_resolved(setting, known) for setting in result)


_REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.]*)\}")


def _resolved(setting: Setting, known: dict[str, Setting]) -> Setting:
    """`${model.path}` is what stands there (OmegaConf: torchtune, NeMo, hydra); what stands nowhere stays."""
    value = setting.value
    if not isinstance(value, str) or not (found := _REFERENCE.search(value)):
        return setting
    source = known.get(found[1])
    if source is None or "${" in str(source.value):
        return setting
    if found[0] == value:
        return dataclasses.replace(source, path=setting.path)
    written = value.replace(found[0], plain_text(source.value))
    return dataclasses.replace(setting, value=written)


def edit(text: str, changes: Changes) -> str:
    """`text` with each path set, put in where it is missing, or taken out (None)."""
    for path, value in changes.items():
        text = _remove(text, path.split(".")) if value is None else _put(text, path.split("."), value)
    return text


def _compose(text: str) -> list[typing.Any]:
    if yaml is None:
        raise UnreadableError(
            1, "PyYAML is missing here, run `pip install pyyaml` or give the launch command"
        )
    try:
        return [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(
            mark.line + 1 if mark else 1, f"not valid YAML ({error.problem}), mend that line"
        ) from None
    except yaml.YAMLError as error:
        raise UnreadableError(
            1, f"not valid YAML ({' '.join(str(error).split())}), give it as plain text"
        ) from None
    except RecursionError:
        raise UnreadableError(1, TOO_DEEP) from None


def _plain(node: typing.Any) -> Plain:
    if node.style in ("'", '"', "|", ">"):
        return str(node.value)
    value = str(node.value)
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    known = number(value.replace("_", "") if re.fullmatch(r"[-+]?\d[\d_]*", value) else value)
    return value if known is None else known


def _find(node: typing.Any, keys: list[str]) -> list[tuple[typing.Any, int]]:
    """The way down `keys` as far as it goes: each mapping or list with the index in it."""
    way: list[tuple[typing.Any, int]] = []
    for key in keys:
        index = None
        if isinstance(node, yaml.MappingNode):
            index = next((i for i, (k, _) in enumerate(node.value) if k.value == key), None)
        elif isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
            index = int(key)
        if index is None:
            break
        way.append((node, index))
        node = _child(node, index)
    return way


def _child(holder: typing.Any, index: int) -> typing.Any:
    """What stands under a mapping's key, or at a list's place."""
    entry = holder.value[index]
    return entry[1] if isinstance(holder, yaml.MappingNode) else entry


def _put(text: str, keys: list[str], value: Plain) -> str:
    documents = _compose(text)
    if not documents:
        return text + _block(keys, value, "", 2)
    root = documents[-1]
    way = _find(root, keys)
    rest = keys[len(way) :]
    node = _child(*way[-1]) if way else root
    if isinstance(node, yaml.ScalarNode):
        start, end = node.start_mark.index, node.end_mark.index
        if not rest:
            new = (" " if start == end else "") + _written(value, node.style)
            return text[:start] + new + ("\n" if node.style in ("|", ">") else "") + text[end:]
        if not way or isinstance(way[-1][0], yaml.SequenceNode):
            return text  # a bare word, or a list's plain entry, has no place for keys
        key = way[-1][0].value[way[-1][1]][0]  # `deepspeed_config:` with nothing in it yet
        indent = " " * (key.start_mark.column + _step(root))
        return text[:start].rstrip() + "\n" + _block(rest, value, indent, _step(root)).rstrip() + text[end:]
    if not rest or not isinstance(node, yaml.MappingNode):
        return text
    if node.flow_style:
        span = node.start_mark.index, node.end_mark.index
        spans = [(k.start_mark.index, v.end_mark.index) for k, v in node.value]
        return brackets.insert(text, span, spans, _flow(rest, value))
    place = _line_end(text, _last(node))
    block = _block(rest, value, " " * node.value[0][0].start_mark.column, _step(root))
    newline = "" if text[:place].endswith("\n") else "\n"
    return text[:place] + newline + block + text[place:]


def _remove(text: str, keys: list[str]) -> str:
    documents = _compose(text)
    way = _find(documents[-1], keys) if documents else []
    if len(way) < len(keys):
        return text
    while len(way) > 1 and len(way[-1][0].value) == 1:  # a mapping that would be left empty goes too
        way.pop()
    mapping, index = way[-1]
    if isinstance(mapping, yaml.SequenceNode):
        return text  # an entry that is gone would move those behind it
    key, value = mapping.value[index]
    if mapping.flow_style:
        span = mapping.start_mark.index, mapping.end_mark.index
        spans = [(k.start_mark.index, v.end_mark.index) for k, v in mapping.value]
        return brackets.remove(text, span, spans, index)
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    if text[start : key.start_mark.index].strip():  # the first key of a list's entry, behind its dash
        start = key.start_mark.index
        following = mapping.value[index + 1 : index + 2]
        return text[:start] + text[following[0][0].start_mark.index :] if following else text
    return text[:start] + text[_line_end(text, max(_last(value), key.end_mark.index)) :]


def _last(node: typing.Any) -> int:
    """Behind the last character of a node; PyYAML's own mark runs on to the next token."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    if isinstance(node, yaml.MappingNode):
        key, value = node.value[-1]
        return max(int(key.end_mark.index), _last(value))
    return _last(node.value[-1])


def _line_end(text: str, index: int) -> int:
    index = len(text[:index].rstrip()) if text[:index].endswith("\n") else index  # behind a block of text
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def _step(root: typing.Any) -> int:
    """By how many columns this file indents."""
    for _, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if isinstance(value, yaml.MappingNode) and not value.flow_style and value.value:
            return int(value.value[0][0].start_mark.column) or 2
    return 2


def _block(keys: list[str], value: Plain, indent: str, step: int) -> str:
    if len(keys) == 1:
        return f"{indent}{keys[0]}: {_written(value)}\n"
    return f"{indent}{keys[0]}:\n" + _block(keys[1:], value, indent + " " * step, step)


def _flow(keys: list[str], value: Plain) -> str:
    inner = _written(value) if len(keys) == 1 else "{" + _flow(keys[1:], value) + "}"
    return f"{keys[0]}: {inner}"


def _written(value: Plain, style: str | None = None) -> str:
    if value is None or value == "None":
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and "e" in repr(value) and "." not in repr(value):
        return plain_text(value).replace("e", ".0e")  # YAML 1.1 takes 2e-5 for text
    if isinstance(value, str):
        if style in ("'", '"'):
            return style + value + style
        plain = value and value[0].isalnum() and not set(":#,[]{}&*!|>'\"%@`") & set(value)
        safe = plain and value.lower() not in _WORDS and number(value) is None
        return value if safe else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return plain_text(value)
