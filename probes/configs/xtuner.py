"""XTuner: mmengine configs in Python, configs for its Hugging Face trainer, and `xtuner train …`."""

from __future__ import annotations

import dataclasses
import re

from probes.configs import deepspeed, transformers, xtuner_launch
from probes.configs.findings import Findings, Paths
from probes.configs.words import (
    count,
    dtype,
    kernel,
    method,
    norm,
    number,
    optimizer,
    packed,
    rate,
    switch,
    text,
)
from probes.syntax import Setting

NAME = "xtuner"

_OPTIM = "optim_wrapper."
_BITS = "model.llm.quantization_config."

TABLE = {
    "train_dataloader.batch_size": ("batch.per_device", count),
    _OPTIM + "accumulative_counts": ("batch.accumulation", count),
    _OPTIM + "optimizer.lr": ("optimizer.learning_rate", rate),
    _OPTIM + "optimizer.type": ("optimizer.name", optimizer),
    _OPTIM + "optimizer.eps": ("optimizer.epsilon", rate),
    _OPTIM + "clip_grad.max_norm": ("optimizer.max_grad_norm", norm),
    _OPTIM + "clip_grad": ("optimizer.max_grad_norm", norm),  # clip_grad=None
    "model.llm.pretrained_model_name_or_path": ("model.name", text),
    "model.model_path": ("model.name", text),
    "model.llm.torch_dtype": ("precision.loaded", dtype),
    "model.visual_encoder.torch_dtype": ("precision.loaded_vision", dtype),
    "model.ref_llm.torch_dtype": ("precision.loaded_reference", dtype),
    "model.llm.attn_implementation": ("attention.kernel", kernel),
    "model.type": ("training.method", method),
    "model.use_activation_checkpointing": ("gradient_checkpointing", switch),
    _BITS + "bnb_4bit_compute_dtype": ("quantization.compute_dtype", dtype),
    # what a cut-off fragment still shows
    "lr": ("optimizer.learning_rate", rate),
    "optim_type": ("optimizer.name", optimizer),
    "max_norm": ("optimizer.max_grad_norm", norm),
    "batch_size": ("batch.per_device", count),
    "accumulative_counts": ("batch.accumulation", count),
}

_DATASET = re.compile(
    r"train_data(?:loader\.dataset|set)\.(?:datasets(?:_cfg)?\.\w+\.)?"
    r"(max_length|packed_length|pack_to_max_length)"
)


def recognises(paths: Paths) -> bool:
    """An optimizer wrapper, an import of xtuner, or the command."""
    return _sign(paths) is not None


def _sign(paths: Paths) -> Setting | None:
    for path, setting in paths.settings.items():
        imported = path.startswith("import ") and re.search(r"\b(?:xtuner|mmengine)\b", str(setting.value))
        own = path.startswith(("optim_wrapper", "model.llm.", "param_scheduler", "accumulative_counts"))
        wrapped = path == "framework" and setting.value == "huggingface"
        if imported or own or wrapped or (path.startswith("$") and setting.value == "xtuner"):
            return setting
    return None


def read(paths: Paths, found: Findings) -> None:
    """Facts of a config or of a launch command with its overrides."""
    found.say("framework.name", NAME, _sign(paths))
    paths = _by_class(paths)
    arguments = paths.under("training_args.")
    hugging_face = paths.value("framework") == "huggingface"
    if hugging_face:
        found.say("framework.trainer", "transformers", paths.get("framework"))
        paths = paths.renamed(
            lambda path: re.sub(r"^lora\.", "model.lora.", re.sub(r"^model\.", "model.llm.", path))
        )
    _bases(paths, found)
    found.look_up(paths, TABLE)
    _quantization(paths, found)
    if paths.value("model.type") == "InternVL_V1_5":
        _internvl(paths, found)
    _trained(paths, found)
    if hugging_face:
        if found.value("lora.enabled") and found.value("quantization.bits"):
            why = "XTuner's default: a quantized model is prepared for LoRA with gradient checkpointing"
            found.assume("gradient_checkpointing", True, why)
        transformers.read(arguments, found)
    _compute(paths, found)
    _schedule(paths, found)
    _length(paths, found)
    if scale := paths.get(_OPTIM + "loss_scale") or paths.get(_OPTIM + "loss_scale.init_scale"):
        static = number(scale.value) is not None and scale.path.endswith("loss_scale")
        found.say("precision.loss_scale", "static" if static else "dynamic", scale)
    _strategy(paths, found)
    if paths.get("$0"):
        xtuner_launch.read(paths, found)
    elif "model.type" in paths and "optim_wrapper.type" in paths:
        _defaults(paths, found)


def _by_class(paths: Paths) -> Paths:
    """A config as mmengine prints it names a class in full, "mmengine.optim.LinearLR": the class counts."""
    settings = {
        path: dataclasses.replace(setting, value=str(setting.value).rpartition(".")[2])
        for path, setting in paths.settings.items()
        if re.fullmatch(r"(?:.*\.)?type", path) and re.fullmatch(r"[\w.]+\.[A-Z]\w*", str(setting.value))
    }
    return dataclasses.replace(paths, settings={**paths.settings, **settings})


def _bases(paths: Paths, found: Findings) -> None:
    """A base file that was not given may say anything: no default holds."""
    missing = [str(setting.value) for path, setting in paths.settings.items() if path.startswith("base ")]
    if not missing:
        return
    for fact in ("precision.compute", "optimizer.learning_rate", "lora.enabled"):
        why = f"the config builds on {missing[0]}, which was not given or is broken"
        found.cannot(fact, why, "give the folder with both in it")
    found.leave_open("precision.weights", "quantization.bits", *(fact for fact, _ in TABLE.values()))


def _quantization(paths: Paths, found: Findings) -> None:
    for bits in (4, 8):
        setting = paths.get(f"{_BITS}load_in_{bits}bit") or paths.get(f"model.llm.load_in_{bits}bit")
        found.say("quantization.bits", bits if setting and setting.value is True else None, setting)
    if paths.value(_BITS + "load_in_4bit") is True:
        default = "transformers' default: bnb_4bit_compute_dtype float32"
        found.assume("quantization.compute_dtype", "float32", default)


def _internvl(paths: Paths, found: Findings) -> None:
    """InternVL_V1_5 leaves no choice of formats (xtuner/model/internvl.py, 0.1.23)."""
    for part in ("llm", "vit"):
        setting = paths.get(f"model.quantization_{part}")
        found.say("quantization.bits", 4 if setting and setting.value is True else None, setting)
    source = "XTuner's InternVL_V1_5: it loads bfloat16 and quantizes with float16 arithmetic"
    found.assume("precision.loaded", "bfloat16", source)
    found.assume("precision.loaded_vision", "bfloat16", source)
    if found.value("quantization.bits") == 4:
        found.assume("quantization.compute_dtype", "float16", source)


def _trained(paths: Paths, found: Findings) -> None:
    """What is trained, and in which format: adapters, the language model, or what feeds images into it."""
    default = "transformers' default (4.x): from_pretrained loads float32"
    loaded = {"llm": "precision.loaded", "visual_encoder": "precision.loaded_vision"}
    for model, fact in {**loaded, "ref_llm": "precision.loaded_reference"}.items():
        if f"model.{model}.pretrained_model_name_or_path" in paths:
            found.assume(fact, "float32", default)
    adapters = [
        setting
        for path in ("model.lora.type", "model.llm_lora.type", "model.visual_encoder_lora.type", "lora.type")
        if (setting := paths.get(path)) and setting.value == "LoraConfig"
    ]
    if adapters:
        found.say("lora.enabled", True, adapters[0])
    if adapters and adapters[0].path != "model.visual_encoder_lora.type":
        # prepare_model_for_kbit_training casts the base, and the adapters follow it (xtuner/model/sft.py)
        cast = "XTuner's default: LoRA is trained in float32"
        found.assume("precision.weights", "float32", cast)
        return
    frozen = paths.value("model.freeze_llm") is True
    if trained := found.facts.get(loaded["visual_encoder" if frozen else "llm"]):
        found.facts["precision.weights"] = dataclasses.replace(trained, id="precision.weights")


def _compute(paths: Paths, found: Findings) -> None:
    """AmpOptimWrapper computes in its dtype; OptimWrapper in the format that the model is loaded in."""
    wrapper, chosen = paths.get(_OPTIM + "type"), paths.get(_OPTIM + "dtype")
    if chosen and (wrapper is None or wrapper.value == "AmpOptimWrapper"):
        found.say("precision.compute", dtype(chosen.value), chosen)
    elif wrapper and wrapper.value == "AmpOptimWrapper" and _OPTIM + "dtype" not in paths.undecided:
        default = "mmengine's default: AmpOptimWrapper without dtype computes in float16 on CUDA"
        found.assume("precision.compute", "float16", default)
    elif wrapper and wrapper.value == "OptimWrapper" and (loaded := found.facts.get("precision.loaded")):
        found.facts["precision.compute"] = dataclasses.replace(loaded, id="precision.compute")


def _strategy(paths: Paths, found: Findings) -> None:
    """mmengine's DeepSpeedStrategy takes DeepSpeed's blocks as arguments, as a dict, or as a JSON's name."""
    block = paths.renamed(
        lambda path: path[9:].removeprefix("config.") if path.startswith("strategy.") else None
    )
    if deepspeed.recognises(block):
        deepspeed.read(block, found)
    elif str(paths.value("strategy.type")).endswith("DeepSpeedStrategy"):
        found.say("deepspeed.enabled", True, paths.get("strategy.type"))
        if isinstance(paths.value("strategy.config"), str):
            deepspeed.refer(str(paths.value("strategy.config")), found)


def _schedule(paths: Paths, found: Findings) -> None:
    """A LinearLR that starts below 1 and lasts is a warmup."""
    entries = [s for s in paths.settings.values() if s.path.startswith("param_scheduler")]
    linear = next((s for s in entries if s.path.endswith(".type") and s.value == "LinearLR"), None)
    if linear is None:
        found.say("schedule.warmup", False, entries[0] if entries else None)
        return
    here = linear.path[: -len("type")]
    start = number(paths.value(here + "start_factor"))
    lasts = number(paths.value(here + "end")) != 0
    rises = start is None or start < 1
    found.say("schedule.warmup", lasts and rises, paths.get(here + "start_factor") or linear)


def _length(paths: Paths, found: Findings) -> None:
    """The longest of what the trainer's own datasets are cut to, and whether they are packed."""
    lengths: dict[str, list[Setting]] = {"packed_length": [], "max_length": []}
    for path, setting in paths.settings.items():
        match = _DATASET.fullmatch(path)
        if match and match[1] in lengths and count(setting.value):
            lengths[match[1]].append(setting)
        elif match:
            found.say("data.padding", packed(setting.value), setting)
    whole = [paths.get(path) for path in ("max_length", "model.max_position_embeddings")]
    cut = lengths["packed_length"] or lengths["max_length"] or [setting for setting in whole if setting][:1]
    if cut:
        longest = max(cut, key=lambda setting: count(setting.value) or 0)
        found.say("sequence.max_length", count(longest.value), longest)
    for setting in lengths["packed_length"]:
        found.say("data.padding", "packed", setting)


def _defaults(paths: Paths, found: Findings) -> None:
    """What a whole config leaves unsaid."""
    found.assume("lora.enabled", False, "no LoraConfig in the config")
    found.assume("quantization.bits", "none", "no quantization in the config")
    if "strategy.type" not in paths:
        found.assume("optimizer.max_grad_norm", "none", "mmengine's default: no clip_grad, no clipping")
    if not any(path.startswith("param_scheduler") for path in paths.settings):
        found.assume("schedule.warmup", False, "mmengine's default: no param_scheduler, a constant rate")
    found.assume("batch.accumulation", 1, "mmengine's default: accumulative_counts 1")
    found.assume("gradient_checkpointing", True, "XTuner's default: use_activation_checkpointing")
    if str(found.value("optimizer.name")).startswith("adamw"):
        found.assume("optimizer.epsilon", 1e-8, "AdamW's default: eps 1e-8")
