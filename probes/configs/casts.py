"""A model that a Python text casts as a whole: `model.half()`, `unet.to(dtype=torch.bfloat16)`.

What is cast so is trained in that format, with no float32 copy, where no adapter is trained in its place.
"""

from __future__ import annotations

import ast
import re

from probes.configs.findings import Findings, Paths
from probes.configs.words import dtype
from probes.report import ASSUMED
from probes.syntax.python_code import name_of, pieces, subject
from probes.syntax.python_paths import call_name, target_path
from probes.syntax.python_tree import Source
from probes.syntax.setting import Setting

_TRAINED = re.compile(r"(?i)\w*(?:model|llm|unet|transformer|generator|policy|actor|network|\bnet)\w*")
# Frozen beside what is trained, or no network.
_BESIDE = re.compile(r"(?i)(?:.*_)?(?:ref|reference|teacher|reward|vae|text|image|vision|clip|tokenizer|ema)")
_WHOLE = {"half": "float16", "bfloat16": "bfloat16"}


def read(source: Source, paths: Paths, found: Findings) -> None:
    """The trained weights' format, and that of computing where nothing else decides it."""
    adapted = "get_peft_model()" in paths or found.value("lora.enabled") is True
    if adapted or found.value("quantization.bits") in (4, 8):
        return
    for code in pieces(source.body):
        for node in code.nodes:
            value = _cast(node)
            if value in ("float16", "bfloat16"):
                for fact in ("precision.weights", "precision.compute"):
                    if fact in found.facts and found.facts[fact].state == ASSUMED:
                        del found.facts[fact]  # a default of loading, which the cast undoes
                    found.say(fact, value, Setting("", value, source.line(node), 0, 0))
                return


def _cast(node: ast.AST) -> str | None:
    """The format that a call casts the trained model to."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    name, model = name_of(node), subject(node)
    if model is None or not _is_trained(model):
        return None
    if name in _WHOLE:
        return _WHOLE[name]
    if name != "to":
        return None
    given = [*node.args, *(word.value for word in node.keywords if word.arg == "dtype")]
    formats = (dtype(target_path(argument).rpartition(".")[2]) for argument in given)
    return next((value for value in formats if value), None)


def _is_trained(node: ast.expr) -> bool:
    """By its name: of the variable, or of the class that makes it."""
    word = call_name(node.func) if isinstance(node, ast.Call) else target_path(node)
    if word.endswith("from_pretrained"):
        word = word.rpartition(".")[0]
    word = word.rpartition(".")[2]
    return bool(_TRAINED.fullmatch(word)) and not _BESIDE.match(word)
