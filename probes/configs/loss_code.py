"""Loss and attention code of one's own in a Python text: whether there is any, and what is wrong with it.

The text is parsed and never executed; `loss_mistakes` has what is looked for.
"""

from __future__ import annotations

import ast
import re

from probes.configs.findings import Findings, Paths
from probes.configs.loss_mistakes import MISTAKES
from probes.syntax.python_code import Code, name_of, pieces
from probes.syntax.python_tree import Source
from probes.syntax.setting import Setting

_LOSS = re.compile(r"(?i)compute_loss\w*|\w*loss(?:_?(?:fn|func|fct|function))?")
_NOT_OWN = re.compile(r"(?i)compute_loss|log\w*|print|get\w*loss\w*")
_TRAINER = re.compile(r"\w*Trainer\(\)")
_TRAINERS = ("transformers", "trl")


def read(source: Source, paths: Paths, found: Findings) -> None:
    """Facts of the code. Of several mistakes the first of MISTAKES counts."""
    codes = pieces(source.body)
    own = next((node for code in codes if (node := _own(code))), None)
    mistakes = (
        (kind, node)
        for kind, shows in MISTAKES.items()
        if kind != "unshifted-labels" or _is_causal(paths)
        for code in codes
        for node in shows(code)
    )
    mistake = next(mistakes, None)
    if mistake:
        found.say("loss.mistake", mistake[0], _at(source, mistake[0], mistake[1]))
    elif own:
        found.say("loss.mistake", "none", _at(source, "none", own))
    if own:
        found.say("loss.custom", True, _at(source, True, own))
    elif any(map(_TRAINER.fullmatch, paths.settings)) and found.value("framework.name") in _TRAINERS:
        found.assume("loss.custom", False, "the Trainer's default: the model's own loss")


def _own(code: Code) -> ast.AST | None:
    """What shows that the loss is own code: a function or class for it, or a loop that computes its loss."""
    if code.name == "compute_loss":
        return code.node if not _delegates(code) else None
    if code.name == "forward" and code.owner.endswith("Loss"):
        return code.node
    if _LOSS.fullmatch(code.name) and not _NOT_OWN.fullmatch(code.name) and _computes(code):
        return code.node
    given = (
        word.value
        for node in code.nodes
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg == "compute_loss_func"
    )
    if function := next(given, None):
        return function
    backward = [node for node in code.nodes if isinstance(node, ast.Call) and name_of(node) == "backward"]
    return next((call for call in backward if _computes(code) and _is_loss(code, call)), None)


def _is_causal(paths: Paths) -> bool:
    """Whether the model predicts the next token: labels of its other uses stand where their token does."""
    return any("CausalLM" in path or "LMHeadModel" in path for path in paths.settings)


def _delegates(code: Code) -> bool:
    """Whether the method only calls its parent's, and does no arithmetic of its own."""
    calls = {name_of(node) for node in code.nodes if isinstance(node, ast.Call)}
    return "super" in calls and not any(isinstance(node, ast.BinOp) for node in code.nodes)


def _computes(code: Code) -> bool:
    calls = {name_of(node) for node in code.nodes if isinstance(node, ast.Call)}
    known = {"cross_entropy", "nll_loss", "mse_loss", "log_softmax", "logsigmoid", "kl_div", "mean", "sum"}
    return bool(calls & known) or any(re.search(r"(?i)loss|criterion", call) for call in calls)


def _is_loss(code: Code, call: ast.Call) -> bool:
    """Whether what backward() is called on, or given, was computed here and not by the model."""
    loss = call.args[0] if call.args else getattr(call.func, "value", call)
    made = [name_of(value) for value in code.values(loss) if value is not None]
    known = r"(?i)\w*(?:loss|criterion)\w*|cross_entropy|mean|sum"
    return any(re.fullmatch(known, name) and not _NOT_OWN.fullmatch(name) for name in made)


def _at(source: Source, value: str | bool, node: ast.AST) -> Setting:
    return Setting("", value, source.line(node), 0, 0)
