"""What an expression of tensor code is: a probability, a mask, a number that may be 0, half precision."""

from __future__ import annotations

import ast
import math
import re

from probes.syntax.python_code import Code, name_of, subject

PROBABILITIES = ("softmax", "sigmoid", "Softmax", "Sigmoid")

_PICKS = ("gather", "squeeze", "unsqueeze", "view", "reshape", "flatten", "contiguous")
_MASK = re.compile(r"(?i)(?!.*(?:attention|attn|input|pool))\w*mask\w*")


def is_probability(code: Code, node: ast.expr) -> bool:
    """A softmax or sigmoid, one of its entries, or 1 less that; with an epsilon it is a sum, and none."""
    node = code.value(node)
    for _ in range(10):
        if isinstance(node, ast.Subscript):
            node = code.value(node.value)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and constant(node.left) == 1:
            node = code.value(node.right)
        elif isinstance(node, ast.Call) and name_of(node) in _PICKS and (inner := subject(node)) is not None:
            node = code.value(inner)
        else:
            break
    return name_of(node) in PROBABILITIES


def is_mask(code: Code, node: ast.expr) -> bool:
    """A mask of what is learned from; that of attention always has a token in it."""
    value = code.value(node)
    if isinstance(value, ast.Compare):
        return any(
            constant(side) == -100 or "ignore" in " ".join(names_in(side)) for side in value.comparators
        )
    if name_of(value) in ("ne", "eq") and isinstance(value, ast.Call):
        return any(constant(side) == -100 for side in value.args)
    last = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
    written = node.id if isinstance(node, ast.Name) else last
    return any(_MASK.fullmatch(word) for word in (last, written) if word)


def may_be_zero(code: Code, node: ast.expr) -> bool:
    """A sum or mean of squared differences, or a mean squared error; with an epsilon it is a sum."""
    value = code.value(node)
    if not isinstance(value, ast.Call):
        return False
    if name_of(value) in ("mse_loss", "MSELoss") or name_of(code.value(value.func)) == "MSELoss":
        return True
    squares = subject(value) if name_of(value) in ("sum", "mean") else None
    if squares is None:
        return False
    squares = code.value(squares)
    if isinstance(squares, ast.BinOp) and isinstance(squares.op, ast.Pow) and constant(squares.right) == 2:
        base = squares.left
    elif isinstance(squares, ast.Call) and name_of(squares) in ("pow", "square"):
        base = subject(squares) or squares
    else:
        return False
    base = code.value(base)
    return isinstance(base, ast.BinOp) and isinstance(base.op, ast.Sub)


def is_half(node: ast.AST) -> bool:
    """x.half() or x.to(torch.float16)."""
    if name_of(node) == "half":
        return True
    words = [name for arg in getattr(node, "args", []) for name in names_in(arg)]
    return name_of(node) == "to" and ("float16" in words or "half" in words)


def names_in(node: ast.AST) -> set[str]:
    """The names and attributes in an expression."""
    inside = list(ast.walk(node))
    names = {name.id for name in inside if isinstance(name, ast.Name)}
    return names | {name.attr for name in inside if isinstance(name, ast.Attribute)}


def constant(node: ast.AST) -> float | None:
    """The number that is written there: -1e9, float('-inf'), -torch.inf; torch.finfo(…).min is none."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = constant(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Attribute) and node.attr == "inf":
        return math.inf
    if isinstance(node, ast.Call) and name_of(node) == "float" and node.args:
        word = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        return {"-inf": -math.inf, "inf": math.inf}.get(str(word).lower())
    value = node.value if isinstance(node, ast.Constant) else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
