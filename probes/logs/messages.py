"""Known messages of the libraries, for the fact `log.message`; the more telling come first."""

from __future__ import annotations

# The list is in alphabetical order. A head for classes is new by intent, and rotary frequencies are no
# weights.
_FIRST = ("lm_head", "model.embed_tokens", "model.layers.0.input", "model.layers.0.mlp", "transformer.h.")

MESSAGES = {
    "loss-scale-minimum": ("Current loss scale already at minimum", "Minimum loss scale reached"),
    "probability-tensor": ("probability tensor contains either",),
    "ecc-error": ("uncorrectable ECC error", "uncorrectable NVLink error"),
    "xid": ("NVRM: Xid (",),
    "cuda-illegal-access": ("illegal memory access was encountered",),
    "device-assert": ("device-side assert triggered",),
    "fp16-unscale": ("Attempting to unscale FP16 gradients",),
    "untrained-tokens": ("Untrained tokens",),
    "no-grad": (
        "None of the inputs have requires_grad=True",
        "does not require grad and does not have a grad_fn",
    ),
    "labels-masked": (
        "labels in your dataset are -100",
        "all labels are masked",
        "instruction_part` and `response_part` were not found",
    ),
    "tokenization-mismatch": ("tokenization mismatch:",),
    "image-token-mismatch": ("input_embeds[selected].shape",),
    "incomplete-build": ("apex was installed without --c",),
    "missing-weights": tuple(f"newly initialized: ['{name}" for name in _FIRST),
    "newly-initialized": ("newly initialized", "were not initialized from the model checkpoint"),
    "sequence-too-long": ("sequence length is longer than the specified maximum",),
}
WORDINGS = tuple((wording, value) for value, wordings in MESSAGES.items() for wording in wordings)


def find(text: str) -> str | None:
    """The message that a line holds, as a value of `log.message`."""
    for wording, value in WORDINGS:
        if wording in text:
            return value
    return None
