"""Everything a Python text sets, in its order: assignments, keyword arguments, defaults.

The path of `optim_wrapper = dict(optimizer=dict(lr=…))` is optim_wrapper.optimizer.lr, that of
`TrainingArguments(fp16=…)` is TrainingArguments.fp16 wherever the call stands. An entry of a list is
named by its `type` where all have different ones (param_scheduler.LinearLR.end), else by its index.
"""

from __future__ import annotations

import ast
import dataclasses
import typing

from probes.syntax.python_tree import Source
from probes.syntax.python_value import IMPORTED, UNKNOWN, Item, Names, TooLargeError, combine, evaluate
from probes.syntax.setting import MAX_SETTINGS, Symbol, UnreadableError

Found = list[tuple[str, Item]]

_DATA = {"dict", "list", "tuple", "int", "float", "str", "bool", "round", "abs", "min", "max", "field"}
_Function = typing.Union[ast.FunctionDef, ast.AsyncFunctionDef]


@dataclasses.dataclass(frozen=True)
class _Scope:
    """Where a statement stands. A function's own variables are not visible as settings, its calls are."""

    names: Names
    found: Found
    functions: list[tuple[_Function, Names]]
    prefix: str = ""
    visible: bool = True


def walk(source: Source) -> Found:
    """Every path with its Item, containers and unknown values too. Raises UnreadableError."""
    scope = _Scope({}, [], [])
    try:
        _block(source.body, scope)
        for function, outer in scope.functions:  # grows on the way: functions hold functions
            inner = {**outer, **_parameters(function, outer, scope.found)}
            _block(function.body, dataclasses.replace(scope, names=inner, visible=False))
    except TooLargeError as error:
        why = "this expression is too large to work out, write its value down"
        raise UnreadableError(source.line(error.node), why) from None
    except RecursionError:
        raise UnreadableError(
            1, "nested too deeply to be a config, give the part with the settings"
        ) from None
    return scope.found


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


def _block(body: list[ast.stmt], scope: _Scope) -> None:
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            _imports(statement, scope)
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            scope.functions.append((statement, scope.names))
        elif isinstance(statement, ast.ClassDef):
            prefix = f"{scope.prefix}{statement.name}."
            _block(statement.body, dataclasses.replace(scope, names=dict(scope.names), prefix=prefix))
        elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            _assign(statement, scope)
        elif isinstance(statement, ast.Expr):
            _calls(statement.value, scope)
            item = evaluate(statement.value, scope.names)
            if isinstance(item.value, dict):  # a printed dict, or arguments that lost their call
                _flatten("", item, scope.found)
        elif isinstance(statement, ast.If):
            _calls(statement.test, scope)
            test = evaluate(statement.test, scope.names)
            if test.is_plain():
                _block(statement.body if test.value else statement.orelse, scope)
            else:
                _either([statement.body, statement.orelse], scope)
        elif isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
            _calls(statement.test if isinstance(statement, ast.While) else statement.iter, scope)
            _forget(getattr(statement, "target", None), scope.names)
            _either([statement.body, statement.orelse], scope)
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            for context in statement.items:
                _calls(context.context_expr, scope)
            _block(statement.body, scope)
        elif isinstance(statement, ast.Try):
            _either([statement.body, *(h.body for h in statement.handlers), statement.orelse], scope)
            _block(statement.finalbody, scope)
        elif isinstance(statement, ast.Return) and statement.value:
            _calls(statement.value, scope)


def _either(blocks: list[list[ast.stmt]], scope: _Scope) -> None:
    """Blocks of which any may run: what they set counts, a name that they bind is unknown behind them."""
    before = dict(scope.names)
    for block in blocks:
        branch = dict(before)
        _block(block, dataclasses.replace(scope, names=branch))
        for name, item in branch.items():
            if item is not before.get(name):
                unknown = Item(UNKNOWN, item.node, item.site)
                scope.names[name] = item if item.value is IMPORTED else unknown


def _assign(statement: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: _Scope) -> None:
    value = statement.value
    if value is None:
        return
    _calls(value, scope)
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    item = evaluate(value, scope.names)
    if isinstance(statement, ast.AugAssign):
        old = evaluate(statement.target, scope.names)
        item = Item(combine(statement.op, [old, item], statement), old.node, old.node)
    if isinstance(value, ast.Tuple) and isinstance(item.value, list) and len(item.value) == 1:
        item = item.value[0]  # `fp16=True,` is an argument that lost its call
    for target in targets:
        if isinstance(target, (ast.Tuple, ast.List)):
            pieces = item.value if isinstance(item.value, list) else []
            if len(pieces) != len(target.elts):
                _forget(target, scope.names)
                continue
            for part, piece in zip(target.elts, pieces):
                _bind(part, piece, scope)
        else:
            _bind(target, item, scope)


def _bind(target: ast.expr, item: Item, scope: _Scope) -> None:
    if isinstance(target, ast.Name):
        scope.names[target.id] = item
    path = _target_path(target)
    if path and (scope.visible or "." in path or not item.is_plain()):
        _flatten(scope.prefix + path, item, scope.found)


def _target_path(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        base, key = _target_path(target.value), target.attr
    elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        base, key = _target_path(target.value), str(target.slice.value)
    else:
        return ""
    return key if base == "self" else f"{base}.{key}" if base else ""


def _forget(target: ast.expr | None, names: Names) -> None:
    for node in ast.walk(target) if target else ():
        if isinstance(node, ast.Name):
            names[node.id] = Item(UNKNOWN, node, node)


def _parameters(function: _Function, names: Names, found: Found) -> Names:
    """Parameters by name; a default counts as the value, as `fire` and `main()` take it."""
    given = function.args
    plain = given.posonlyargs + given.args
    pairs = list(zip(plain[len(plain) - len(given.defaults) :], given.defaults))
    pairs += [(arg, default) for arg, default in zip(given.kwonlyargs, given.kw_defaults) if default]
    result = {arg.arg: Item(UNKNOWN, arg, arg) for arg in plain + given.kwonlyargs}
    for arg, default in pairs:
        result[arg.arg] = evaluate(default, names)
        _flatten(f"{function.name}.{arg.arg}", result[arg.arg], found)
    return result


def _imports(statement: ast.Import | ast.ImportFrom, scope: _Scope) -> None:
    """An import is a setting too ("import AdamW"), so that a patch can bring along what it needs."""
    for alias in statement.names:
        name = alias.asname or alias.name.partition(".")[0]
        scope.names[name] = Item(IMPORTED, statement, statement)
        shown = alias.name + (f" as {alias.asname}" if alias.asname else "")
        written = f"import {shown}"
        if isinstance(statement, ast.ImportFrom):
            written = f"from {'.' * statement.level}{statement.module or ''} {written}"
        scope.found.append((f"import {name}", Item(written, statement, statement)))


def _calls(expression: ast.expr, scope: _Scope) -> None:
    for node in ast.walk(expression):
        if not isinstance(node, ast.Call) or not (name := call_name(node.func)) or name in _DATA:
            continue
        arguments: dict[str, Item] = {}
        for index, arg in enumerate(node.args):
            arguments[str(index)] = evaluate(arg, scope.names)
        for word in node.keywords:
            item = evaluate(word.value, scope.names)
            if word.arg:
                arguments[word.arg] = item
            else:  # **rest
                arguments.update(item.value if isinstance(item.value, dict) else {"**": item})
        if name.endswith("add_argument"):
            _option(arguments, scope.found)
        else:
            _flatten(name, Item(arguments, node, node), scope.found)


def _option(arguments: dict[str, Item], found: Found) -> None:
    """parser.add_argument("--lr", default=1e-4) sets lr."""
    flag = arguments.get("0")
    if flag and isinstance(flag.value, str) and "default" in arguments:
        _flatten(flag.value.lstrip("-").replace("-", "_"), arguments["default"], found)


def _flatten(path: str, item: Item, found: Found) -> None:
    if len(found) > MAX_SETTINGS:
        raise UnreadableError(1, f"more than {MAX_SETTINGS} settings, give the config alone")
    if path:
        found.append((path, item))
    start = path + "." if path else ""
    if isinstance(item.value, dict):
        for key, value in item.value.items():
            _flatten(start + key, value, found)
    elif isinstance(item.value, list):
        for key, value in zip(_entry_names(item.value), item.value):
            _flatten(start + key, value, found)


def _entry_names(entries: list[Item]) -> list[str]:
    types = [entry.value["type"].value if _is_typed(entry) else "" for entry in entries]
    if all(types) and len(set(types)) == len(types):
        return types
    return [str(index) for index in range(len(entries))]


def _is_typed(entry: Item) -> bool:
    kind = entry.value.get("type") if isinstance(entry.value, dict) else None
    return kind is not None and isinstance(kind.value, Symbol)
