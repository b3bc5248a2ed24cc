"""How what a Python text sets is named.

The path of `optim_wrapper = dict(optimizer=dict(lr=…))` is optim_wrapper.optimizer.lr, that of
`TrainingArguments(fp16=…)` is TrainingArguments.fp16 wherever the call stands. An entry of a list is
named by its `type` where all have different ones (param_scheduler.LinearLR.end), else by its index.
"""

from __future__ import annotations

import ast
import typing

from probes.syntax.python_value import Item
from probes.syntax.setting import MAX_SETTINGS, TOO_MANY, Symbol, UnreadableError

Found = list[tuple[str, Item]]


def call_name(function: ast.expr) -> str:
    """TrainingArguments for transformers.TrainingArguments, AutoModel.from_pretrained, get_peft_model."""
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.insert(0, function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        parts.insert(0, function.id)
    # The first part in capitals is the class; one letter (L.Trainer) is a module's short name.
    first = next((i for i, part in enumerate(parts) if part[:1].isupper() and part[1:]), len(parts) - 1)
    return ".".join(parts[first:])


def called(call: ast.Call) -> tuple[str, list[ast.expr]]:
    """What a call calls, and with what in its order; X for partial(X, …) and nemo_run's run.Config(X, …)."""
    maker = target_path(call.func)
    kept = maker.endswith(("partial", "Partial")) or maker == "run.Config"
    made = call_name(call.args[0]) if kept and call.args else ""
    return (made, call.args[1:]) if made else (call_name(call.func), call.args)


def target_path(target: ast.expr) -> str:
    """model.llm.torch_dtype for `model['llm'].torch_dtype = …`; "" for what has no such name."""
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        base, key = target_path(target.value), target.attr
    elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        base, key = target_path(target.value), str(target.slice.value)
    else:
        return ""
    return key if base == "self" else f"{base}.{key}" if base else ""


def below(path: str, holders: typing.Collection[str]) -> bool:
    """Whether the path is one of the holders, or stands in one."""
    keys = path.split(".")
    return any(".".join(keys[:length]) in holders for length in range(1, len(keys) + 1))


def flatten(path: str, item: Item, found: Found) -> None:
    """Add the item under its path, and all that it holds. Raises UnreadableError for too much of it."""
    if len(found) > MAX_SETTINGS:
        raise UnreadableError(1, TOO_MANY)
    if path:
        found.append((path, item))
    start = path + "." if path else ""
    if isinstance(item.value, dict):
        for key, value in item.value.items():
            flatten(start + key, value, found)
    elif isinstance(item.value, list):
        for key, value in zip(_entry_names(item.value), item.value):
            flatten(start + key, value, found)


def _entry_names(entries: list[Item]) -> list[str]:
    types = [entry.value["type"].value if _is_typed(entry) else "" for entry in entries]
    if all(types) and len(set(types)) == len(types):
        return types
    return [str(index) for index in range(len(entries))]


def _is_typed(entry: Item) -> bool:
    kind = entry.value.get("type") if isinstance(entry.value, dict) else None
    return kind is not None and isinstance(kind.value, Symbol)
