"""LLaMA-Factory's examples."""

from __future__ import annotations

import re
from pathlib import Path

from measure.configs_reference.sources import (
    ADAM,
    Arguments,
    Facts,
    Reader,
    clean,
    defaults,
    load,
    number,
    stage,
)

EXAMPLES = ("examples/**/*.yaml",)


def reader(root: Path, transformers: Arguments) -> Reader:
    """Reads what trains: configs for the classic trainer, and those for `v1`."""
    hparams = root / "src/llamafactory/hparams"
    own = defaults(*(hparams / f"{name}_args.py" for name in ("model", "data", "finetuning", "training")))
    newer = defaults(*(root / f"src/llamafactory/v1/config/{name}_args.py" for name in ("model", "training")))

    def read(text: str) -> Facts | None:
        given = load(text)
        if given.get("do_train"):
            return _classic({**transformers, **own, **given}, root)
        return _v1({**newer, **given}, root) if "train_dataset" in given else None

    return read


def _classic(args: Arguments, root: Path) -> Facts:
    chosen = "bfloat16" if args["bf16"] or args["pure_bf16"] else "float16" if args["fp16"] else None
    full = args["finetuning_type"] in ("full", "freeze")
    half = args["pure_bf16"] or args["use_badam"]  # then the trained weights are not turned to float32
    bits = args["quantization_bit"]
    named = re.search(r"AWQ|GPTQ|AQLM", str(args["model_name_or_path"]))  # quantized by whoever published it
    other = any(args[f"use_{name}"] for name in ("galore", "apollo", "adam_mini", "muon"))
    return clean(
        {
            "optimizer.learning_rate": number(args["learning_rate"]),
            "optimizer.name": "other" if other else ADAM[args["optim"]],
            "optimizer.max_grad_norm": number(args["max_grad_norm"]),
            "batch.accumulation": args["gradient_accumulation_steps"],
            "batch.per_device": args["per_device_train_batch_size"],
            "precision.compute": "float8"
            if args["fp8"]
            else chosen or ("float32" if full and not half else None),
            "precision.weights": chosen if half else "float32",
            "quantization.bits": bits or (None if named else "none"),
            "quantization.compute_dtype": chosen
            if bits == 4 and args["quantization_method"] == "bnb"
            else None,
            "lora.enabled": args["finetuning_type"] == "lora",
            "schedule.warmup": bool(args.get("warmup_ratio") or args["warmup_steps"]),
            "sequence.max_length": args["cutoff_len"],
            "model.name": args["model_name_or_path"],
            "gradient_checkpointing": not args["disable_gradient_checkpointing"],
            "attention.kernel": {"fa2": "flash_attention_2", "sdpa": "sdpa", "disabled": "eager"}.get(
                args["flash_attn"] or "auto"
            ),
            "deepspeed.enabled": bool(args["deepspeed"]),
            "deepspeed.stage": stage(root / args["deepspeed"]) if args["deepspeed"] else None,
        }
    )


def _v1(args: Arguments, root: Path) -> Facts:
    plugin = {key: args[key] or {} for key in ("peft_config", "quant_config", "optim_config", "dist_config")}
    dist = plugin["dist_config"].get("name")
    bits = plugin["quant_config"].get("quantization_bit")
    file = plugin["dist_config"].get("config_file")
    return clean(
        {
            "optimizer.learning_rate": number(args["learning_rate"]),
            "optimizer.name": "other" if plugin["optim_config"].get("name") == "muon" else "adamw",
            "optimizer.max_grad_norm": number(args["max_grad_norm"]),
            "batch.accumulation": 1 if args["global_batch_size"] is None else None,
            "batch.per_device": args["micro_batch_size"],
            "precision.compute": ("bfloat16" if args["bf16"] else "float32")
            if dist and dist.startswith("fsdp")
            else None,
            "quantization.bits": bits or "none",
            "quantization.compute_dtype": plugin["quant_config"].get("compute_dtype", "float16")
            if bits == 4
            else None,
            "lora.enabled": plugin["peft_config"].get("name") == "lora",
            "schedule.warmup": False if args["lr_scheduler_config"] is None else None,
            "sequence.max_length": args["cutoff_len"],
            "model.name": args["model"],
            "gradient_checkpointing": args["enable_activation_checkpointing"],
            "attention.kernel": args.get("flash_attn") or "sdpa",
            "deepspeed.enabled": dist == "deepspeed",
            "deepspeed.stage": stage(root / file) if file else None,
        }
    )
