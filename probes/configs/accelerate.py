"""accelerate's own YAML: how a run is launched."""

from __future__ import annotations

from probes.configs.findings import Findings, Paths
from probes.configs.words import count, dtype, norm, stage, switch

NAME = "accelerate"

_BLOCK = "deepspeed_config."

TABLE = {
    "num_processes": ("gpu.count", count),
    _BLOCK + "zero_stage": ("deepspeed.stage", stage),
    _BLOCK + "gradient_clipping": ("optimizer.max_grad_norm", norm),
    _BLOCK + "gradient_accumulation_steps": ("batch.accumulation", count),
    "mixed_precision": ("precision.compute", dtype),
    "fsdp_config.fsdp_activation_checkpointing": ("gradient_checkpointing", switch),
    "megatron_lm_config.megatron_lm_gradient_clipping": ("optimizer.max_grad_norm", norm),
    "gradient_accumulation_steps": ("batch.accumulation", count),
}


def recognises(paths: Paths) -> bool:
    """Its own keys."""
    return "distributed_type" in paths or "compute_environment" in paths


def read(paths: Paths, found: Findings) -> None:
    """Facts of the launch. `mixed_precision: no` decides nothing: the Trainer's own arguments do then."""
    found.look_up(paths, TABLE)
    kind = paths.get("distributed_type")
    if kind is None:
        return
    launcher = str(kind.value).upper()
    found.say("deepspeed.enabled", launcher == "DEEPSPEED", kind)
    found.say("fsdp.enabled", launcher == "FSDP", kind)
    offloaded = [
        part
        for part in ("optimizer", "param")
        if paths.value(f"{_BLOCK}offload_{part}_device") in ("cpu", "nvme")
    ]
    setting = paths.get(_BLOCK + "offload_optimizer_device") or paths.get(_BLOCK + "offload_param_device")
    found.say("deepspeed.offload", "both" if len(offloaded) == 2 else "".join(offloaded) or "none", setting)
    reference = paths.value(_BLOCK + "deepspeed_config_file")
    if isinstance(reference, str):
        found.elsewhere("deepspeed.stage", reference)
