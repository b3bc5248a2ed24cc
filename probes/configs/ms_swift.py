"""ms-swift: `swift sft|pt|rlhf`, `megatron sft|pt|rlhf`, and their arguments as YAML or JSON."""

from __future__ import annotations

import re

from probes.configs import arguments, megatron, transformers
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, if_on, kernel, method, optimizer, text
from probes.syntax.setting import Plain, Setting

NAME = "ms-swift"

TABLE = {
    "model": ("model.name", text),
    "model_id_or_path": ("model.name", text),
    "model_type": ("model.name", text),
    "max_length": ("sequence.max_length", count),
    "attn_impl": ("attention.kernel", kernel),
    "rlhf_type": ("training.method", method),
    "$1": ("training.method", method),
    "batch_size": ("batch.per_device", count),
    "use_flash_attn": ("attention.kernel", if_on("flash_attention_2")),
    "use_galore": ("optimizer.name", if_on("other")),
    **{
        key: ("lora.enabled", lambda value: "lora" in value if isinstance(value, str) else None)
        for key in ("train_type", "tuner_type", "sft_type")
    },
}

DEFAULTS = Defaults(
    "ms-swift",
    "3.5 to 4.6",
    "swift/trainers/arguments.py",
    {
        **{fact: value for fact, value in arguments.IN_COMMON.items() if fact != "batch.accumulation"},
        "lora.enabled": (True, "tuner_type lora"),
        "gradient_checkpointing": (True, "gradient_checkpointing true"),
        "deepspeed.enabled": (False, "no --deepspeed"),
        "quantization.bits": ("none", "no quant_bits"),
        "batch.per_device": (1, "per_device_train_batch_size 1"),
    },
)

# swift 2.x, known by its own names of arguments (sft_type, model_type, dtype)
OLDER_DEFAULTS = Defaults(
    "ms-swift",
    "2.6",
    "swift/llm/utils/argument.py",
    {
        **DEFAULTS.values,
        "batch.per_device": (1, "batch_size 1"),
        "schedule.warmup": (True, "warmup_ratio 0.05"),
        "sequence.max_length": (2048, "max_length 2048"),
    },
)

MEGATRON_DEFAULTS = Defaults(
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


# Megatron's attention_backend; "auto" and "fused" leave the choice to Transformer Engine.
_BACKENDS = {"flash": "flash_attention_2", "unfused": "eager", "local": "eager"}

_OWN = ("train_type", "tuner_type", "sft_type", "rlhf_type", "attn_impl")
_SCRIPT = re.compile(r"(?:.*/)?swift/cli/(_megatron/)?(sft|pt|rlhf)\.py")


# transformers' names of arguments, as Megatron has them; None where it has none.
_MEGATRON_NAMES = {
    "learning_rate": "lr",
    "max_grad_norm": "clip_grad",
    "warmup_ratio": "lr_warmup_fraction",
    "warmup_steps": "lr_warmup_iters",
    "adam_epsilon": "adam_eps",
    "optim": "optimizer",
    "per_device_train_batch_size": "micro_batch_size",
    "gradient_accumulation_steps": None,
    "gradient_checkpointing": None,
}


def names(paths: Paths) -> dict[str, str | None]:
    """What the arguments of transformers are called in this text, where they are called otherwise."""
    return _MEGATRON_NAMES if _is_megatron(paths) else {}


def recognises(paths: Paths) -> bool:
    """The command, its script, or an argument that only ms-swift has."""
    return (
        paths.value("$0") in ("swift", "megatron")
        or _script(paths) is not None
        or _imported(paths) is not None
        or any(key in paths for key in _OWN)
    )


def _imported(paths: Paths) -> Setting | None:
    """The import of a script that uses ms-swift's classes in the place of transformers'."""
    return next((s for s in paths.imports if re.match(r"from swift[. ]|import swift\b", str(s.value))), None)


def _script(paths: Paths) -> re.Match[str] | None:
    """`torchrun swift/cli/sft.py` is what `swift sft` starts."""
    return next((match for word in paths.command if (match := _SCRIPT.fullmatch(str(word.value)))), None)


def _is_megatron(paths: Paths) -> bool:
    """Whether ms-swift trains with Megatron: its command, its script, or a config with its names."""
    script = _script(paths)
    named = "$0" not in paths and "lr" in paths and "learning_rate" not in paths
    return paths.value("$0") == "megatron" or bool(script and script[1]) or named


def read(paths: Paths, found: Findings) -> None:
    """Facts of training arguments under ms-swift's names. torch_dtype is the format of computing too."""
    if imported := _imported(paths):
        found.say("framework.name", NAME, imported)
        found.leave_open("precision.compute")  # ms-swift loads a model in the checkpoint's own format
        transformers.read(paths, found)
        return
    found.say("framework.name", NAME, paths.first)
    script, mcore = _script(paths), _is_megatron(paths)
    if (bits := paths.get("quant_bits")) and "quant_method" not in paths:
        found.say("quantization.bits", "none", bits)  # without a method, the model is loaded as it is
        paths = paths.renamed(lambda path: None if path.startswith("bnb_") else path)
    found.look_up(paths, TABLE)
    if mcore:
        found.look_up(paths, megatron.TABLE)
        if backend := paths.get("attention_backend"):
            found.say("attention.kernel", _BACKENDS.get(str(backend.value)), backend)
            found.leave_open("attention.kernel")
    plugin = paths.get("optimizer")  # "multimodal" and "lorap" are AdamW with rates of their own
    if plugin and not mcore and plugin.value not in ("multimodal", "lorap"):
        found.say("optimizer.name", optimizer(plugin.value), plugin)
    found.look_up(paths, arguments.TABLE)
    arguments.warmup(paths, found)
    arguments.quantization(paths, found)
    arguments.refer_to_deepspeed(paths, found)
    _precision(paths, found, mcore)
    file = "$0" not in paths and ("dataset" in paths or "dataset.0" in paths)
    elsewhere = "config" in paths or str(paths.value("$2")).endswith((".yaml", ".yml", ".json"))
    if not elsewhere and (script or file or paths.value("$1") in ("sft", "pt", "rlhf")):
        _assume(paths, found, mcore)


def _precision(paths: Paths, found: Findings, mcore: bool) -> None:
    """bf16 and fp16, else torch_dtype; since version 3, float32 weights compute in float16 too."""
    found.take("precision.compute", lambda value: "float8" if value else None, paths.get("fp8_format"))
    arguments.bf16_or_fp16(paths, found)
    for name in ("torch_dtype", "dtype"):
        setting = paths.get(name)
        loaded = dtype(setting.value) if setting else None
        mixed = "float16" if loaded == "float32" and name == "torch_dtype" else loaded
        found.say("precision.compute", mixed, setting)
        if loaded and not mcore and _tuner(paths) == "full" and "fsdp" not in paths:
            arguments.master_weights(found)
            found.say("precision.weights", loaded, setting)
        if loaded and found.value("quantization.bits") == 4 and paths.value("quant_method") == "bnb":
            written = "ms-swift (3.5 to 4.6): float32 unless torch_dtype is bfloat16"
            half = "bfloat16" if loaded == "bfloat16" else "float32"
            found.assume("quantization.compute_dtype", half, written)


def _assume(paths: Paths, found: Findings, mcore: bool) -> None:
    older = "sft_type" in paths or "model_id_or_path" in paths
    if mcore:
        assume(found, MEGATRON_DEFAULTS)
        assume(found, megatron.DEFAULTS)
    else:
        if paths.value("rlhf_type") == "grpo":
            found.assume("batch.accumulation", 1, "ms-swift's default (3.5 to 4.6): 1 for GRPO")
        assume(found, OLDER_DEFAULTS if older else DEFAULTS)
    full = (_tuner(paths) or ("full" if mcore else "lora")) == "full"
    rate, kind = (1e-5, "full") if full else (1e-4, "adapter")
    found.assume(
        "optimizer.learning_rate", rate, f"ms-swift's default (2.6 to 4.6): {rate} for {kind} training"
    )


def _tuner(paths: Paths) -> Plain:
    """full, lora, or any other kind; its option was renamed twice."""
    return paths.value("tuner_type") or paths.value("train_type") or paths.value("sft_type")
