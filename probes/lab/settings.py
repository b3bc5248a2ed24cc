"""What a run of the lab is asked to do, and what it did. Needs no torch."""

from __future__ import annotations

import dataclasses
import math
import typing


@dataclasses.dataclass(frozen=True)
class Settings:
    """A fine-tuning run, in the words of a user's config. The defaults are a healthy run.

    `headroom` is the largest activation before training as a share of 65504, where float16 ends, at "feed"
    (the SwiGLU product) or at "residual" (what runs through all layers); None leaves the model as it was
    pre-trained.
    """

    precision: str = "float32"  # of the products: float32, bfloat16 or float16
    weights: str = "float32"  # what the optimizer keeps: float32 is a master copy beside sixteen bits
    loss_scale: float | str | None = None  # "dynamic", a number, or none
    optimizer: str = "adamw"  # a key of probes.lab.optimizers.OPTIMIZERS
    learning_rate: float = 5e-4
    epsilon: float = 1e-8
    momentum: float = 0.0
    max_grad_norm: float | None = 1.0
    warmup: int = 5  # steps
    decay: bool = False  # linearly to 0 at the last step
    batch: int = 8  # samples
    accumulation: int = 1  # micro-batches of `batch` samples each
    padding: str = "right"  # right, left or packed
    max_length: int = 64  # tokens of a sample, the prompt among them
    kernel: str = "eager"  # or sdpa
    fused: bool = False  # whether fused kernels are used where there are some
    lora_rank: int = 0
    lora_alpha: float = 16.0
    checkpointing: bool = False
    quantized: bool = False  # 4 bits below the adapters
    zero_stage: int = 0
    overlap_comm: bool = True  # DeepSpeed's default at stages 2 and 3 in many examples
    ranks: int = 1
    skip_nonfinite: bool = False  # the monitor's guard: no update from a gradient that is not finite
    headroom: float | None = None
    overflows_at: str = "feed"
    task: str = "titled"  # a key of probes.lab.text.TASKS
    steps: int = 90
    seed: int = 0

    def but(self, **changes: typing.Any) -> Settings:
        """The same with some settings changed. Raises TypeError for a name that is none."""
        return dataclasses.replace(self, **changes)


@dataclasses.dataclass(frozen=True)
class Trace:
    """A run's series, a value a step, and what whynan's own judge says of them.

    `skipped` holds the steps without an update; steps count from 1. `symptom` is a value of loss.symptom.
    """

    loss: tuple[float, ...]
    grad_norm: tuple[float, ...]
    loss_scale: tuple[float, ...]
    lr: tuple[float, ...]
    skipped: tuple[int, ...]
    symptom: str
    first_bad_step: int | None

    def to_json(self) -> dict[str, typing.Any]:
        """As plain JSON data; what is no number becomes "nan", "inf", "-inf"."""
        return {
            name: [one if math.isfinite(one) else str(one) for one in value]
            if isinstance(value, tuple)
            else value
            for name, value in dataclasses.asdict(self).items()
        }
