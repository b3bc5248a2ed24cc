"""XTuner: mmengine configs in Python, configs for its Hugging Face trainer, and `xtuner train …`."""

from __future__ import annotations

import re

from probes.configs import deepspeed, transformers
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

# xtuner/configs/deepspeed/*.json of 0.1.11: the stage, what is offloaded; all overlap communication
# and leave fp16 and bf16 to the launch ("auto").
SHIPPED = {
    "deepspeed_zero1": (1, "none"),
    "deepspeed_zero2": (2, "none"),
    "deepspeed_zero2_offload": (2, "optimizer"),
    "deepspeed_zero3": (3, "none"),
    "deepspeed_zero3_offload": (3, "both"),
}


def recognises(paths: Paths) -> bool:
    """An optimizer wrapper, an import of xtuner, or the command."""
    return _sign(paths) is not None


def _sign(paths: Paths) -> Setting | None:
    for path, setting in paths.settings.items():
        imported = path.startswith("import ") and re.search(r"\b(?:xtuner|mmengine)\b", str(setting.value))
        own = path.startswith(
            ("optim_wrapper", "model.llm.", "param_scheduler", "accumulative_counts", "framework")
        )
        if imported or own or (path.startswith("$") and setting.value == "xtuner"):
            return setting
    return None


def read(paths: Paths, found: Findings) -> None:
    """Facts of a config or of a launch command with its overrides."""
    found.say("framework.name", NAME, _sign(paths))
    found.look_up(paths, TABLE)
    if paths.value("framework") == "huggingface":
        found.leave_open("gradient_checkpointing")  # prepare_model_for_kbit_training decides
        transformers.read(paths.under("training_args."), found)
        paths = paths.renamed(
            lambda path: re.sub(r"^model\.", "model.llm.", re.sub(r"^lora\.", "model.lora.", path))
        )
        found.look_up(paths, TABLE)
    _compute(paths, found)
    _weights(paths, found)
    _schedule(paths, found)
    _length(paths, found)
    if scale := paths.get(_OPTIM + "loss_scale") or paths.get(_OPTIM + "loss_scale.init_scale"):
        static = number(scale.value) is not None and scale.path.endswith("loss_scale")
        found.say("precision.loss_scale", "static" if static else "dynamic", scale)
    deepspeed_block = paths.under("strategy.")
    if deepspeed.recognises(deepspeed_block):
        deepspeed.read(deepspeed_block, found)
    if paths.get("$0"):
        _command(paths, found)
    elif "_base_" in paths or "_base_.0" in paths or "read_base()" in paths:
        for fact in ("precision.compute", "optimizer.learning_rate", "lora.enabled"):
            found.cannot(
                fact, "the config builds on a base file that was not given", "give the base file too"
            )
    elif "model.type" in paths and "optim_wrapper.type" in paths:
        _defaults(paths, found)


def _compute(paths: Paths, found: Findings) -> None:
    """AmpOptimWrapper computes in its dtype; OptimWrapper in the format that the model is loaded in."""
    wrapper, chosen = paths.get(_OPTIM + "type"), paths.get(_OPTIM + "dtype")
    if chosen and (wrapper is None or wrapper.value == "AmpOptimWrapper"):
        found.say("precision.compute", dtype(chosen.value), chosen)
    elif wrapper and wrapper.value == "AmpOptimWrapper" and _OPTIM + "dtype" not in paths.undecided:
        default = "mmengine's default: AmpOptimWrapper without dtype computes in float16 on CUDA"
        found.assume("precision.compute", "float16", default)
    elif wrapper and wrapper.value == "OptimWrapper":
        loaded = paths.get("model.llm.torch_dtype")
        found.say("precision.compute", dtype(loaded.value) if loaded else None, loaded)


def _weights(paths: Paths, found: Findings) -> None:
    for bits in (4, 8):
        setting = paths.get(f"{_BITS}load_in_{bits}bit") or paths.get(f"model.llm.load_in_{bits}bit")
        found.say("quantization.bits", bits if setting and setting.value is True else None, setting)
    for setting in paths.settings.values():
        if re.fullmatch(r"model\.(?:\w+_)?lora\.type", setting.path) or setting.path == "lora.type":
            found.say("lora.enabled", True if setting.value == "LoraConfig" else None, setting)
    trained = not found.value("lora.enabled") and not found.value("quantization.bits")
    loaded = paths.get("model.llm.torch_dtype")
    if trained and loaded and paths.value("model.freeze_llm") is not True:
        found.say("precision.weights", dtype(loaded.value), loaded)


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
    found.say(
        "schedule.warmup", lasts and (start is None or start < 1), paths.get(here + "start_factor") or linear
    )


def _length(paths: Paths, found: Findings) -> None:
    """The longest of what the trainer's own datasets are cut to, and whether they are packed."""
    own = re.compile(r"train_dataloader\.dataset\.(?:datasets\.\w+\.)?(max_length|pack_to_max_length)")
    parts = [(match[1], s) for path, s in paths.settings.items() if (match := own.fullmatch(path))]
    lengths = [setting for key, setting in parts if key == "max_length" and count(setting.value)]
    for key, part in parts:
        found.say("data.padding", packed(part.value) if key == "pack_to_max_length" else None, part)
    if lengths:
        longest = max(lengths, key=lambda setting: count(setting.value) or 0)
        found.say("sequence.max_length", count(longest.value), longest)
    elif setting := paths.get("max_length") or paths.get("train_dataset.max_length"):
        found.say("sequence.max_length", count(setting.value), setting)


def _defaults(paths: Paths, found: Findings) -> None:
    """What a whole config leaves unsaid."""
    found.assume("lora.enabled", False, "no LoraConfig in the config")
    found.assume("quantization.bits", "none", "no quantization in the config")
    found.assume("optimizer.max_grad_norm", "none", "mmengine's default: no clip_grad, no clipping")
    found.assume("batch.accumulation", 1, "mmengine's default: accumulative_counts 1")
    found.assume("gradient_checkpointing", True, "XTuner's default: use_activation_checkpointing")
    if paths.value("model.llm.quantization_config.load_in_4bit") is True:
        found.assume(
            "quantization.compute_dtype", "float32", "transformers' default: bnb_4bit_compute_dtype float32"
        )
    full = found.value("quantization.bits") == "none" and found.value("lora.enabled") is False
    if (
        full
        and paths.value("model.freeze_llm") is not True
        and "model.llm.torch_dtype" not in paths.undecided
    ):
        found.assume(
            "precision.weights", "float32", "transformers' default (4.x): from_pretrained loads float32"
        )
    if str(found.value("optimizer.name")).startswith("adamw"):
        found.assume("optimizer.epsilon", 1e-8, "AdamW's default: eps 1e-8")


def _command(paths: Paths, found: Findings) -> None:
    """`xtuner train CONFIG --deepspeed NAME`: names of shipped files say what stands in them."""
    shipped = str(paths.value("deepspeed"))
    if shipped in SHIPPED:
        source = f"{shipped}.json as XTuner ships it (0.1.x)"
        stage, offload = SHIPPED[shipped]
        found.assume("deepspeed.stage", stage, source)
        found.assume("deepspeed.offload", offload, source)
        found.assume("deepspeed.overlap_comm", True, source)
        found.assume("deepspeed.fp16", "auto", source)
        found.assume("deepspeed.bf16", "auto", source)
    config = str(paths.value("$2") or "")
    if not config or config.endswith(".py") or paths.value("$1") != "train":
        return
    kind = next((kind for kind in ("qlora", "lora", "full") if f"_{kind}_" in config), "")
    if kind:
        source = f"the name of XTuner's config {config}"
        found.assume("lora.enabled", kind != "full", source)
        found.assume("quantization.bits", 4 if kind == "qlora" else "none", source)
        found.assume(
            "precision.compute", "float16", f"XTuner's configs (0.1.x) say float16, so {config} does"
        )
