"""The packages whose versions matter, and the other names that they go by."""

from __future__ import annotations

# Each is the fact "version." + name in kb/facts.yaml.
PACKAGES = (
    "torch", "deepspeed", "transformers", "xtuner", "mmengine", "flash-attn", "bitsandbytes", "peft", "trl",
    "accelerate", "datasets", "unsloth", "unsloth-zoo", "llamafactory", "axolotl", "ms-swift", "torchtune",
    "lightning", "megatron-core", "transformer-engine", "xformers", "liger-kernel", "triton", "tokenizers",
    "torch-npu",
)  # fmt: skip

# Other names under which the same code is published.
ALSO_PUBLISHED_AS = {
    "mmengine": ("mmengine-lite",),
    "llamafactory": ("llmtuner",),
    "lightning": ("pytorch-lightning",),
    "liger-kernel": ("liger-kernel-nightly",),
    "triton": ("pytorch-triton", "pytorch-triton-rocm", "triton-windows"),
}

# How people and tools write them.
ALIASES = {
    "bits-and-bytes": "bitsandbytes",
    "bnb": "bitsandbytes",
    "flash-attention": "flash-attn",
    "flash-attention-2": "flash-attn",
    "flash-attn-2": "flash-attn",
    "llama-factory": "llamafactory",
    "llmtuner": "llamafactory",
    "pytorch": "torch",
    "pytorch-lightning": "lightning",
    "swift": "ms-swift",
    "transformer": "transformers",
}
