"""Python functions as pieces of code that a few questions can be asked about. Nothing is executed."""

from __future__ import annotations

import ast
import collections
import dataclasses
import re
import typing

from probes.syntax.python_paths import call_name, target_path

Names = typing.Mapping[str, tuple[typing.Optional[ast.expr], ...]]
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)

_MODULES = {"torch", "F", "nn", "np", "numpy", "functional", "math"}
_NO_TRAINING = re.compile(r"(?i).*(?:eval|valid|metric|test|infer|generate|predict)")
_NO_GRADIENT = {"no_grad", "inference_mode"}
_DEEPEST = 6  # names that stand for names


@dataclasses.dataclass(frozen=True)
class Code:
    """The nodes of one function, or those outside of all functions, where gradients are computed.

    `owner` is the class that it is a method of, or "". `names` has all values that a name is given in it,
    None for one that no expression of the text is; `outer` those given above, and to self in any method.
    """

    name: str
    owner: str
    node: ast.AST
    nodes: tuple[ast.AST, ...]
    names: Names
    outer: Names

    def values(self, node: ast.AST) -> tuple[ast.expr | None, ...]:
        """All that a name is given."""
        path = _path(node)
        return self.names.get(path) or self.outer.get(path, ())

    def value(self, node: ast.expr, deep: int = _DEEPEST) -> ast.expr:
        """What a name stands for, where it is given one value only; else the node itself."""
        values = self.values(node)
        only = values[0] if len(values) == 1 else None
        return self.value(only, deep - 1) if only and deep else node

    def calls(self, *names: str) -> typing.Iterator[ast.Call]:
        """The calls of functions and methods by these names."""
        return (node for node in self.nodes if isinstance(node, ast.Call) and name_of(node) in names)

    def tested(self) -> set[str]:
        """The names that a condition of this code looks at."""
        tests = [node.test for node in self.nodes if isinstance(node, (ast.If, ast.IfExp, ast.Assert))]
        return {_path(node) for test in tests for node in ast.walk(test)} - {""}


def pieces(body: list[ast.stmt]) -> list[Code]:
    """What stands outside of functions, and each function; those that train nothing are left out."""
    top = ast.Module(body=body, type_ignores=[])
    found: list[tuple[str, str, ast.AST]] = [("", "", top)]
    found += [
        (function.name, owner, function)
        for owner, function in _functions(top)
        if not _NO_TRAINING.match(function.name) and not any(map(_stops_gradient, function.decorator_list))
    ]
    nodes = [_own_nodes(piece) for _, _, piece in found]
    names = [_assigned(own) for own in nodes]
    outer = {path: values for own in names[1:] for path, values in own.items() if path.startswith("self.")}
    outer.update(names[0])
    return [Code(*piece, tuple(own), given, outer) for piece, own, given in zip(found, nodes, names)]


def name_of(node: ast.AST) -> str:
    """The last word of what is called: softmax for F.softmax(x), torch.softmax(x) and x.softmax(-1)."""
    return call_name(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


def subject(call: ast.Call) -> ast.expr | None:
    """What a call works on: x of torch.log(x), and of x.log()."""
    function = call.func
    if isinstance(function, ast.Attribute) and target_path(function.value).rpartition(".")[2] not in _MODULES:
        return function.value
    return call.args[0] if call.args else next((w.value for w in call.keywords if w.arg == "input"), None)


def argument(call: ast.Call, *names: str) -> object:
    """The constant or the name that is given by keyword; None: no such keyword."""
    for word in call.keywords:
        if word.arg in names:
            return word.value.value if isinstance(word.value, ast.Constant) else target_path(word.value)
    return None


def _path(node: ast.AST) -> str:
    """target_path, which leaves self out, with it."""
    own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return ("self." if own else "") + target_path(node) if isinstance(node, ast.expr) else ""


def _functions(top: ast.AST) -> typing.Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with the class that it stands in."""
    waiting: collections.deque[tuple[str, ast.AST]] = collections.deque([("", top)])
    while waiting:
        owner, node = waiting.popleft()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _Function):
                yield owner, child
                waiting.append(("", child))
            elif isinstance(child, ast.stmt):  # a lambda holds no function
                waiting.append((child.name if isinstance(child, ast.ClassDef) else owner, child))


def _own_nodes(piece: ast.AST) -> list[ast.AST]:
    """What stands in a piece, in the text's order, without functions in it and what needs no gradient."""
    result: list[ast.AST] = []
    waiting = list(ast.iter_child_nodes(piece))[::-1]
    while waiting:
        node = waiting.pop()
        blind = isinstance(node, ast.With) and any(_stops_gradient(item.context_expr) for item in node.items)
        if not blind and not isinstance(node, _Function):
            result.append(node)
            waiting += list(ast.iter_child_nodes(node))[::-1]
    return result


def _stops_gradient(node: ast.expr) -> bool:
    call = node.func if isinstance(node, ast.Call) else node
    return target_path(call).rpartition(".")[2] in _NO_GRADIENT


def _assigned(nodes: list[ast.AST]) -> dict[str, tuple[ast.expr | None, ...]]:
    """Each name's values; of one that is unpacked, counted up or looped over, None."""
    found: dict[str, tuple[ast.expr | None, ...]] = {}
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            pairs: list[tuple[ast.expr, ast.expr | None]] = [(target, node.value) for target in targets]
        elif isinstance(node, (ast.AugAssign, ast.For)):
            pairs = [(node.target, None)]
        else:
            continue
        for target, value in pairs:
            parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
            known: typing.Sequence[ast.expr | None] = [value] if parts == [target] else [None] * len(parts)
            if isinstance(value, ast.Tuple) and len(value.elts) == len(parts) > 1:
                known = value.elts
            for part, one in zip(parts, known):
                if path := _path(part):
                    found[path] = (*found.get(path, ()), one)
    return found
