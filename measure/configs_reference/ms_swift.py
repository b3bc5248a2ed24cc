"""ms-swift's examples."""

from __future__ import annotations

import json
import re
from pathlib import Path

from measure.configs_reference.sources import (
    ADAM,
    HUB,
    KERNELS,
    Arguments,
    Facts,
    Reader,
    clean,
    commands,
    defaults,
    flags,
    load,
    number,
    stage,
)

_BACKENDS = {"flash": "flash_attention_2", "unfused": "eager", "local": "eager"}


EXAMPLES = ("examples/**/*.sh", "examples/yaml/**/*.yaml")


def reader(root: Path, transformers: Arguments) -> Reader:
    """Reads the last command of a script that trains (swift or megatron: sft, pt, rlhf), or YAML for one."""
    arguments = root / "swift/arguments"
    own = {
        **transformers,
        **defaults(*sorted((arguments / "base_args").glob("*.py")), arguments / "tuner_args.py"),
        **defaults(root / "swift/trainers/arguments.py", arguments / "sft_args.py"),
        **defaults(arguments / "base_args/base_args.py"),
    }
    mcore = {**own, **defaults(root / "swift/megatron/arguments/megatron_args.py")}

    def read(text: str) -> Facts | None:
        if re.search(r"^[a-z]\w*: ", text, re.MULTILINE):
            given = load(text)
            if "dataset" not in given or "output_dir" not in given:
                return None
            return _facts(given, own, mcore, "lr" in given, root)
        trained = [
            (words[at], words[at + 1 :])
            for words in commands(text)
            for at in range(min(len(words) - 1, 12))
            if words[at].rpartition("/")[2] in ("swift", "megatron", "sft.py", "rlhf.py", "pt.py")
            and (words[at + 1] in ("sft", "pt", "rlhf") or words[at].endswith(".py"))
        ]
        program, words = trained[-1] if trained else ("", [])
        if not words or "--config" in words or any(word.endswith(".yaml") for word in words[:2]):
            return None  # what the config sets that a script names, the script alone does not say
        return _facts(flags(words), own, mcore, program == "megatron", root)

    return read


def _facts(given: Arguments, own: Arguments, mcore: Arguments, megatron: bool, root: Path) -> Facts:
    given = {("tuner_type" if key == "train_type" else key): value for key, value in given.items()}
    args = {**(mcore if megatron else own), **given}
    full = args["tuner_type"] == "full"
    loaded = str(args["torch_dtype"]) if args["torch_dtype"] else None
    compute = {"bfloat16": "bfloat16", "float16": "float16", "float32": "float16"}.get(str(loaded))
    compute = "bfloat16" if args["bf16"] is True else "float16" if args["fp16"] is True else compute
    bits = int(args["quant_bits"]) if args["quant_bits"] and args["quant_method"] else None
    kernel = args["attn_impl"] if not megatron else _BACKENDS.get(args["attention_backend"])
    rate = args["lr"] if megatron else args["learning_rate"]
    per_device = args["micro_batch_size"] if megatron else args["per_device_train_batch_size"]
    accumulation = None if megatron else args["gradient_accumulation_steps"]
    if given.get("rlhf_type") == "grpo" and not megatron and accumulation is None:
        accumulation = 1
    named = re.search(r"(?i)int4|int8|awq|gptq|bnb|fp8", str(args["model"]))
    four_bit = {"float16": "float32", "float32": "float32", "bfloat16": "bfloat16"}.get(str(loaded))
    sharded = args.get("fsdp") or given.get("tuner_backend") == "unsloth"
    weights = "float32" if args.get("deepspeed") else loaded
    name = args["optimizer"] if megatron else args["optim"]
    custom = not megatron and (args["optimizer"] not in (None, "multimodal", "lorap") or args["use_galore"])
    zero = args.get("deepspeed")
    steps = ("lr_warmup_fraction", "lr_warmup_iters") if megatron else ("warmup_ratio", "warmup_steps")
    return clean(
        {
            "optimizer.learning_rate": number(rate) if rate is not None else 1e-5 if full else 1e-4,
            "optimizer.name": ("adamw" if name == "adam" else "other")
            if megatron
            else "other"
            if custom
            else ADAM[name],
            "optimizer.max_grad_norm": number(args["clip_grad" if megatron else "max_grad_norm"]),
            "batch.accumulation": accumulation and int(accumulation),
            "batch.per_device": int(per_device),
            "precision.compute": "float8" if args.get("fp8_recipe") and given.get("fp8_format") else compute,
            "precision.weights": "float32"
            if megatron
            else weights
            if full and not sharded and loaded
            else None,
            "quantization.bits": bits if bits in (4, 8) else None if named else "none",
            "quantization.compute_dtype": (args["bnb_4bit_compute_dtype"] or four_bit)
            if bits == 4 and args["quant_method"] == "bnb"
            else None,
            "lora.enabled": "lora" in str(args["tuner_type"]),
            "schedule.warmup": any(number(args[key] or 0) > 0 for key in steps),
            "sequence.max_length": args["max_length"] and int(args["max_length"]),
            "model.name": args["model"],
            "gradient_checkpointing": bool(args["recompute_granularity"])
            if megatron
            else args["gradient_checkpointing"],
            "attention.kernel": kernel if kernel in KERNELS else HUB.get(str(kernel)),
            "deepspeed.enabled": bool(zero) if not megatron else False,
            "deepspeed.stage": _swift_stage(str(zero), root) if zero else None,
        }
    )


def _swift_stage(name: str, root: Path) -> int | None:
    if name.startswith("{"):
        return int(json.loads(name).get("zero_optimization", {}).get("stage", 0))
    return stage(root / f"swift/config/{name}.json") if not name.endswith(".json") else stage(root / name)
