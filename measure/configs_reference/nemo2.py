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
    calls = {ast.unparse(node.func): node for node in ast.walk(recipe) if isinstance(node, ast.Call)}
    if kind == "finetune":
        if "default_finetune_recipe" not in calls:
            return None
        rates = [_set(node, "recipe.optim.config.lr") for node in ast.walk(recipe) if _is_lora(node)]
        rate = next((rate for rate in rates if rate is not None), 1e-4)
        length = re.search(r"seq_length = \d+ if packed_sequence else (\d+)", ast.unparse(recipe))
        batch = _set(recipe, "recipe.data.micro_batch_size") or 1
        return clean(
            {
                **common,
                "optimizer.learning_rate": rate,
                "batch.per_device": batch,
                "lora.enabled": True,
                "sequence.max_length": int(length[1]) if length else 2048,
            }
        )
    data = next(
        (c for c in ast.walk(recipe) if isinstance(c, ast.Call) and "MockDataModule" in ast.unparse(c)), None
    )
    if _ADAM not in calls or "bf16_mixed()" not in text or data is None:
        return None
    words = {
        word.arg: word.value
        for node in ast.walk(recipe)
        if isinstance(node, ast.Call)
        for word in node.keywords
    }
    return clean(
        {
            **common,
            "optimizer.learning_rate": _plain(words.get("max_lr")),
            "batch.per_device": _plain(words.get("micro_batch_size")),
            "lora.enabled": False,
            "sequence.max_length": _plain(words.get("seq_length")),
        }
    )


def _is_lora(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "'lora'" in ast.unparse(node.test)


def _set(node: ast.AST, target: str) -> Any:
    """The plain value that the body gives it, not its other branches."""
    for statement in getattr(node, "body", []):
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == target:
            return _plain(statement.value)
    return None


def _plain(value: ast.expr | None) -> Any:
    return value.value if isinstance(value, ast.Constant) else None
