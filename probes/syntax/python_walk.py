"""Everything a Python text sets, in its order: assignments, keyword arguments, defaults.

Paths are as in python_paths; a config's base files count where they were given.
"""

from __future__ import annotations

import ast
import dataclasses
import typing

from probes.syntax.python_bases import Base, Bring, Elsewhere, imported, inherit, listed, nothing
from probes.syntax.python_paths import Found, below, called, flatten, target_path
from probes.syntax.python_tree import Source
from probes.syntax.python_value import IMPORTED, UNKNOWN, Item, Names, TooLargeError, combine, evaluate
from probes.syntax.setting import TOO_DEEP, UnreadableError

_DATA = {"dict", "list", "tuple", "int", "float", "str", "bool", "round", "abs", "min", "max", "field"}
_Function = typing.Union[ast.FunctionDef, ast.AsyncFunctionDef]


@dataclasses.dataclass(frozen=True)
class _Scope:
    """Where a statement stands. A function's own variables are not visible as settings, its calls are."""

    names: Names
    found: Found
    functions: list[tuple[_Function, Names]]
    bring: Bring = nothing
    prefix: str = ""
    visible: bool = True


def walk(source: Source, bring: Bring = nothing) -> Base:
    """Every path with its Item, containers and unknown values too, and the names at the end.

    `bring` gives what a base file holds. One that it does not have leaves "base PATH" among the paths.
    Raises UnreadableError.
    """
    scope = _Scope({}, [], [], bring)
    inherited: Found = []
    try:
        for path, node in listed(source.body):
            base = bring(path)
            inherited += base.found if base else [(f"base {path}", Item(path, node, node))]
        _block(source.body, scope)
        for function, outer in scope.functions:  # grows on the way: functions hold functions
            inner = {**outer, **_parameters(function, outer, scope.found)}
            _block(function.body, dataclasses.replace(scope, names=inner, visible=False))
    except TooLargeError as error:
        why = "this expression is too large to work out, write its value down"
        raise UnreadableError(source.line(error.node), why) from None
    except RecursionError:
        raise UnreadableError(1, TOO_DEEP) from None
    return Base(inherit(inherited, scope.found), scope.names)


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
            _expression(statement.value, scope)
        elif isinstance(statement, ast.If):
            _condition(statement, scope)
        elif isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
            _calls(statement.test if isinstance(statement, ast.While) else statement.iter, scope)
            _forget(getattr(statement, "target", None), scope.names)
            _either([statement.body, statement.orelse], scope)
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            _with(statement, scope)
        elif isinstance(statement, ast.Try):
            _either([statement.body, *(h.body for h in statement.handlers), statement.orelse], scope)
            _block(statement.finalbody, scope)
        elif isinstance(statement, ast.Return) and statement.value:
            _calls(statement.value, scope)


def _expression(value: ast.expr, scope: _Scope) -> None:
    _calls(value, scope)
    _update(value, scope)
    item = evaluate(value, scope.names)
    if isinstance(item.value, dict):  # a printed dict, or arguments that lost their call
        flatten("", item, scope.found)


def _condition(statement: ast.If, scope: _Scope) -> None:
    _calls(statement.test, scope)
    test = evaluate(statement.test, scope.names)
    if test.is_plain():
        _block(statement.body if test.value else statement.orelse, scope)
    else:
        _either([statement.body, statement.orelse], scope)


def _with(statement: ast.With | ast.AsyncWith, scope: _Scope) -> None:
    contexts = [item.context_expr for item in statement.items]
    for context in contexts:
        _calls(context, scope)
    if any(ast.unparse(context) == "read_base()" for context in contexts):
        _read_bases(statement.body, scope)
    else:
        _block(statement.body, scope)


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
        if target.id in scope.names and isinstance(scope.names[target.id].node, Elsewhere):
            _drop({target.id}, scope.found)
        scope.names[target.id] = item
    path = target_path(target)
    if path and (scope.visible or "." in path or not item.is_plain()):
        flatten(scope.prefix + path, item, scope.found)


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
        flatten(f"{function.name}.{arg.arg}", result[arg.arg], found)
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


def _read_bases(body: list[ast.stmt], scope: _Scope) -> None:
    for statement in body:
        if not isinstance(statement, ast.ImportFrom):
            continue
        name = imported(statement)
        base = scope.bring(name)
        if base is None:
            _imports(statement, scope)
            scope.found.append((f"base {name}", Item(name, statement, statement)))
            continue
        wanted = {alias.name: alias.asname or alias.name for alias in statement.names}
        if "*" in wanted:
            wanted = {name: name for name in base.names}
        scope.names.update({new: base.names[old] for old, new in wanted.items() if old in base.names})
        for path, item in base.found:
            head, dot, rest = path.partition(".")
            if head in wanted or head.startswith("base "):
                scope.found.append((wanted.get(head, head) + dot + rest, item))


def _update(call: ast.expr, scope: _Scope) -> None:
    """`optim_wrapper.merge(dict(…))`, `model.llm.update(…)`: how a config changes what a base file made."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return
    path, how = target_path(call.func.value), call.func.attr
    whole = scope.names.get(path.partition(".")[0])
    if how not in ("merge", "update") or whole is None or not isinstance(whole.value, dict):
        return
    part = evaluate(ast.Call(ast.Name("dict", ast.Load()), call.args, call.keywords), scope.names)
    if how == "update":
        _drop({f"{path}.{key}" for key in part.value}, scope.found)
    for key, item in part.value.items():
        flatten(f"{path}.{key}", item, scope.found)


def _drop(holders: set[str], found: Found) -> None:
    found[:] = [pair for pair in found if not below(pair[0], holders)]


def _calls(expression: ast.expr, scope: _Scope) -> None:
    for node in ast.walk(expression):
        if not isinstance(node, ast.Call):
            continue
        name, positional = called(node)
        if not name or name in _DATA:
            continue
        arguments: dict[str, Item] = {}
        for index, arg in enumerate(positional):
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
            flatten(name, Item(arguments, node, node), scope.found)


def _option(arguments: dict[str, Item], found: Found) -> None:
    """parser.add_argument("--lr", default=1e-4) sets lr."""
    flag = arguments.get("0")
    if flag and isinstance(flag.value, str) and "default" in arguments:
        flatten(flag.value.lstrip("-").replace("-", "_"), arguments["default"], found)
