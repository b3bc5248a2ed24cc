"""axolotl's examples."""

from __future__ import annotations

from pathlib import Path

from measure.configs_reference.sources import (
    ADAM,
    HUB,
    KERNELS,
    Arguments,
    Facts,
    Reader,
    clean,
    defaults,
    load,
    number,
    stage,
)

_LEGACY = {
    "flash_attention": "flash_attention_2",
    "sdp_attention": "sdpa",
    "xformers_attention": "xformers",
    "eager_attention": "eager",
}


EXAMPLES = ("examples/**/*.yaml", "examples/**/*.yml")


def reader(root: Path, transformers: Arguments) -> Reader:
    """Reads what has a model and a learning rate."""
    schemas = root / "src/axolotl/utils/schemas"
    own = defaults(*(schemas / f"{name}.py" for name in ("peft", "model", "training", "config")))

    def read(text: str) -> Facts | None:
        given = load(text)
        if "base_model" not in given or "learning_rate" not in given:
            return None
        return _facts({**own, **given}, transformers, root)

    return read


def _facts(args: Arguments, trainer: Arguments, root: Path) -> Facts:
    half = "bfloat16" if args["bf16"] in (True, "full") or args["bfloat16"] else None
    if not half and (args["bf16"] != "auto" or args["fp16"]):
        plain = not (args["fp16"] or args["float16"] or args["load_in_8bit"])
        half = "float32" if plain else "float16"  # resolve_dtype: what the model is loaded in
    compute = "tf32" if half == "float32" and args["tf32"] is True else half
    bits = 4 if args["adapter"] == "qlora" and args["load_in_4bit"] else None
    bits = bits or (8 if args["adapter"] == "lora" and args["load_in_8bit"] else None)
    sharded = args["fsdp"] or args["fsdp_config"]
    weights = "float32" if args["deepspeed"] else half if not args["adapter"] else "float32"
    warmup = [args[key] for key in ("warmup_steps", "warmup_ratio") if args[key] is not None]
    kernel = args["attn_implementation"] or next((kind for flag, kind in _LEGACY.items() if args[flag]), None)
    return clean(
        {
            "optimizer.learning_rate": number(args["learning_rate"]),
            "optimizer.name": ADAM.get(args["optimizer"] or "adamw_torch", "other"),
            "optimizer.max_grad_norm": number(args["max_grad_norm"] or trainer["max_grad_norm"]),
            "batch.accumulation": args["gradient_accumulation_steps"],
            "batch.per_device": args["micro_batch_size"],
            "precision.compute": "float8" if args["fp8"] else compute,
            "precision.weights": None if sharded else weights,
            "quantization.bits": bits or (None if args["gptq"] or "GPTQ" in args["base_model"] else "none"),
            "quantization.compute_dtype": half if bits == 4 else None,
            "lora.enabled": args["adapter"] in ("lora", "qlora"),
            "schedule.warmup": bool(warmup[0]) if warmup else True,
            "sequence.max_length": args["sequence_len"],
            "model.name": args["base_model"],
            "gradient_checkpointing": bool(args["gradient_checkpointing"]),
            "attention.kernel": kernel if kernel in KERNELS else HUB.get(str(kernel)),
            "deepspeed.enabled": bool(args["deepspeed"]),
            "deepspeed.stage": stage(root / args["deepspeed"]) if args["deepspeed"] else None,
        }
    )
