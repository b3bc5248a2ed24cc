"""torchtitan's TOML, as 0.1 and 0.2 ship it."""

from __future__ import annotations

import ast
from pathlib import Path

import tomllib  # type: ignore[import-not-found]  # since Python 3.11

from measure.configs_reference.sources import Arguments, Facts, Reader, clean, number

EXAMPLES = ("torchtitan/**/*.toml",)


def reader(root: Path, transformers: Arguments) -> Reader:
    """Reads what sets a rate, over the defaults of the section's dataclass."""
    own = _defaults(root / "torchtitan/config/job_config.py")

    def read(text: str) -> Facts | None:
        given = tomllib.loads(text)
        names = {name.lower().replace("_", ""): name for name in given}
        sections = {kind: {**plain, **given.get(names.get(kind, ""), {})} for kind, plain in own.items()}
        return _facts(sections) if "optimizer" in given else None

    return read


def _defaults(source: Path) -> dict[str, Arguments]:
    """The plain defaults of each dataclass, by its name in small letters."""
    return {
        node.name.lower(): {
            field.target.id: field.value.value
            for field in node.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if isinstance(field.value, ast.Constant)
        }
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }


def _facts(of: dict[str, Arguments]) -> Facts:
    model, training = of["model"], of["training"]
    eighth = any(str(name).startswith(("float8", "quantize.", "mx")) for name in model.get("converters", ()))
    return clean(
        {
            "optimizer.learning_rate": number(of["optimizer"]["lr"]),
            "optimizer.name": str(of["optimizer"]["name"]).lower(),
            "optimizer.max_grad_norm": number(training["max_norm"]),
            "batch.accumulation": 1 if training.get("global_batch_size", -1) in (-1, None) else None,
            "batch.per_device": training["local_batch_size"],
            "precision.compute": "float8" if eighth else training["mixed_precision_param"],
            "precision.weights": training["dtype"],
            "quantization.bits": "none",
            "lora.enabled": False,
            "schedule.warmup": of["lrscheduler"]["warmup_steps"] > 0,
            "sequence.max_length": training["seq_len"],
            "model.name": f"{model['name']} {model['flavor']}",
            "gradient_checkpointing": of["activationcheckpoint"]["mode"] != "none",
            "deepspeed.enabled": False,
        }
    )
