"""verl's examples."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import yaml

from measure.configs_reference.sources import KERNELS, Arguments, Facts, Reader, clean, commands, load, number

EXAMPLES = ("examples/**/*.sh",)
_DTYPES = {
    **dict.fromkeys(("bf16", "bfloat16"), "bfloat16"),
    **dict.fromkeys(("fp16", "float16"), "float16"),
    **dict.fromkeys(("fp32", "float32"), "float32"),
}
_PPO = "verl/trainer/config/_generated_ppo_{}trainer.yaml"  # verl's own composition of all its parts


def reader(root: Path, transformers: Arguments) -> Reader:
    """Reads the overrides of main_ppo with a config of verl's own, and of the FSDP trainer for tuning."""
    ppo = {kind: load((root / _PPO.format(kind)).read_text("utf-8")) for kind in ("", "megatron_")}
    tuning = load((root / "verl/trainer/config/sft_trainer.yaml").read_text("utf-8"))

    def read(text: str) -> Facts | None:
        found: Facts | None = None
        for words in commands(text):
            given = _overrides(words)
            if "verl.trainer.main_ppo" in words and (kind := _kind(words)) is not None:
                found = _reinforced({**_flat(ppo[kind]), **given}, kind != "")
            elif "verl.trainer.fsdp_sft_trainer" in words:
                found = _tuned({**_flat(tuning), **given})
        name = re.escape(str(found and found.get("model.name")))
        if found and not re.search(rf"(?<![\w}}/]){name}", text):
            found.pop("model.name", None)  # a variable of the user's stands before it
        return found

    return read


def _kind(words: list[str]) -> str | None:
    """Which of verl's configs; None for one that lies beside the example."""
    named = [word.partition("=")[2] for word in words if word.startswith("--config-name")]
    known = {"": "", "ppo_trainer": "", "ppo_megatron_trainer": "megatron_"}
    return known.get((named or [""])[-1].removesuffix(".yaml"))


def _overrides(words: list[str]) -> Arguments:
    """Hydra's key=value, +key=value; of a variable that the script does not set, nothing is known: None."""
    found: Arguments = {}
    for word in words:
        name, equals, value = word.lstrip("+").partition("=")
        if equals and not word.startswith("-"):
            with contextlib.suppress(yaml.YAMLError):  # a piece of a program in the command
                found[name] = yaml.safe_load(value) if value else None
    return found


def _flat(tree: Arguments, above: str = "") -> Arguments:
    found: Arguments = {}
    for name, value in tree.items():
        inside = isinstance(value, dict) and value
        found.update(_flat(value, f"{above}{name}.") if inside else {above + name: value})
    return found


def _reinforced(args: Arguments, megatron: bool) -> Facts:
    actor, model = "actor_rollout_ref.actor.", "actor_rollout_ref.model."
    megatron = megatron or args[actor + "strategy"] == "megatron"
    clip = args[actor + ("optim.clip_grad" if megatron else "grad_clip")]
    fsdp = actor + "fsdp_config."
    compute = args.get(fsdp + "mixed_precision.param_dtype") or args.get(fsdp + "dtype")
    kernel = args.get(model + "override_config.attn_implementation", "flash_attention_2")
    batch = args[actor + "ppo_micro_batch_size_per_gpu"]
    lengths = args["data.max_prompt_length"], args["data.max_response_length"]
    return clean(
        {
            "optimizer.learning_rate": _number(args[actor + "optim.lr"]),
            "optimizer.name": "adamw",
            "optimizer.max_grad_norm": _number(clip),
            "batch.per_device": None if args[actor + "use_dynamic_bsz"] else batch,
            "precision.compute": "bfloat16" if megatron else _DTYPES[str(compute)],
            "precision.weights": "float32" if megatron else _DTYPES[str(args[fsdp + "model_dtype"])],
            "quantization.bits": "none",
            "lora.enabled": None if megatron else int(args[model + "lora_rank"] or 0) > 0,
            "schedule.warmup": _warms(args, actor + "optim."),
            "sequence.max_length": sum(map(int, lengths)) if None not in lengths else None,
            "model.name": args[model + "path"],
            "gradient_checkpointing": None if megatron else args[model + "enable_gradient_checkpointing"],
            "attention.kernel": kernel if kernel in KERNELS and not megatron else None,
            "deepspeed.enabled": False,
        }
    )


def _tuned(args: Arguments) -> Facts:
    return clean(
        {
            "optimizer.learning_rate": _number(args["optim.lr"]),
            "optimizer.name": "adamw",
            "optimizer.max_grad_norm": _number(args["optim.clip_grad"]),
            "batch.per_device": args["data.micro_batch_size"] or args["data.micro_batch_size_per_gpu"],
            "precision.compute": "bfloat16",
            "precision.weights": _DTYPES[str(args["model.fsdp_config.model_dtype"])],
            "quantization.bits": "none",
            "lora.enabled": int(args["model.lora_rank"] or 0) > 0,
            "schedule.warmup": _warms(args, "optim."),
            "sequence.max_length": args["data.max_length"],
            "model.name": args["model.partial_pretrain"],
            "gradient_checkpointing": args["model.enable_gradient_checkpointing"],
            "attention.kernel": "flash_attention_2",
            "deepspeed.enabled": False,
        }
    )


def _warms(args: Arguments, optim: str) -> bool:
    """A number of steps that is not negative goes before the ratio."""
    steps = _number(args.get(optim + "lr_warmup_steps"))
    ratio = _number(args.get(optim + "lr_warmup_steps_ratio")) or 0
    return steps > 0 if steps is not None and steps >= 0 else ratio > 0


def _number(value: object) -> float | None:
    return None if value is None else number(value)
