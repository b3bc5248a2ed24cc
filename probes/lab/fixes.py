"""The knowledge's fixes as changes of a run's settings, one function each; what changes nothing is not
possible there.

The fixes that take damage away (another checkpoint, clean data) are not here: a fault names them in
`undone_by`.
"""

from __future__ import annotations

import typing

from probes.lab.damage import Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings

USUAL = Settings()


def use_bf16(s: Settings) -> Settings:
    """Products in bfloat16; weights that were kept in float16 are kept in bfloat16."""
    weights = "bfloat16" if s.weights == "float16" else s.weights
    return s.but(precision="bfloat16", weights=weights, loss_scale=None)


def use_fp32(s: Settings) -> Settings:
    """All of it in float32."""
    return s.but(precision="float32", weights="float32", loss_scale=None)


def keep_fp32_master_weights(s: Settings) -> Settings:
    """Weights and optimizer states in float32 beside products in sixteen bits."""
    return s.but(weights="float32")


def tune_loss_scale(s: Settings) -> Settings:
    """A dynamic one."""
    return s.but(loss_scale="dynamic") if s.precision == "float16" else s


def lower_learning_rate(s: Settings) -> Settings:
    """A tenth."""
    return s.but(learning_rate=s.learning_rate / 10)


def clip_gradients(s: Settings) -> Settings:
    """At a norm of 1, or at a tenth of what it was clipped at."""
    return s.but(max_grad_norm=1.0 if s.max_grad_norm is None else s.max_grad_norm / 10)


def warm_up_learning_rate(s: Settings) -> Settings:
    """Over a third of the run: more than anybody would take."""
    return s.but(warmup=max(s.warmup, s.steps // 3))


def use_adamw(s: Settings) -> Settings:
    """AdamW at its usual rate."""
    return (
        s
        if s.optimizer == "adamw"
        else s.but(optimizer="adamw", learning_rate=USUAL.learning_rate, momentum=0.0)
    )


def change_optimizer(s: Settings) -> Settings:
    """Adafactor, from plain SGD at AdamW's usual rate."""
    rate = USUAL.learning_rate if s.optimizer == "sgd" else s.learning_rate
    return s.but(optimizer="adafactor", learning_rate=rate, momentum=0.0)


def raise_adam_epsilon(s: Settings) -> Settings:
    """To 1e-3, which float16 holds."""
    return s.but(epsilon=1e-3) if s.optimizer in ("adam", "adamw") else s


def accumulate_gradients(s: Settings) -> Settings:
    """Four times as many samples a step."""
    return s.but(accumulation=4 * s.accumulation)


def monitor_training(s: Settings) -> Settings:
    """No update from a gradient that is not finite."""
    return s.but(skip_nonfinite=True)


def change_zero_stage(s: Settings) -> Settings:
    """Stage 1 in place of 2."""
    return s.but(zero_stage=1) if s.zero_stage == 2 else s


def tune_zero_settings(s: Settings) -> Settings:
    """overlap_comm off."""
    return s.but(overlap_comm=False) if s.zero_stage else s


def change_attention_kernel(s: Settings) -> Settings:
    """PyTorch's own in place of the written-out one, and the other way round."""
    return s.but(kernel="eager" if s.kernel == "sdpa" else "sdpa")


def change_fused_kernel(s: Settings) -> Settings:
    """The plain operations."""
    return s.but(fused=False)


def change_gradient_checkpointing(s: Settings) -> Settings:
    """Off."""
    return s.but(checkpointing=False)


def change_lora_config(s: Settings) -> Settings:
    """alpha at twice the rank."""
    return s.but(lora_alpha=2.0 * s.lora_rank) if s.lora_rank else s


def change_quantization(s: Settings) -> Settings:
    """The weights in sixteen bits or more, computed in bfloat16."""
    return s.but(quantized=False, precision="bfloat16", loss_scale=None) if s.quantized else s


def raise_max_length(s: Settings) -> Settings:
    """Twice as long."""
    return s.but(max_length=2 * s.max_length)


_CHANGES = (
    use_bf16, use_fp32, keep_fp32_master_weights, tune_loss_scale, lower_learning_rate, clip_gradients,
    warm_up_learning_rate, use_adamw, change_optimizer, raise_adam_epsilon, accumulate_gradients,
    monitor_training, change_zero_stage, tune_zero_settings, change_attention_kernel, change_fused_kernel,
    change_gradient_checkpointing, change_lora_config, change_quantization, raise_max_length,
)  # fmt: skip
FIXES: dict[str, typing.Callable[[Settings], Settings]] = {
    change.__name__.replace("_", "-"): change for change in _CHANGES
}


def possible(fault: Fault) -> list[str]:
    """The fixes that change something about this fault's run."""
    own = [name for name, change in FIXES.items() if change(fault.settings) != fault.settings]
    return own + [name for name in fault.undone_by if name not in own]


def applied(fault: Fault, fix: str) -> tuple[Settings, Damage]:
    """The run with the fix. Raises KeyError for a fix that changes nothing about it."""
    if fix not in possible(fault):
        raise KeyError(fix)
    settings = FIXES[fix](fault.settings) if fix in FIXES else fault.settings
    return settings, fault.undone_by.get(fix, fault.damage)
