"""transformers and TRL: TrainingArguments and its children in scripts, JSON, YAML and on command lines."""

from __future__ import annotations

import re

from probes.configs import arguments as shared
from probes.configs import torch_script
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import dtype, method
from probes.syntax import Setting

NAME = "transformers"

TRL = r"(?:SFT|DPO|KTO|ORPO|CPO|GRPO|PPO|PPOv2|RLOO|Reward|OnlineDPO|XPO|BCO)"
_ARGUMENTS = re.compile(
    rf"\w*TrainingArguments|{TRL}(?:Config|Trainer)|train(?:ing|er)?(?:_args|_arguments|_config)?|args"
    r"|\w*(?:Arguments|Args)|(?:TrainConfig|TrainingConfig|ModelConfig|Config)"
)
_LOADER = re.compile(r"(\w+)\.from_pretrained\.(\w+)")
_NO_MODEL = re.compile(r"Tokenizer|Processor|Peft|Config|Pipeline|Scheduler|VAE|Vae")
_BLOCKS = re.compile(
    r"(?:.*\.)?(?:BitsAndBytesConfig|quantization_config|model_init_kwargs|model_kwargs)\.(\w+)"
)
# Since 5.0 the model is loaded in the checkpoint's own format, which then also computes.
LOADING = Defaults(
    "transformers",
    "before 5.0",
    "transformers/modeling_utils.py",
    {"precision.compute": ("float32", "neither fp16 nor bf16, and from_pretrained loads float32")},
)

TRL_DEFAULTS = Defaults("TRL", "0.16 to 1.16", "trl/trainer/*_config.py", shared.IN_COMMON)

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


# Flags and keys that only the Trainer's world has.
_OWN = (
    "per_device_train_batch_size", "gradient_accumulation_steps", "lr_scheduler_type", "num_train_epochs",
    "model_name_or_path", "max_grad_norm", "warmup_ratio", "save_total_limit", "logging_steps", "optim",
    "adam_epsilon", "overwrite_output_dir", "bnb_4bit_compute_dtype", "attn_implementation",
    "gradient_checkpointing",
)  # fmt: skip
_WEAK = (
    "fp16", "bf16", "learning_rate", "torch_dtype", "warmup_steps", "load_in_4bit", "load_in_8bit", "packing",
    "pretrained_model_name_or_path",
)  # fmt: skip


def bare(path: str) -> str | None:
    """The argument's own name, out of the class, dict or loader that it is given to."""
    if block := _BLOCKS.fullmatch(path):
        return block[1]
    if loader := _LOADER.fullmatch(path):
        if _NO_MODEL.search(loader[1]):
            return None
        return "pretrained_model_name_or_path" if loader[2] == "0" else loader[2]
    head, dot, rest = path.partition(".")
    return path if not dot else rest if _ARGUMENTS.fullmatch(head) else None


def recognises(paths: Paths) -> bool:
    """A class of transformers or TRL, or an argument that goes by its name."""
    arguments = paths.renamed(bare)
    names = arguments.settings.keys() | arguments.undecided
    return any(name in names for name in (*_OWN, *_WEAK)) or _strong(paths, arguments) is not None


def read(paths: Paths, found: Findings, nearer: Defaults | None = None) -> None:
    """Facts of training arguments, of how the model is loaded, and of LoRA.

    `nearer` are defaults that whoever wraps the trainer puts in the place of TRL's.
    """
    arguments = paths.renamed(bare)
    trl = next((s for s in paths.settings.values() if _is_trl(s.path, str(s.value))), None)
    strong = _strong(paths, arguments)
    found.say("framework.name", "trl", trl)
    found.say("framework.name", NAME, strong)
    found.look_up(arguments, shared.TABLE)
    shared.warmup(arguments, found)
    shared.quantization(arguments, found)
    _lora(paths, found)
    _method(paths, found)
    for call, fact in (("gradient_checkpointing_enable()", "gradient_checkpointing"),
                       ("resize_token_embeddings()", "tokens.added")):  # fmt: skip
        found.say(fact, True, paths.get(call))
    shared.refer_to_deepspeed(arguments, found)
    shared.precision(arguments, found)
    if not strong and torch_script.recognises(paths):  # a model of transformers in a loop of one's own
        torch_script.read(paths, found)
    if strong and "**" not in arguments.undecided:
        if nearer and _called(paths, rf"{TRL}Config"):
            assume(found, nearer)
        _assume(paths, arguments, found, bool(trl))
        _leave_out(paths, found)


def _leave_out(paths: Paths, found: Findings) -> None:
    """What a script that loads the model and trains it would have said."""
    if not any(re.fullmatch(r"AutoModel\w*\.from_pretrained\(\)", path) for path in paths.settings):
        return
    named = (*paths.settings, *paths.undecided)
    if not any(re.search(r"(?i)quantiz|bitsandbytes|bnb|gptq|awq", path) for path in named):
        found.assume("quantization.bits", "none", "no quantization_config where the model is loaded")
    if not any(re.search(r"(?i)peft|lora", path) for path in named):
        found.assume("lora.enabled", False, "no LoRA in the script that loads and trains the model")


def _assume(paths: Paths, arguments: Paths, found: Findings, trl: bool) -> None:
    """What TrainingArguments and TRL's configs take where nobody says anything."""
    if not trl or _called(paths, r"\w*TrainingArguments"):
        assume(found, shared.TRANSFORMERS)
        words = [word.value for word in paths.command]
        elsewhere = found.value("deepspeed.enabled") or found.value("fsdp.enabled") or "accelerate" in words
        if not trl and not elsewhere:
            assume(found, LOADING)
        return
    verb = f"{paths.value('$1')}Config".lower() if paths.value("$0") == "trl" else ""
    called = _called(paths, rf"{TRL}Config")
    kind = next((name for name in TRL_RATES if f"{name}()" in paths or name.lower() == verb), "")
    assume(found, TRL_DEFAULTS)
    if kind:
        value, versions = TRL_RATES[kind]
        source = f"TRL's default ({versions}): learning_rate {value} of {kind}"
        found.assume("optimizer.learning_rate", value, source)
    if (called or verb) and "max_seq_length" not in arguments:  # that name is of an older TRL
        if "bf16" not in arguments.settings:
            assume(found, TRL_HALF)
        elif loaded := _loaded(arguments):  # bf16 is said to be off
            found.assume("precision.compute", loaded, "as it is loaded: neither fp16 nor bf16")
        assume(found, TRL_CHECKPOINTING)


def _loaded(arguments: Paths) -> str | None:
    """The number format that from_pretrained is told."""
    setting = arguments.get("torch_dtype") or arguments.get("dtype")
    return dtype(setting.value) if setting else None


def _called(paths: Paths, name: str) -> Setting | None:
    """The first call of something by such a name."""
    return next((s for path, s in paths.settings.items() if re.fullmatch(rf"(?:{name})\(\)", path)), None)


def _strong(paths: Paths, arguments: Paths) -> Setting | None:
    """What shows that this is surely the Trainer's world, and enough of it to trust its defaults."""
    own = [setting for name in _OWN if (setting := arguments.get(name))]
    called = _called(paths, rf"\w*TrainingArguments|{TRL}Config")
    return called or (own[0] if len(own) >= 3 else None)


def _is_trl(path: str, value: str) -> bool:
    imported = path.startswith("import ") and re.search(r"\b(?:from|import) trl\b", value)
    return bool(
        imported or re.match(rf"{TRL}(?:Config|Trainer)\b", path) or (path == "$0" and value == "trl")
    )


def _lora(paths: Paths, found: Findings) -> None:
    for path in ("LoraConfig()", "get_peft_model()", "peft_config.r", "FastLanguageModel.get_peft_model()"):
        found.say("lora.enabled", True, paths.get(path))
    for path in ("lora_r", "lora_rank", "lora_alpha", "lora_target_modules"):
        setting = paths.get(path)
        if setting and f"import {path}" not in paths and paths.get("$0"):
            found.say("lora.enabled", True, setting)


def _method(paths: Paths, found: Findings) -> None:
    for setting in paths.settings.values():
        if trl := re.match(rf"({TRL})(?:Config|Trainer)\b", setting.path):
            found.say("training.method", method(trl[1]), setting)
