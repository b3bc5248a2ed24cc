"""What the frameworks take where nobody says anything, with the versions whose source says so.

Only what holds over all the versions named is here; a value that hangs on the GPU, the number of processes or
the checkpoint is not. `source` is the file in the framework's own repository or wheel.
"""

from __future__ import annotations

import dataclasses
import typing

from probes.configs.findings import Findings
from probes.report import Value


@dataclasses.dataclass(frozen=True)
class Defaults:
    """A framework's defaults: fact -> its value, and how the framework writes it."""

    framework: str
    versions: str
    source: str
    values: typing.Mapping[str, tuple[Value, str]]


TRANSFORMERS = Defaults(
    "transformers",
    "4.36 to 5.23",
    "transformers/training_args.py",
    {
        "optimizer.learning_rate": (5e-5, "learning_rate 5e-5"),
        "optimizer.max_grad_norm": (1.0, "max_grad_norm 1.0"),
        "optimizer.name": ("adamw", "optim adamw_torch"),  # adamw_torch_fused with torch 2.8 and later
        "optimizer.epsilon": (1e-8, "adam_epsilon 1e-8"),
        "schedule.warmup": (False, "warmup_steps 0"),
        "batch.per_device": (8, "per_device_train_batch_size 8"),
        "batch.accumulation": (1, "gradient_accumulation_steps 1"),
        "gradient_checkpointing": (False, "gradient_checkpointing false"),
    },
)

# Since 5.0 the model is loaded in the checkpoint's own format, which then also computes.
LOADING = Defaults(
    "transformers",
    "before 5.0",
    "transformers/modeling_utils.py",
    {"precision.compute": ("float32", "neither fp16 nor bf16, and from_pretrained loads float32")},
)

_OTHERS = {  # with a rate and checkpointing of their own
    fact: value
    for fact, value in TRANSFORMERS.values.items()
    if fact not in ("optimizer.learning_rate", "gradient_checkpointing")
}

TRL = Defaults("TRL", "0.16 to 1.16", "trl/trainer/*_config.py", _OTHERS)

# A config class that was given max_seq_length, which 0.20 removed, is of an older TRL.
TRL_HALF = Defaults(
    "TRL",
    "0.19 to 1.16",
    "trl/trainer/base_config.py",
    {"precision.compute": ("bfloat16", "bf16 unless fp16 is set")},
)
TRL_CHECKPOINTING = Defaults(
    "TRL",
    "0.22 to 1.16",
    "trl/trainer/base_config.py",
    {"gradient_checkpointing": (True, "gradient_checkpointing true")},
)

# The rates of TRL's config classes; where the class is not here, TRL changed the rate between versions.
TRL_RATES: dict[str, tuple[float, str]] = {
    "SFTConfig": (2e-5, "0.12 to 1.16"),
    "DPOConfig": (1e-6, "0.12 to 1.16"),
    "KTOConfig": (1e-6, "0.12 to 1.16"),
    "ORPOConfig": (1e-6, "0.12 to 1.16"),
    "CPOConfig": (1e-6, "0.12 to 1.16"),
    "GRPOConfig": (1e-6, "0.14 to 1.16"),
    "RLOOConfig": (1e-6, "0.22 to 1.16"),
    "OnlineDPOConfig": (5e-7, "0.12 to 1.16"),
    "RewardConfig": (1e-4, "0.24 to 1.16"),
}

LLAMAFACTORY = Defaults(
    "LLaMA-Factory",
    "0.9",
    "src/llamafactory/hparams",
    {
        "lora.enabled": (True, "finetuning_type lora"),
        "sequence.max_length": (2048, "cutoff_len 2048"),
        "gradient_checkpointing": (True, "on unless disable_gradient_checkpointing"),
        "precision.weights": ("float32", "trained weights are turned into float32 unless pure_bf16"),
        "deepspeed.enabled": (False, "no deepspeed"),
        "optimizer.learning_rate": TRANSFORMERS.values["optimizer.learning_rate"],
        **_OTHERS,
    },
)

LLAMAFACTORY_V1 = Defaults(
    "LLaMA-Factory",
    "1.0 development",
    "src/llamafactory/v1/config",
    {
        "optimizer.learning_rate": (1e-4, "learning_rate 1e-4"),
        "optimizer.name": ("adamw", "AdamW without optim_config"),
        "optimizer.max_grad_norm": (1.0, "max_grad_norm 1.0"),
        "schedule.warmup": (False, "a constant rate without lr_scheduler_config"),
        "batch.per_device": (1, "micro_batch_size 1"),
        "batch.accumulation": (1, "no global_batch_size, no accumulation"),
        "sequence.max_length": (2048, "cutoff_len 2048"),
        "gradient_checkpointing": (True, "enable_activation_checkpointing true"),
        "attention.kernel": ("sdpa", "flash_attn sdpa"),
        "lora.enabled": (False, "no peft_config"),
        "quantization.bits": ("none", "no quant_config"),
        "deepspeed.enabled": (False, "no dist_config"),
    },
)

AXOLOTL = Defaults(
    "axolotl",
    "0.19",
    "src/axolotl/utils/schemas",
    {
        **_OTHERS,
        "lora.enabled": (False, "no adapter"),
        "quantization.bits": ("none", "no adapter on a quantized base"),
        "deepspeed.enabled": (False, "no deepspeed"),
        "training.method": ("sft", "no rl"),
        "schedule.warmup": (True, "3 % of the steps, at most 100"),
        "batch.per_device": (1, "micro_batch_size 1"),
        "sequence.max_length": (512, "sequence_len 512"),
        "gradient_checkpointing": (False, "gradient_checkpointing false"),
    },
)

MS_SWIFT = Defaults(
    "ms-swift",
    "3.5 to 4.6",
    "swift/trainers/arguments.py",
    {
        **{fact: value for fact, value in _OTHERS.items() if fact != "batch.accumulation"},
        "lora.enabled": (True, "tuner_type lora"),
        "gradient_checkpointing": (True, "gradient_checkpointing true"),
        "deepspeed.enabled": (False, "no --deepspeed"),
        "quantization.bits": ("none", "no quant_bits"),
        "batch.per_device": (1, "per_device_train_batch_size 1"),
    },
)

# swift 2.x, known by its own names of arguments (sft_type, model_type, dtype)
MS_SWIFT_2 = Defaults(
    "ms-swift",
    "2.6",
    "swift/llm/utils/argument.py",
    {
        **MS_SWIFT.values,
        "batch.per_device": (1, "batch_size 1"),
        "schedule.warmup": (True, "warmup_ratio 0.05"),
        "sequence.max_length": (2048, "max_length 2048"),
    },
)

MS_SWIFT_MEGATRON = Defaults(
    "ms-swift",
    "4.0 to 4.6",
    "swift/megatron/arguments/megatron_args.py",
    {
        "lora.enabled": (False, "tuner_type full"),
        "deepspeed.enabled": (False, "Megatron does not use DeepSpeed"),
        "quantization.bits": ("none", "Megatron does not load quantized models"),
        "batch.per_device": (1, "micro_batch_size 1"),
        "gradient_checkpointing": (True, "recompute_granularity selective"),
        "attention.kernel": ("flash_attention_2", "attention_backend flash"),
    },
)

MEGATRON = Defaults(
    "Megatron-LM",
    "core 0.20",
    "megatron/training/arguments.py",
    {
        "optimizer.max_grad_norm": (1.0, "--clip-grad 1.0"),
        "optimizer.name": ("adamw", "--optimizer adam, with decoupled weight decay"),
        "optimizer.epsilon": (1e-8, "--adam-eps 1e-8"),
        "schedule.warmup": (False, "no warmup"),
        "precision.weights": ("float32", "the optimizer keeps float32 main weights"),
    },
)

TORCHTUNE = Defaults(
    "torchtune",
    "0.3 to 0.6",
    "recipes",
    {
        "optimizer.max_grad_norm": ("none", "no clip_grad_norm"),
        "schedule.warmup": (False, "no lr_scheduler"),
        "gradient_checkpointing": (False, "no enable_activation_checkpointing"),
        "deepspeed.enabled": (False, "torchtune does not use DeepSpeed"),
        "optimizer.epsilon": (1e-8, "torch's AdamW: eps 1e-8"),
    },
)

DEEPSPEED = Defaults(
    "DeepSpeed",
    "0.17",
    "deepspeed/runtime",
    {
        "deepspeed.fp16": ("off", "fp16 is off"),
        "deepspeed.bf16": ("off", "bf16 is off"),
        "deepspeed.stage": (0, "stage 0 without zero_optimization"),
        "deepspeed.contiguous_gradients": (True, "contiguous_gradients true"),
        "deepspeed.hpz": (False, "zero_hpz_partition_size 1"),
    },
)

LIGHTNING = Defaults(
    "Lightning",
    "2.5",
    "lightning/pytorch/trainer/trainer.py",
    {
        "precision.compute": ("float32", "precision 32-true"),
        "optimizer.max_grad_norm": ("none", "gradient_clip_val None"),
        "batch.accumulation": (1, "accumulate_grad_batches 1"),
    },
)

UNSLOTH = Defaults(
    "unsloth",
    "2024.11 to 2026.10",
    "unsloth/models/loader.py",
    {
        "kernel.fused": (True, "unsloth replaces the model's kernels by its own"),
        "quantization.bits": (4, "load_in_4bit true"),
    },
)

# unsloth compiles TRL's config classes anew, with these in their place
UNSLOTH_TRAINER = Defaults(
    "unsloth",
    "2025.3 to 2026.10",
    "unsloth/models/rl.py",
    {
        "optimizer.learning_rate": (5e-5, "learning_rate 5e-5"),
        "optimizer.name": ("adamw_8bit", "optim adamw_8bit"),
        "schedule.warmup": (True, "warmup over a tenth of the steps"),
        "batch.per_device": (4, "per_device_train_batch_size 4"),
        "batch.accumulation": (2, "gradient_accumulation_steps 2"),
    },
)


def assume(found: Findings, defaults: Defaults) -> None:
    """Each default as an assumed fact, where the text says nothing about it."""
    whose = defaults.framework + ("'" if defaults.framework.endswith("s") else "'s")
    for fact, (value, written) in defaults.values.items():
        found.assume(fact, value, f"{whose} default ({defaults.versions}): {written}")
