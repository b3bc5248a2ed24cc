"""Changing settings in Python text with nothing else touched."""

from __future__ import annotations

import ast

from probes.syntax import brackets
from probes.syntax.python_tree import Source
from probes.syntax.python_value import Item
from probes.syntax.python_walk import walk
from probes.syntax.setting import Changes, Plain, Symbol, UnreadableError, plain_text

_Values = dict[str, Item]


def edit(text: str, changes: Changes) -> str:
    """`text` with each path set, put in where it is missing, or taken out (None).

    A value that a name holds is changed where the name gets it (`lr = 2e-4`), unless that would change
    another setting too: then it is written at the place of use.
    """
    for path, value in changes.items():
        text = _remove(text, path) if value is None else _put(text, path, value, changes)
    return text


def _items(source: Source) -> _Values:
    return dict(walk(source).found)  # the last one for a path wins, as it does when Python runs


def _put(text: str, path: str, value: Plain, changes: Changes) -> str:
    source = Source(text)
    items = _items(source)
    if path.startswith("import "):
        return text if path in items else _add_import(source, str(value))
    item = items.get(path)
    if item is None:
        return _insert(source, items, path, value)
    if item.is_plain() and repr(item.value) == repr(value):
        return text
    spans = [source.span(node) for node in (item.node, item.site)]
    known, before = item.is_plain(), _plain(items)
    del source, items, item  # a tree takes far more than its text, and another one is made now
    for start, end in spans:
        edited = text[:start] + _written(value, text, text[start:end]) + text[end:]
        if known and _only(before, edited, path, changes):
            return edited
    return edited


def _plain(items: _Values) -> dict[str, str]:
    return {path: repr(item.value) for path, item in items.items() if item.is_plain()}


def _only(before: dict[str, str], edited: str, path: str, changes: Changes) -> bool:
    """Whether `path` has its new value and no other dotted path changed but those that were to."""
    try:
        after = _plain(_items(Source(edited)))
    except UnreadableError:  # the literal stood where no other may
        return False
    moved = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    meant = {key for key in moved if key in changes and after.get(key) == repr(changes[key])}
    return path in meant and all("." not in key for key in moved - meant)


def _insert(source: Source, items: _Values, path: str, value: Plain) -> str:
    """A keyword or key in the nearest dict, call or list on the way to `path` that the text has."""
    text = source.text
    keys = path.split(".")
    depth = next((n for n in range(len(keys) - 1, 0, -1) if ".".join(keys[:n]) in items), 0)
    holder = items.get(".".join(keys[:depth]))
    if holder is None and any(known.startswith(keys[0] + ".") for known in items):
        return _assign(text, items, path, value)
    if holder is None:
        return f"{text.rstrip()}\n\n{keys[0]} = {_nested(keys[1:], value, text, False)}\n"
    if not isinstance(holder.value, (dict, list)):  # clip_grad=None becomes a dict
        start, end = source.span(holder.site)
        return text[:start] + _nested(keys[depth:], value, text, False) + text[end:]
    if not isinstance(holder.node, ast.expr):
        return text
    span, spans, _ = source.elements(holder.node)
    if isinstance(holder.node, (ast.List, ast.Tuple)):
        rest = [] if keys[depth + 1 :] in (["type"], []) else keys[depth + 1 :]
        inner = f", {rest[0]}={_nested(rest[1:], value, text, False)}" if rest else ""
        return brackets.insert_first(text, span, spans, f"dict(type={keys[depth]}{inner})")
    in_dict = isinstance(holder.node, ast.Dict)
    new = _nested(keys[depth + 1 :], value, text, in_dict)
    key = f"{_quote(text)}{keys[depth]}{_quote(text)}: " if in_dict else f"{keys[depth]}="
    return brackets.insert(text, span, spans, key + new)


def _assign(text: str, items: _Values, path: str, value: Plain) -> str:
    """A line of its own, where the text sets fields of what was made elsewhere (`optim_wrapper.lr = …`)."""
    parent = path.rpartition(".")[0]
    if not any(known.startswith(parent + ".") for known in items):
        return text
    return f"{text.rstrip()}\n{path} = {_written(value, text)}\n"


def _nested(keys: list[str], value: Plain, text: str, in_dict: bool) -> str:
    if not keys:
        return _written(value, text)
    inner = _nested(keys[1:], value, text, in_dict)
    return f"{{{_quote(text)}{keys[0]}{_quote(text)}: {inner}}}" if in_dict else f"dict({keys[0]}={inner})"


def _remove(text: str, path: str) -> str:
    source = Source(text)
    items = _items(source)
    item = items.get(path)
    parent, _, key = path.rpartition(".")
    if item is None or path.startswith("import "):
        return text
    holder = items.get(parent)
    if holder is None:
        return _drop_statement(source, path)
    alone = isinstance(holder.value, dict) and len(holder.value) == 1
    if "." in parent and isinstance(holder.value, dict) and (alone or _is_entry(items, parent, key)):
        return _remove(text, parent)
    if not isinstance(holder.node, ast.expr):
        return text
    span, spans, values = source.elements(holder.node)
    index = next((i for i, node in enumerate(values) if node is item.site), None)
    return text if index is None else brackets.remove(text, span, spans, index)


def _is_entry(items: _Values, path: str, key: str) -> bool:
    """Whether `key` is the `type` of an entry in a list: without it the entry is nothing."""
    around = items.get(path.rpartition(".")[0])
    return key == "type" and around is not None and isinstance(around.value, list)


def _drop_statement(source: Source, name: str) -> str:
    for statement in source.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            start, end = source.span(statement)
            line_end = source.text.find("\n", end)
            return source.text[:start] + (source.text[line_end + 1 :] if line_end >= 0 else "")
    return source.text


def _add_import(source: Source, statement: str) -> str:
    """Behind the last import of the head of the file."""
    imports = [node for node in source.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    if not imports:
        return f"{statement}\n\n{source.text}"
    end = source.span(imports[-1])[1]
    return source.text[:end] + "\n" + statement + source.text[end:]


def _quote(text: str) -> str:
    return '"' if text.count('"') > text.count("'") else "'"


def _written(value: Plain, text: str, old: str = "") -> str:
    """`value` as code, in the manner of what it replaces: quotes stay quotes, torch.x stays torch.x."""
    quoted = old[:1] in ("'", '"') and old[:3] not in ('"""', "'''")
    if isinstance(value, Symbol):
        if quoted and value != "None":
            return old[0] + value + old[0]
        prefix, dot, _ = old.rpartition(".")
        same_kind = dot and prefix.replace(".", "").isidentifier() and "." in value.written
        return f"{prefix}.{value}" if same_kind else value.written
    if isinstance(value, str):
        prefix, dot, _ = old.rpartition(".")
        if dot and value.isidentifier() and prefix.replace(".", "").isidentifier():
            return f"{prefix}.{value}"
        quote = old[0] if quoted else _quote(text)
        return repr(value) if quote in value or "\\" in value else quote + value + quote
    return plain_text(value)
