"""Mistakes of loss and attention code that reading shows for certain, one function each: where it stands.

Each says nothing where a clamp, an epsilon or a condition may save the code: a mistake that is not there
would send somebody the wrong way. `MISTAKES` has their names in the vocabulary, what breaks a run first.
"""

from __future__ import annotations

import ast
import re
import typing

from probes.configs.tensor_code import (
    PROBABILITIES,
    constant,
    is_half,
    is_mask,
    is_probability,
    may_be_zero,
    names_in,
)
from probes.syntax.python_code import Code, argument, name_of, subject

Where = typing.Iterator[ast.AST]

_ENTROPY = ("cross_entropy", "CrossEntropyLoss")
_WITH_LOGITS = ("binary_cross_entropy_with_logits", "BCEWithLogitsLoss")
_ACCUMULATION = re.compile(r"(?i)(?:grad\w*_)?accum\w*|(?:grad_)?acc_steps|ga_steps")
_CASTS = ("float", "to", "item", "type_as")
_DEEPEST = 6
_LOWEST = -65_504  # of float16


def log_of_zero(code: Code) -> Where:
    """log of a softmax or sigmoid that rounds to 0; log_softmax and logsigmoid stay finite."""
    for call in code.calls("log", "log2", "log10"):
        inner = subject(call)
        if inner is not None and is_probability(code, inner):
            yield call


def empty_mean(code: Code) -> Where:
    """A mean over what a mask selects, and nothing for a batch in which it selects nothing."""
    tested = code.tested()
    for node in code.nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            count = node.right
        elif name_of(node) == "div" and isinstance(node, ast.Call) and node.args:
            count = node.args[-1]
        elif name_of(node) == "mean" and isinstance(node, ast.Call):
            selected = subject(node)
            masked = isinstance(selected, ast.Subscript) and is_mask(code, selected.slice)
            if selected is not None and masked and not tested & names_in(selected):
                yield node
            continue
        else:
            continue
        counted = code.value(count)
        for _ in range(_DEEPEST):  # a name may stand for itself: n = n.to(device)
            inner = subject(counted) if isinstance(counted, ast.Call) and name_of(counted) in _CASTS else None
            counted = counted if inner is None else code.value(inner)
        mask = subject(counted) if isinstance(counted, ast.Call) and name_of(counted) == "sum" else None
        if mask is not None and is_mask(code, mask) and not tested & (names_in(count) | names_in(mask)):
            yield node


def sqrt_at_zero(code: Code) -> Where:
    """The root of a sum of squares that may be 0, where its gradient is infinite."""
    for node in code.nodes:
        if isinstance(node, ast.Call) and name_of(node) == "sqrt":
            inner = subject(node)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and constant(node.right) == 0.5:
            inner = node.left
        else:
            continue
        if inner is not None and may_be_zero(code, inner):
            yield node


def half_softmax(code: Code) -> Where:
    """Softmax that is told to compute in float16."""
    for call in code.calls("softmax", "log_softmax", "logsumexp"):
        inner = subject(call)
        told = str(argument(call, "dtype")).rpartition(".")[2] in ("float16", "half")
        if told or (inner is not None and is_half(code.value(inner))):
            yield call


def infinite_mask(code: Code) -> Where:
    """A mask of -inf, or of what float16 holds as -inf, before a softmax: NaN in a row without a key."""
    if not any(code.calls("softmax")) or any(code.calls("nan_to_num", "nan_to_num_", "tril", "triu")):
        return
    half = any(is_half(node) for node in code.nodes)
    for call in code.calls("masked_fill", "masked_fill_", "where"):
        for value in call.args[1:]:
            number = constant(value)
            mask = next((arg for arg in call.args if arg is not value), None)
            if number is None or mask is None or "causal" in " ".join(names_in(mask)):
                continue
            if number == float("-inf") or (number < _LOWEST and half):
                yield call


def bce_on_logits(code: Code) -> Where:
    """BCELoss of logits: it takes probabilities, and the log of anything else is no number."""
    for call, given in _losses(code, ("binary_cross_entropy", "BCELoss")):
        last = given.attr if isinstance(given, ast.Attribute) else getattr(given, "id", "")
        if re.search(r"(?i)logit", last) and not is_probability(code, given):
            yield call


def softmax_twice(code: Code) -> Where:
    """A loss that takes logits is given probabilities: it hardly falls."""
    for call, given in _losses(code, _ENTROPY + _WITH_LOGITS):
        value = code.value(given)
        if name_of(value) in PROBABILITIES:
            yield call


def unshifted_labels(code: Code) -> Where:
    """Logits of a causal model against the labels of the same place: the model learns to copy its input."""
    words = {word for node in code.nodes for word in names_in(node)}
    slices = any(isinstance(node, (ast.Slice, ast.UnaryOp)) and _moves(node) for node in code.nodes)
    if slices or any(re.search(r"(?i)shift|target|class|roll|chunk|mask", word) for word in words):
        return
    for call, given in _losses(code, _ENTROPY):
        labels = call.args[1] if len(call.args) > 1 else None
        flat = [name_of(code.value(node)) for node in (given, labels) if node is not None]
        named = " ".join(names_in(given) | (names_in(labels) if labels is not None else set()))
        if flat == [flat[0]] * 2 and flat[0] in ("view", "reshape", "flatten") and "labels" in named:
            yield call


def scaled_twice(code: Code) -> Where:
    """The loss is divided by the accumulation steps here, and once more by the engine or a line below."""
    divisions = [
        node
        for node in code.nodes
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div)
        if any(_ACCUMULATION.fullmatch(word) for word in names_in(_divisor(node)))
        if _is_loss(names_in(_divided(node)))
    ]
    engines = any(
        isinstance(call.func, ast.Attribute)
        and re.search(r"(?i)accelerator|engine", " ".join(names_in(call.func.value)))
        for call in code.calls("backward")
    )
    yield from divisions[0 if engines else 1 :]


def summed(code: Code) -> Where:
    """What is trained on is a sum over tokens, and nothing divides it. Who calls a function may divide."""
    if code.name != "compute_loss" and not any(code.calls("backward")):
        return
    divides = any(
        isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div) for node in code.nodes
    )
    if divides or any(code.calls("div", "div_", "mean")):
        return
    for call in code.calls(*_ENTROPY, "nll_loss", "NLLLoss"):
        if argument(call, "reduction") == "sum" or argument(call, "size_average") is False:
            yield call


def _losses(code: Code, names: tuple[str, ...]) -> typing.Iterator[tuple[ast.Call, ast.expr]]:
    """The calls of a loss, by function or by an object of its class, and what it is given first."""
    for node in code.nodes:
        if not isinstance(node, ast.Call) or not node.args:
            continue
        maker = node.func if isinstance(node.func, ast.Call) else code.value(node.func)
        if name_of(maker) in names or (name_of(node) in names and name_of(node).islower()):
            yield node, node.args[0]


def _is_loss(names: set[str]) -> bool:
    """Whether a loss is among the names, and not its number for a log."""
    return any(re.search(r"(?i)loss|criterion", name) for name in names) and not names & {"item", "detach"}


def _divisor(node: ast.AST) -> ast.AST:
    return node.right if isinstance(node, ast.BinOp) else getattr(node, "value", node)


def _divided(node: ast.AST) -> ast.AST:
    return node.left if isinstance(node, ast.BinOp) else getattr(node, "target", node)


def _moves(node: ast.AST) -> bool:
    """A slice that leaves the first or the last out."""
    ends = [node.lower, node.upper] if isinstance(node, ast.Slice) else []
    return any(constant(end) in (1, -1) for end in ends if end is not None)


MISTAKES: dict[str, typing.Callable[[Code], Where]] = {
    "log-of-zero": log_of_zero,
    "empty-mean": empty_mean,
    "sqrt-at-zero": sqrt_at_zero,
    "half-softmax": half_softmax,
    "infinite-mask": infinite_mask,
    "bce-on-logits": bce_on_logits,
    "softmax-twice": softmax_twice,
    "unshifted-labels": unshifted_labels,
    "scaled-twice": scaled_twice,
    "summed": summed,
}
