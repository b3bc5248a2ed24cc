"""What each of NeMo 2's recipes trains with when a script takes it over as it is: its rate, batch and length.

Found by calling every recipe of NeMo 2.0, 2.1, 2.2, 2.3 and 2.4 (nemo/collections/llm/recipes) with stand-ins
for torch, Lightning and Megatron. All versions that have one give it the same values, but for three:
mixtral_8x22b pre-trains on 65,536 tokens in 2.2, and in 2.0 nemotron3_8b and nemotron4_340b are fine-tuned
by other values.
"""

from __future__ import annotations

import dataclasses

VERSIONS = "2.0 to 2.4"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Learning rate with LoRA and without, samples a device and step, tokens a sample, whether it is LoRA."""

    lora_rate: float
    full_rate: float
    batch: int
    length: int
    lora: bool = False


_PRETRAIN = {
    (4.5e-5, 2, 4096): "nemotron4_15b",
    (4.5e-5, 2, 16384): "nemotron4_15b_16k",
    (4.5e-5, 2, 65536): "nemotron4_15b_64k",
    (9e-5, 2, 2048): "gpt3_175b",
    (1e-4, 1, 512): "t5_220m",
    (1e-4, 24, 512): "t5_3b t5_11b",
    (1e-4, 2, 512): "bert_110m bert_340m",
    (1e-4, 1, 4096): "nemotron3_22b nemotron4_22b nemotron4_340b",
    (1e-4, 1, 16384): "nemotron3_22b_16k nemotron4_22b_16k",
    (1e-4, 1, 65536): "nemotron3_22b_64k nemotron4_22b_64k",
    (3e-4, 1, 4096): """
        deepseek_v2 deepseek_v2_lite deepseek_v3 llama2_7b mamba2_130m mamba2_370m mamba2_780m mamba2_1_3b
        mamba2_2_7b mamba2_8b mamba2_hybrid_8b mistral mistral_7b mixtral_8x7b mixtral_8x22b
        phi3_mini_4k_instruct qwen3_235b_a22b""",
    (3e-4, 1, 8192): """
        baichuan2_7b chatglm3_6b gemma_2b gemma_7b gemma3_1b hyena_1b hyena_7b hyena_40b hyena_base hyena_test
        llama3_8b llama3_70b llama31_8b llama31_70b llama31_405b llama31_nemotron_70b
        llama31_nemotron_nano_8b llama32_1b llama32_3b llama4_e16 llama4_e128 mistral_nemo_12b
        mistral_nemo_base_12b nemotronh_4b nemotronh_8b nemotronh_47b nemotronh_56b""",
    (3e-4, 1, 16384): "llama3_8b_16k llama3_70b_16k mixtral_8x7b_16k",
    (3e-4, 1, 65536): "llama3_8b_64k llama3_70b_64k mixtral_8x7b_64k mixtral_8x22b_64k",
    (3e-4, 1, 131072): "llama3_8b_128k",
    (3e-4, 2, 4096): """
        gemma2_2b gemma2_9b gemma2_27b nemotron3_4b nemotron3_8b qwen2_500m qwen2_1p5b qwen2_7b qwen2_72b
        qwen25_500m qwen25_1p5b qwen25_7b qwen25_14b qwen25_32b qwen25_72b qwen3_600m qwen3_1p7b qwen3_4b
        qwen3_8b qwen3_14b qwen3_32b qwen3_30b_a3b starcoder_15b starcoder2_3b
        starcoder2_7b starcoder2_15b""",
}
USUAL = Recipe(1e-4, 5e-6, 1, 2048, lora=True)  # a fine-tuning of any other name
_FINETUNE = {
    Recipe(1e-4, 5e-6, 1, 512, lora=True): "t5_220m t5_3b t5_11b",
    Recipe(
        1e-4, 5e-6, 4, 512, lora=True
    ): "llama_embedding_1b llama_embedding_3b nvembed_llama_1b nvembed_llama_3b",
    Recipe(1e-4, 5e-6, 8, 512): "llama_reranker_1b",
    Recipe(1e-4, 1e-4, 4, 512): "e5_340m",
    Recipe(5e-6, 5e-6, 1, 4096): """
        mamba2_130m mamba2_370m mamba2_780m mamba2_1_3b mamba2_2_7b mamba2_8b mamba2_hybrid_8b""",
    Recipe(5e-6, 5e-6, 1, 8192): "nemotronh_4b nemotronh_8b nemotronh_47b nemotronh_56b",
    Recipe(3e-4, 3e-4, 1, 8192): "hyena_1b hyena_7b hyena_40b hyena_base hyena_test",
}
_RECIPES = {
    **{
        ("pretrain", name): Recipe(rate, rate, batch, length)
        for (rate, batch, length), names in _PRETRAIN.items()
        for name in names.split()
    },
    **{("finetune", name): recipe for recipe, names in _FINETUNE.items() for name in names.split()},
}


def find(kind: str, name: str | None) -> Recipe | None:
    """The recipe of that name; None for a pre-training that NeMo does not ship."""
    return _RECIPES.get((kind, name or ""), USUAL if kind == "finetune" else None)
