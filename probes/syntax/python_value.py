"""The value of a Python expression as far as the text decides it. Nothing is executed.

Literals, names, arithmetic, dict(…), lists, f-strings of known values and decidable conditions have a
value; a name of an imported thing (torch.float16, AdamW) is a Symbol; everything else is UNKNOWN.
"""

from __future__ import annotations

import ast
import dataclasses
import operator
import typing

from probes.syntax.setting import Plain, Symbol


class _Mark:
    """A value that is no value."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


UNKNOWN = _Mark("UNKNOWN")
IMPORTED = _Mark("IMPORTED")

_MODULES = ("torch", "np", "numpy", "transformers", "bnb", "optim", "nn")

MAX_BITS = 1024  # of a whole number, enough for any float
MAX_LENGTH = 10_000  # of a string or list that an expression builds


@dataclasses.dataclass(frozen=True)
class Item:
    """A value, the node of the literal that decides it, and the node where it is used."""

    value: typing.Any  # plain, Symbol, dict[str, Item], list[Item], UNKNOWN or IMPORTED
    node: ast.AST
    site: ast.AST

    def is_plain(self) -> bool:
        """Whether this is one value and not a dict, a list or unknown."""
        return self.value is None or isinstance(self.value, (bool, int, float, str))


Names = dict[str, Item]


class TooLargeError(Exception):
    """An expression that is built to eat memory or time, like 9**9**9."""

    def __init__(self, node: ast.AST) -> None:
        super().__init__()
        self.node = node


def evaluate(node: ast.AST, names: Names) -> Item:
    """What `node` is worth where the names mean `names`. Raises TooLargeError."""
    if isinstance(node, ast.Name):
        return _name(node, names)
    if isinstance(node, ast.IfExp):
        test = evaluate(node.test, names)
        if not test.is_plain():
            return Item(UNKNOWN, node, node)
        chosen = evaluate(node.body if test.value else node.orelse, names)
        return dataclasses.replace(chosen, site=node)
    if isinstance(node, ast.Subscript):
        part = _part(evaluate(node.value, names).value, evaluate(node.slice, names).value)
        return dataclasses.replace(part, site=node) if part else Item(UNKNOWN, node, node)
    return Item(_value(node, names), node, node)


def _part(whole: typing.Any, key: typing.Any) -> Item | None:
    if isinstance(whole, dict) and isinstance(key, (str, int)):
        return whole.get(str(key))
    if isinstance(whole, list) and isinstance(key, int) and -len(whole) <= key < len(whole):
        part: Item = whole[key]
        return part
    return None


def _name(node: ast.Name, names: Names) -> Item:
    known: Item | None = names.get(node.id)
    if known is None:  # a fragment: AdamW stands for something imported, lr for something cut off
        return Item(Symbol(node.id) if node.id[:1].isupper() else UNKNOWN, node, node)
    if known.value is IMPORTED:
        return Item(Symbol(node.id), node, node)
    return dataclasses.replace(known, site=node)


def _value(node: ast.AST, names: Names) -> typing.Any:
    if isinstance(node, ast.Constant):
        plain = node.value is None or isinstance(node.value, (bool, int, float, str))
        return node.value if plain else UNKNOWN
    if isinstance(node, ast.Attribute):
        return _attribute(node, names)
    if isinstance(node, ast.Dict):
        return _pairs([(key, value) for key, value in zip(node.keys, node.values)], names)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return _sequence(node.elts, names)
    if isinstance(node, ast.Call):
        return _call(node, names)
    if isinstance(node, ast.JoinedStr):
        return _joined(node, names)
    if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare)):
        return _operation(node, names)
    return UNKNOWN


def _attribute(node: ast.Attribute, names: Names) -> typing.Any:
    """torch.float16, PROMPT_TEMPLATE.llama3_chat: names of imported things, not fields of values."""
    root: ast.AST = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return UNKNOWN
    known = names.get(root.id)
    foreign = known.value is IMPORTED if known else root.id[:1].isupper() or root.id in _MODULES
    if not foreign:  # args.lr is a field of something; torch.float16 is not, even in a fragment
        return UNKNOWN
    return Symbol(node.attr, ast.unparse(node))


def _pairs(pairs: typing.Sequence[tuple[ast.expr | None, ast.expr]], names: Names) -> dict[str, Item]:
    result: dict[str, Item] = {}
    for key, value in pairs:
        item = evaluate(value, names)
        if key is None:  # **rest
            result.update(item.value if isinstance(item.value, dict) else {"**": item})
        elif isinstance(word := evaluate(key, names).value, (str, int)):
            result[str(word)] = item
    return result


def _sequence(nodes: list[ast.expr], names: Names) -> typing.Any:
    result: list[Item] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            rest = evaluate(node.value, names).value
            if not isinstance(rest, list):
                return UNKNOWN
            result.extend(rest)
        else:
            result.append(evaluate(node, names))
    return result


_PURE: dict[str, typing.Callable[..., Plain]] = {
    f.__name__: f for f in (int, float, str, bool, round, abs, min, max)
}


def _call(node: ast.Call, names: Names) -> typing.Any:
    called = node.func.id if isinstance(node.func, ast.Name) else ""
    if called in names:
        called = "" if names[called].value is not IMPORTED else called
    words: list[tuple[ast.expr | None, ast.expr]] = []
    words += [(ast.Constant(word.arg) if word.arg else None, word.value) for word in node.keywords]
    if called == "dict" and len(node.args) <= 1:
        return _pairs([*((None, arg) for arg in node.args), *words], names)
    if called == "field":  # of a dataclass
        return _pairs(words, names).get("default", Item(UNKNOWN, node, node)).value
    items = [evaluate(arg, names) for arg in node.args]
    if called in ("list", "tuple") and len(items) == 1 and isinstance(items[0].value, list):
        return items[0].value
    if called in _PURE and not words and items and all(item.is_plain() for item in items):
        try:
            return _PURE[called](*(item.value for item in items))
        except (TypeError, ValueError, OverflowError):
            return UNKNOWN
    return UNKNOWN


def _joined(node: ast.JoinedStr, names: Names) -> typing.Any:
    text = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            item = evaluate(part.value, names)
            if part.format_spec or part.conversion != -1 or not item.is_plain():
                return UNKNOWN
            text += str(item.value)
        elif isinstance(part, ast.Constant):
            text += str(part.value)
        if len(text) > MAX_LENGTH:
            raise TooLargeError(node)
    return text


_OPERATORS: dict[type, typing.Callable[..., typing.Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def _operation(node: ast.AST, names: Names) -> typing.Any:
    if isinstance(node, ast.BoolOp):
        values = [evaluate(part, names) for part in node.values]
        if not all(value.is_plain() for value in values):
            return UNKNOWN
        stop = isinstance(node.op, ast.Or)
        return next((value.value for value in values if bool(value.value) is stop), values[-1].value)
    if isinstance(node, ast.UnaryOp):
        return combine(node.op, [evaluate(node.operand, names)], node)
    if isinstance(node, ast.BinOp):
        return combine(node.op, [evaluate(node.left, names), evaluate(node.right, names)], node)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        sides = [evaluate(node.left, names), evaluate(node.comparators[0], names)]
        return combine(node.ops[0], sides, node)
    return UNKNOWN


def combine(op: ast.AST, items: list[Item], node: ast.AST) -> typing.Any:
    """The operator's result on known values. Raises TooLargeError before anything large is built."""
    act = _OPERATORS.get(type(op))
    lists = [item.value for item in items if isinstance(item.value, list)]
    if isinstance(op, ast.Add) and len(lists) == 2:
        if len(lists[0]) + len(lists[1]) > MAX_LENGTH:
            raise TooLargeError(node)
        return lists[0] + lists[1]
    if act is None or not all(item.is_plain() for item in items):
        return UNKNOWN
    values = [item.value for item in items]
    if any(isinstance(value, Symbol) for value in values) and not isinstance(op, (ast.Eq, ast.NotEq)):
        return UNKNOWN
    if isinstance(op, ast.Mod) and isinstance(values[0], str):
        return UNKNOWN  # "%999999999d" % 1 is not worth guarding
    if isinstance(op, (ast.Pow, ast.Mult)):
        _guard(op, values[0], values[1], node)
    try:
        result = act(*values)
    except (TypeError, ValueError, ArithmeticError):
        return UNKNOWN
    if isinstance(result, int) and result.bit_length() > MAX_BITS:
        raise TooLargeError(node)
    if isinstance(result, str) and len(result) > MAX_LENGTH:
        raise TooLargeError(node)
    return result if isinstance(result, (bool, int, float, str)) else UNKNOWN


def _guard(op: ast.AST, left: typing.Any, right: typing.Any, node: ast.AST) -> None:
    """Refuse what would be large before it is built."""
    if isinstance(op, ast.Pow) and isinstance(left, int) and isinstance(right, int):
        if left.bit_length() * abs(right) > 2 * MAX_BITS:
            raise TooLargeError(node)
    elif isinstance(left, str) or isinstance(right, str):
        text, times = (left, right) if isinstance(left, str) else (right, left)
        if isinstance(times, int) and len(text) * times > MAX_LENGTH:
            raise TooLargeError(node)
