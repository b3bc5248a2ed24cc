"""torchtune's recipes."""

from __future__ import annotations

import re
from pathlib import Path

from measure.configs_reference.sources import Arguments, Facts, Reader, clean, load, number

_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


EXAMPLES = ("recipes/configs/**/*.yaml",)


def reader(root: Path, transformers: Arguments) -> Reader:
    """Reads what has an optimizer. Recipes have no defaults of their own but a missing key."""

    def read(text: str) -> Facts | None:
        given = load(text)
        return _facts(given) if "optimizer" in given and "dtype" in given else None

    return read


def _facts(args: Arguments) -> Facts:
    component = str((args.get("model") or args.get("policy_model") or {}).get("_component_", "")).split(".")[
        -1
    ]
    adam = str(args["optimizer"]["_component_"]).split(".")[-1].lower()
    compute = _DTYPES.get(args["dtype"])
    name = str(args["checkpointer"]["checkpoint_dir"])
    for key in re.findall(r"\$\{(\w+)\}", name):
        name = name.replace(f"${{{key}}}", str(args[key]))
    steps = args.get("lr_scheduler", {}).get("num_warmup_steps")
    clip = args.get("clip_grad_norm")
    return clean(
        {
            "optimizer.learning_rate": number(args["optimizer"]["lr"]),
            "optimizer.name": {"pagedadamw8bit": "paged_adamw_8bit", "pagedadamw": "paged_adamw_32bit"}.get(
                adam, adam
            ),
            "optimizer.max_grad_norm": "none" if clip is None else number(clip),
            "batch.accumulation": args.get("gradient_accumulation_steps"),
            "batch.per_device": args.get("batch_size"),
            "precision.compute": compute,
            "precision.weights": compute,
            "quantization.bits": 4 if component.startswith("qlora") else "none",
            "lora.enabled": "lora" in component,
            "schedule.warmup": bool(steps),
            "sequence.max_length": args["tokenizer"].get("max_seq_len"),
            "model.name": name,
            "gradient_checkpointing": args.get("enable_activation_checkpointing", False),
            "deepspeed.enabled": False,
        }
    )
