"""NeMo 2's recipes in Python and `nemo llm finetune …`: what a script changes, or builds of NeMo's parts."""

from __future__ import annotations

import re

from probes.configs import arguments, launch, nemo2_recipes
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, more_than_nothing, norm, optimizer, rate, switch, text
from probes.syntax.setting import Setting, Symbol

NAME = "nemo2"

# The parts by the path of a recipe's field, and by the class or factory that makes one.
_PARTS = {
    "optim": r"optim\.config|OptimizerConfig|optim\.optimizer_fn|distributed_fused_adam_with_cosine_annealing"
    r"|(?:pytorch|te)_adam_with_(?:cosine_annealing|flat_lr)",
    "scheduler": r"optim\.lr_scheduler|CosineAnnealingScheduler|WarmupHoldPolicyScheduler",
    "precision": r"trainer\.plugins|MegatronMixedPrecision|plugins",
    "trainer": r"trainer|Trainer",
    "data": r"data|\w*DataModule",
    "model": r"model\.config|\w+Config\d*[BM]?",
    "resume": r"resume\.restore_config|RestoreConfig",
}
_PATH = re.compile(
    "|".join(rf"(?:.*\.)?(?P<{part}>{names})\.(?P<{part}_field>\w+)" for part, names in _PARTS.items())
)
_RECIPE = re.compile(r"(?:\w+\.)*(?P<kind>finetune|pretrain)_recipe(?:\(\)|\.(?P<field>\w+))")
_NAMED = re.compile(
    r"\b(?!llm\b|recipes\b)(?P<name>\w+)(?:\.| import \(?[\w ,]*)(?P<kind>finetune|pretrain)_recipe\b"
)
_FACTORY = re.compile(r"(bf16|fp16|nemotron_h_bf16)_(?:with_\w+_)?mixed\(\)")

TABLE = {
    "precision.fp8": ("precision.compute", lambda value: "float8" if value else None),
    "precision.precision": ("precision.compute", dtype),
    "optim.optimizer": ("optimizer.name", lambda value: "adamw" if value == "adam" else optimizer(value)),
    "optim.lr": ("optimizer.learning_rate", rate),
    "optim.max_lr": ("optimizer.learning_rate", rate),
    "optim.adam_eps": ("optimizer.epsilon", rate),
    "optim.eps": ("optimizer.epsilon", rate),
    "optim.clip_grad": ("optimizer.max_grad_norm", norm),
    "scheduler.warmup_steps": ("schedule.warmup", more_than_nothing),
    "optim.warmup_steps": ("schedule.warmup", more_than_nothing),
    "data.micro_batch_size": ("batch.per_device", count),
    "data.seq_length": ("sequence.max_length", count),
    "model.seq_length": ("sequence.max_length", count),
    "model.recompute_granularity": ("gradient_checkpointing", lambda value: value is not None),
    "model.cross_entropy_loss_fusion": ("kernel.fused", switch),
    "resume.path": ("model.name", lambda value: text(str(value).rpartition("://")[2])),
    "factory": ("model.name", text),
}

# A recipe that a script takes over and changes; it trains in mixed bfloat16 unless its plugin is replaced.
DEFAULTS = Defaults(
    "NeMo",
    nemo2_recipes.VERSIONS,
    "nemo/collections/llm/recipes",
    {
        "precision.compute": ("bfloat16", "plugins bf16_mixed()"),
        "precision.weights": ("float32", "the optimizer keeps float32 main weights"),
        "optimizer.name": ("adamw", "distributed_fused_adam_with_cosine_annealing"),
        "optimizer.epsilon": (1e-5, "adam_eps 1e-5"),
        "optimizer.max_grad_norm": (1.0, "clip_grad 1.0"),
        "schedule.warmup": (True, "CosineAnnealingScheduler with warmup_steps"),
        "batch.accumulation": (1, "accumulate_grad_batches 1"),
        "quantization.bits": ("none", "no recipe quantizes"),
        "deepspeed.enabled": (False, "NeMo does not use DeepSpeed"),
    },
)


def recognises(paths: Paths) -> bool:
    """An import of NeMo's LLM collection, of its Lightning or of nemo_run, or the command."""
    own = (
        r"\b(?:nemo_run|from nemo import lightning|nemo\.lightning|nemo\.collections(?:\.llm| import llm))\b"
    )
    command = (paths.value("$0"), paths.value("$1")) == ("nemo", "llm")
    return command or any(re.search(own, str(one.value)) for one in paths.imports)


def read(paths: Paths, found: Findings) -> None:
    """Facts of the parts, then of the recipe that they change. NeMo trains with Megatron-Core."""
    found.say("framework.name", "megatron", paths.first)
    parts = paths.renamed(_part)
    found.look_up(parts, TABLE)
    _precision(paths, parts, found)
    _lora(paths, found)
    given = paths.renamed(lambda path: match["field"] if (match := _RECIPE.fullmatch(path)) else None)
    devices = parts.get("trainer.devices") or given.get("num_gpus_per_node")
    launch.gpus(devices, parts.value("trainer.num_nodes") or given.value("num_nodes"), found)
    kinds = {match["kind"] for path in paths.settings if (match := _RECIPE.fullmatch(path))}
    names = {
        match["name"] for setting in paths.settings.values() if (match := _NAMED.search(_written(setting)))
    }
    if "factory" in paths:
        kinds = {str(paths.value("$2"))} & {"finetune", "pretrain"}
        names = {str(paths.value("factory")).partition("(")[0]}
    if len(kinds) == 1:  # a text with both is NeMo's own: which one runs is not in it
        _recipe(kinds.pop(), names.pop() if len(names) == 1 else None, given, paths, found)


def _written(setting: Setting) -> str:
    """llm.llama3_8b.pretrain_recipe for the call of it, a statement that imports it."""
    return setting.value.written if isinstance(setting.value, Symbol) else str(setting.value)


def _part(path: str) -> str | None:
    """trainer.devices for recipe.trainer.devices and for Trainer.devices."""
    match = _PATH.fullmatch(path)
    if match is None:
        return path if path == "factory" else None
    part = next(part for part in _PARTS if match[part])
    return f"{part}.{match[part + '_field']}"


def _precision(paths: Paths, parts: Paths, found: Findings) -> None:
    """The plugin decides, by its arguments or by the factory that makes it."""
    for path, setting in paths.settings.items():
        if match := _FACTORY.fullmatch(path):
            half = "float16" if match[1] == "fp16" else "bfloat16"
            found.say("precision.compute", "float8" if "fp8" in path else half, setting)
    arguments.bf16_or_fp16(parts.under("optim."), found)
    if found.value("precision.compute") == "float16":
        found.assume(
            "precision.loss_scale", "dynamic", "NeMo's default: no fixed loss_scale of MegatronMixedPrecision"
        )


def _lora(paths: Paths, found: Findings) -> None:
    for call in ("LoRA()", "DoRA()", "QLoRA()"):
        found.say("lora.enabled", True, paths.get(call))


def _recipe(kind: str, name: str | None, given: Paths, paths: Paths, found: Findings) -> None:
    """What NeMo's own recipe of that name says, which the script takes over."""
    source = f"NeMo's {kind}_recipe{f' of {name}' if name else ''} ({nemo2_recipes.VERSIONS})"
    recipe = nemo2_recipes.find(kind, name)
    scheme = given.get("peft_scheme") or paths.get("peft_scheme")
    none = scheme is not None and str(scheme.value).lower() == "none"
    decided = kind == "pretrain" or not {"peft_scheme", "recipe.peft"} & given.undecided
    if kind == "finetune" and decided:
        found.say("lora.enabled", not none, scheme)
    found.take("sequence.max_length", count, given.get("seq_length"))
    if recipe is not None:
        if decided:
            found.assume("lora.enabled", recipe.lora, f"{source}: peft_scheme")
            found.assume(
                "optimizer.learning_rate",
                recipe.lora_rate if found.value("lora.enabled") else recipe.full_rate,
                f"{source}: lr",
            )
        found.assume("batch.per_device", recipe.batch, f"{source}: micro_batch_size")
        found.assume("sequence.max_length", recipe.length, f"{source}: seq_length")
    elif kind == "pretrain":
        found.assume("lora.enabled", False, f"{source}: no peft")
    assume(found, DEFAULTS)
