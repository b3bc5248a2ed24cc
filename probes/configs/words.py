"""Values of the frameworks in the words of the vocabulary. None: not decided by this value."""

from __future__ import annotations

import math
import re
import typing

from probes.report import Value
from probes.syntax.setting import Plain
from probes.syntax.setting import number as _number

Word = typing.Callable[[Plain], typing.Optional[Value]]

_DTYPES = {
    **dict.fromkeys(("float16", "fp16", "half", "amp", "16", "16-mixed", "16-true", "f16"), "float16"),
    **dict.fromkeys(("bfloat16", "bf16", "bf16-mixed", "bf16-true", "amp_bf16", "amp_bfloat16"), "bfloat16"),
    **dict.fromkeys(("float32", "fp32", "float", "32", "32-true"), "float32"),
    "tf32": "tf32",
    **dict.fromkeys(("float8", "fp8", "float8_e4m3fn"), "float8"),
}

_SWITCHES = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_KERNELS = {
    **dict.fromkeys(("flash_attention_2", "fa2", "flash_attn", "flash_attn_2", "flash"), "flash_attention_2"),
    **dict.fromkeys(("flash_attention_3", "fa3", "flash_attn_3"), "flash_attention_3"),
    **dict.fromkeys(("eager", "disabled", "unfused", "local"), "eager"),
    "sdpa": "sdpa",
    "xformers": "xformers",
}


def dtype(value: Plain) -> str | None:
    """A number format."""
    if isinstance(value, bool):
        return None
    return _DTYPES.get(str(value).lower().rpartition("torch.")[2])


def optimizer(value: Plain) -> str | None:
    """An optimizer by the family that its arithmetic belongs to; `other` for one of no known family."""
    name = re.sub(r"[^a-z0-9]", "", str(value).lower())
    if value is None or isinstance(value, bool) or name == "auto":
        return None
    if "lion" in name:
        return "lion"
    if "adafactor" in name:
        return "adafactor"
    if name.endswith("sgd") or name == "sgdmomentum":
        return "sgd"
    adam = re.fullmatch(
        r"(?:torchoptim|bnb|bitsandbytesoptim)?(paged)?(?:fused|deepspeedcpu|cpu)?(adamw?)"
        r"(?:torch|hf|apex|bnb|anyprecision)?(?:fused|xla|npufused)?(8bit|32bit)?",
        name,
    )
    if not adam:
        return "other"
    if adam[1]:
        return "paged_adamw_8bit" if adam[3] == "8bit" else "paged_adamw_32bit"
    if adam[3] == "8bit":
        return "adamw_8bit"
    fused = "fused" in name or "cpu" in name  # these decouple weight decay by default
    return "adamw" if adam[2] == "adamw" or fused else "adam"


def number(value: Plain) -> float | int | None:
    """A finite number, also one that is written as text ("1e-4")."""
    if isinstance(value, bool):
        return None
    known = _number(value) if isinstance(value, str) else value
    return known if known is not None and math.isfinite(known) else None


def rate(value: Plain) -> float | None:
    """A positive real number."""
    known = number(value)
    return None if known is None or known <= 0 else float(known)


def count(value: Plain) -> int | None:
    """A positive whole number."""
    known = number(value)
    return int(known) if known is not None and known >= 1 and known == int(known) else None


def switch(value: Plain) -> bool | None:
    """On or off."""
    if isinstance(value, str):
        return _SWITCHES.get(value.lower())
    return bool(value) if value in (True, False) else None


def norm(value: Plain) -> float | str | None:
    """The norm at which gradients are clipped; 0, nothing and infinity mean that they are not."""
    if value is None or str(value).lower().lstrip(".") in ("inf", "infinity"):
        return "none"
    known = number(value)
    return None if known is None else float(known) if known > 0 else "none"


def kernel(value: Plain) -> str | None:
    """An attention kernel; True, of an option called flash attention, means its second version."""
    if isinstance(value, str) and value.startswith("kernels-community/"):
        version = re.search(r"flash-attn-?([23]?)$", value)
        return f"flash_attention_{version[1] or 2}" if version else None
    return "flash_attention_2" if value is True else _KERNELS.get(str(value).lower())


def text(value: Plain) -> str | None:
    """A name, as it is written; OmegaConf's ??? asks for one."""
    return str(value) if isinstance(value, str) and value.strip() not in ("", "???") else None


def more_than_nothing(value: Plain) -> bool | None:
    """Whether a number of warmup steps, or a share of them, is more than 0."""
    known = number(value)
    return None if known is None else known > 0


def given(value: Plain) -> bool | None:
    """Whether an option that names something is used."""
    return switch(value) if switch(value) is not None else bool(value)


def if_on(value: Value) -> Word:
    """A word for an option that stands for `value` where it is on; where it is off, it decides nothing."""
    return lambda option: value if switch(option) else None


packed = if_on("packed")  # how samples are padded, of an option that packs them


def stage(value: Plain) -> Value | None:
    """A stage of ZeRO."""
    return value if value in (0, 1, 2, 3) else None


def mode(value: Plain) -> str | None:
    """on, off or auto, of an `enabled` of DeepSpeed."""
    if value == "auto":
        return "auto"
    return None if switch(value) is None else "on" if switch(value) else "off"


METHODS = {
    **dict.fromkeys(("sft", "supervisedfinetune", "llavamodel"), "sft"),
    **dict.fromkeys(("pt", "pretrain"), "pretraining"),
    **dict.fromkeys(("dpo", "kto", "orpo", "cpo", "simpo", "ipo"), "preference"),
    **dict.fromkeys(("ppo", "grpo", "rloo", "ppov2"), "reinforcement"),
    **dict.fromkeys(("rm", "reward", "rewardmodel"), "reward"),
}


def method(value: Plain) -> str | None:
    """A kind of training."""
    return METHODS.get(str(value).lower())
