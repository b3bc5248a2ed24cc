"""OpenRLHF's examples."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from measure.configs_reference.sources import (
    KERNELS,
    Arguments,
    Facts,
    Reader,
    clean,
    commands,
    flags,
    number,
)

EXAMPLES = ("examples/scripts/train_*.sh",)
_OLD = {  # the names before 0.10
    "pretrain": "model_name_or_path",
    "learning_rate": "adam.lr",
    "actor_learning_rate": "adam.lr",
    "micro_train_batch_size": "micro_batch_size",
    "gradient_checkpointing": "gradient_checkpointing_enable",
    "lora_rank": "lora.rank",
    "use_dynamic_batch": "dynamic_batch_enable",
}
_DTYPES = {"bf16": "bfloat16", "fp16": "float16"}


def reader(root: Path, transformers: Arguments) -> Reader:
    """Reads the trainer that a script starts, by Python's -m, DeepSpeed's --module or a Ray job."""
    trainers = {path.stem: _defaults(path) for path in (root / "openrlhf/cli").glob("train_*.py")}

    def read(text: str) -> Facts | None:
        for words in commands(text):
            for at, word in enumerate(words):
                started = re.fullmatch(r"openrlhf\.cli\.(train_\w+)", word)
                if started and started[1] in trainers:
                    return _facts({**trainers[started[1]], **_named(flags(words[at + 1 :]))})
        return None

    return read


def _defaults(source: Path) -> Arguments:
    """What argparse is told; a name like {prefix}.lr is the actor's."""
    found: Arguments = {}
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "parser.add_argument":
            name = ast.unparse(node.args[0]).replace("{prefix}", "actor").strip("f'\"").lstrip("-")
            default = next((word.value for word in node.keywords if word.arg == "default"), None)
            if isinstance(default, ast.IfExp):  # 1e-6 if prefix == 'actor' else 9e-6
                default = default.body
            found[name] = default.value if isinstance(default, ast.Constant) else None
    return _named(found)


def _named(given: Arguments) -> Arguments:
    """By the newest names, without the part that a setting belongs to; of two parts the trained one."""
    found: Arguments = {}
    for name, value in given.items():
        part, _, rest = name.partition(".")
        if part in ("critic", "reward", "ref", "muon", "rollout", "eval", "vllm", "ckpt", "logger"):
            continue
        own = rest if part in ("actor", "model", "ds", "data", "train") and rest else name
        found[_OLD.get(own, own)] = value
    return found


def _facts(args: Arguments) -> Facts:
    kernel = args.get("attn_implementation")
    muon = args.get("optim") == "muon"
    return clean(
        {
            "optimizer.learning_rate": None if muon else number(args["adam.lr"]),
            "optimizer.name": "other" if muon else "adamw",  # DeepSpeed's Adam, which decouples the decay
            "optimizer.max_grad_norm": number(args["max_norm"]),
            "batch.per_device": None if args.get("dynamic_batch_enable") else int(args["micro_batch_size"]),
            "precision.compute": _DTYPES[args["param_dtype"]],
            "precision.weights": "float32",  # DeepSpeed's master weights
            "quantization.bits": 4 if args.get("load_in_4bit") else "none",
            "lora.enabled": int(args["lora.rank"]) > 0,
            "schedule.warmup": number(args["lr_warmup_ratio"]) > 0,
            "sequence.max_length": int(args["max_len"]),
            "model.name": args["model_name_or_path"],
            "gradient_checkpointing": bool(args["gradient_checkpointing_enable"]),
            "attention.kernel": kernel if kernel in KERNELS else None,
            "deepspeed.enabled": True,
            "deepspeed.stage": int(args["zero_stage"]),
        }
    )
