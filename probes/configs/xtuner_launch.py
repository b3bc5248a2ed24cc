"""`xtuner train CONFIG --deepspeed NAME`: what the names of shipped files stand for."""

from __future__ import annotations

from probes.configs.findings import Findings, Paths

# xtuner/configs/deepspeed/*.json, the same in 0.1.11, 0.1.23 and 0.2.0: the stage, what is offloaded. All
# overlap communication and leave fp16, bf16, batch, accumulation and clipping to the launch ("auto").
SHIPPED = {
    "deepspeed_zero1": (1, "none"),
    "deepspeed_zero2": (2, "none"),
    "deepspeed_zero2_offload": (2, "optimizer"),
    "deepspeed_zero3": (3, "none"),
    "deepspeed_zero3_offload": (3, "both"),
}
_METHODS = ("qlora", "lora", "full", "finetune")


def read(paths: Paths, found: Findings) -> None:
    """Facts of the command beside its overrides, which are read as a config is."""
    shipped = str(paths.value("deepspeed"))
    if shipped in SHIPPED:
        source = f"{shipped}.json as XTuner ships it (0.1.x)"
        stage, offload = SHIPPED[shipped]
        found.assume("deepspeed.stage", stage, source)
        found.assume("deepspeed.offload", offload, source)
        found.assume("deepspeed.overlap_comm", True, source)
        found.assume("deepspeed.fp16", "auto", source)
        found.assume("deepspeed.bf16", "auto", source)
    if paths.value("$1") == "train" and "deepspeed" not in paths:
        found.assume("deepspeed.enabled", False, "no --deepspeed in the command")
    config = str(paths.value("$2") or "")
    if config and not config.endswith(".py") and paths.value("$1") == "train":
        _shipped_config(config, found)


def _shipped_config(config: str, found: Findings) -> None:
    """XTuner's configs are named for model, method and data: internlm2_chat_7b_qlora_alpaca_e3."""
    kind = next((kind for kind in _METHODS if f"_{kind}_" in f"{config}_"), "")
    if not kind:
        return
    source = f"the name of XTuner's config {config}"
    found.assume("lora.enabled", kind in ("qlora", "lora"), source)
    found.assume("quantization.bits", 4 if kind == "qlora" else 8 if "_int8_" in config else "none", source)
    found.assume("precision.compute", "float16", f"XTuner's configs (0.1.x) say float16, so {config} does")
