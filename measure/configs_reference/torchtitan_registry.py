"""torchtitan's configs in Python, as 0.3 ships them: each function alone, with those that it builds on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measure.configs_reference.sources import Arguments, Facts, Reader, clean

EXAMPLES = ("torchtitan/**/config_registry.py",)
# TrainingConfig (torchtitan/config/configs.py), LRSchedulersContainer.Config and default_adamw.
_TRAINING = {"local_batch_size": 8, "seq_len": 2048, "max_norm": 1.0, "dtype": "float32"}
_TRAINING |= {"mixed_precision_param": "bfloat16", "global_batch_size": -1}
_WARMUP, _RATE = 200, 8e-4


def pieces(text: str) -> Iterator[str]:
    """The imports with each function that returns a config of the trainer itself, in one expression."""
    body = ast.parse(text).body
    imports = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    for node in body:
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Return):
            value = node.body[-1].value
            if isinstance(value, ast.Call) and ast.unparse(value.func) == "Trainer.Config":
                yield "\n".join(ast.get_source_segment(text, part) or "" for part in [*imports, node])


def reader(root: Path, transformers: Arguments) -> Reader:
    """Reads the expression that a function returns, as Python's grammar has it."""

    def read(text: str) -> Facts | None:
        function = ast.parse(text).body[-1]
        assert isinstance(function, ast.FunctionDef)
        returned = function.body[-1]
        assert isinstance(returned, ast.Return)
        assert isinstance(returned.value, ast.Call)
        return _facts({str(word.arg): word.value for word in returned.value.keywords}, ast.unparse(function))

    return read


def _words(value: ast.expr | None) -> Arguments:
    """The plain arguments of a call by name."""
    words = value.keywords if isinstance(value, ast.Call) else []
    return {str(word.arg): plain for word in words if (plain := _plain(word.value)) is not None}


def _plain(value: ast.expr) -> Any:
    """A constant, or a product of them."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        sides = _plain(value.left), _plain(value.right)
        return sides[0] * sides[1] if isinstance(sides[0], int) and isinstance(sides[1], int) else None
    return value.value if isinstance(value, ast.Constant) else None


def _facts(given: dict[str, ast.expr], code: str) -> Facts:
    training = {**_TRAINING, **_words(given.get("training"))}
    adamw = ast.unparse(given["optimizer"]).startswith("default_adamw(") if "optimizer" in given else False
    checkpointed = (
        ast.unparse(given["activation_checkpoint"]) if "activation_checkpoint" in given else "Selective"
    )
    compute = training["mixed_precision_param"]
    if "Float8LinearConverter" in code or "MXFP8LinearConverter" in code:
        compute = "float8"
    if "NVFP4" in code:
        compute = None
    return clean(
        {
            "optimizer.learning_rate": _words(given["optimizer"]).get("lr", _RATE) if adamw else None,
            "optimizer.name": "adamw" if adamw else None,
            "optimizer.max_grad_norm": training["max_norm"],
            "batch.accumulation": 1 if training["global_batch_size"] == -1 else None,
            "batch.per_device": training["local_batch_size"],
            "precision.compute": compute,
            "precision.weights": training["dtype"],
            "quantization.bits": "none",
            "lora.enabled": False,
            "schedule.warmup": _words(given.get("lr_scheduler")).get("warmup_steps", _WARMUP) > 0,
            "sequence.max_length": training["seq_len"],
            "model.name": ast.literal_eval(given["hf_assets_path"]) if "hf_assets_path" in given else None,
            "gradient_checkpointing": checkpointed != "None",
            "deepspeed.enabled": False,
        }
    )
