"""NeMo 2's recipes, each as a script takes it over unchanged, in the words of NeMo's own guide."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measure.configs_reference.sources import Arguments, Facts, Reader, clean

EXAMPLES = ("nemo/collections/llm/recipes/*.py",)
_SCRIPT = """\
import nemo_run as run
from nemo.collections import llm

recipe = llm.{module}.{kind}_recipe(name="first", dir="/checkpoints", num_nodes=1, num_gpus_per_node=8)
run.run(recipe, executor=run.LocalExecutor(ntasks_per_node=8, launcher="torchrun"))
"""
_ADAM = "distributed_fused_adam_with_cosine_annealing"


def pieces(text: str) -> Iterator[str]:
    """A script for each recipe in a module that is built in the usual way, with the module's own name."""
    name = re.search(r"^NAME = ['\"](\w+)['\"]", text, re.MULTILINE)
    for kind in ("pretrain", "finetune"):
        if name and _recipe(text, kind):
            yield _SCRIPT.format(module=name[1], kind=kind)


def reader(root: Path, transformers: Arguments) -> Reader:
    """Reads the recipe that the script names in NeMo's source."""
    sources = [path.read_text(encoding="utf-8") for path in root.glob(EXAMPLES[0])]
    named = {match[1]: text for text in sources if (match := re.search(r"(?m)^NAME = ['\"](\w+)", text))}

    def read(text: str) -> Facts | None:
        asked = re.search(r"llm\.(\w+)\.(\w+)_recipe", text)
        return _recipe(named[asked[1]], asked[2]) if asked and asked[1] in named else None

    return read


def _recipe(text: str, kind: str) -> Facts | None:
    """The facts of a module's recipe; None where it is not built of NeMo's common parts."""
    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    recipe = functions.get(f"{kind}_recipe")
    if recipe is None:
        return None
    common = {
        "optimizer.name": "adamw",
        "optimizer.max_grad_norm": 1.0,
        "batch.accumulation": 1,
        "precision.compute": "bfloat16",  # bf16_mixed() in the trainer, and in default_finetune_trainer
        "precision.weights": "float32",
        "quantization.bits": "none",
        "schedule.warmup": True,
        "deepspeed.enabled": False,
    }
    calls = [node for node in ast.walk(recipe) if isinstance(node, ast.Call)]
    names = [ast.unparse(call.func) for call in calls]
    known = _arguments(recipe)
    words = {word.arg: _plain(word.value, known) for call in calls for word in call.keywords}
    if kind == "finetune":
        if "default_finetune_recipe" not in names:
            return None
        lora = str(known.get("peft_scheme")).lower() == "lora"
        rates = [_set(node, "recipe.optim.config.lr") for node in ast.walk(recipe) if _asks(node, lora)]
        return clean(
            {
                **common,
                "optimizer.learning_rate": next((rate for rate in rates if rate is not None), 1e-4),
                "batch.per_device": _set(recipe, "recipe.data.micro_batch_size")
                or words.get("micro_batch_size")
                or 1,
                "lora.enabled": lora,
                "sequence.max_length": known.get("seq_length") or 2048,
            }
        )
    if _ADAM not in names or "bf16_mixed()" not in text or "MockDataModule" not in ast.unparse(recipe):
        return None
    return clean(
        {
            **common,
            "optimizer.learning_rate": words.get("max_lr"),
            "batch.per_device": words.get("micro_batch_size"),
            "lora.enabled": False,
            "sequence.max_length": words.get("seq_length"),
        }
    )


def _arguments(recipe: ast.FunctionDef) -> dict[str, Any]:
    """What a call without arguments finds in them: their defaults, and what the body puts for a None."""
    from_last = zip(reversed(recipe.args.args), reversed(recipe.args.defaults), strict=False)
    known = {argument.arg: _plain(value, {}) for argument, value in from_last}
    for node in ast.walk(recipe):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith(" is None"):
            name = ast.unparse(node.test).removesuffix(" is None")
            put = next((s.value for s in node.body if isinstance(s, ast.Assign)), None)
            if name in known and known[name] is None and put is not None:
                known[name] = _plain(put.orelse if isinstance(put, ast.IfExp) else put, known)
    return known


def _asks(node: ast.AST, lora: bool) -> bool:
    return isinstance(node, ast.If) and ("'lora'" if lora else "'none'") in ast.unparse(node.test)


def _set(node: ast.AST, target: str) -> Any:
    """The plain value that the body gives it, not its other branches."""
    for statement in getattr(node, "body", []):
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == target:
            return _plain(statement.value, {})
    return None


def _plain(value: ast.expr, known: dict[str, Any]) -> Any:
    if isinstance(value, ast.Name):
        return known.get(value.id)
    return value.value if isinstance(value, ast.Constant) else None
