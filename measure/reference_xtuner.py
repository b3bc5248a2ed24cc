"""What an XTuner config says, by the names that it leaves behind when it runs: what whynan is held to.

Written apart from whynan's readers, after XTuner's, mmengine's and transformers' code. `{"name": …}` is an
imported thing. What a config leaves unsaid is what the libraries then do:

* SupervisedFinetune (with DPO, ORPO, RewardModel) and LLaVAModel checkpoint activations; LoRA goes through
  peft's prepare_model_for_kbit_training, which casts the base to float32 (xtuner/model/sft.py, llava.py).
* InternVL_V1_5 loads bfloat16, checkpoints, and quantizes with float16 arithmetic (xtuner/model/internvl.py).
* from_pretrained loads float32 (transformers 4.x), OptimWrapper does not accumulate or clip (mmengine).
"""

from __future__ import annotations

from typing import Any

OPTIMIZERS = {
    "torch.optim.AdamW": "adamw",
    "bitsandbytes.optim.PagedAdamW32bit": "paged_adamw_32bit",
    "adamw_torch": "adamw",
    "paged_adamw_32bit": "paged_adamw_32bit",
}
Values = dict[str, Any]


def values(names: Values) -> Values:
    """A config's fields by whynan's ids; None is what it does not decide. {}: it is no training config."""
    if "optim_wrapper" in names:
        return _mmengine(names)
    return _hugging_face(names) if names.get("framework") == "huggingface" else {}


def _mmengine(names: Values) -> Values:
    wrapper, model, loader = names["optim_wrapper"], names["model"], names["train_dataloader"]
    warmups = [s for s in names["param_scheduler"] if _name(s["type"]).endswith("LinearLR")]
    clip = wrapper.get("clip_grad") or {}
    return {
        "optimizer.learning_rate": wrapper["optimizer"]["lr"],
        "optimizer.name": OPTIMIZERS[_name(wrapper["optimizer"]["type"])],
        "optimizer.max_grad_norm": clip.get("max_norm", "none"),
        "batch.accumulation": wrapper.get("accumulative_counts", 1),
        "batch.per_device": loader["batch_size"],
        "precision.compute": _name(wrapper.get("dtype", "float16")).rpartition(".")[2],
        "schedule.warmup": any(s["start_factor"] < 1 and s.get("end", 1) > 0 for s in warmups),
        "sequence.max_length": _length(loader["dataset"]) or model.get("max_position_embeddings"),
        **(_internvl(model) if "model_path" in model else _models(model)),
    }


def _models(model: Values) -> Values:
    llm, vision = model["llm"], model.get("visual_encoder")
    bits = llm.get("quantization_config", {})
    adapted = bool(model.get("lora") or model.get("llm_lora"))
    loaded, seen = _dtype(llm), vision and _dtype(vision)
    trained = "float32" if adapted else seen if model.get("freeze_llm") else loaded
    return {
        "model.name": llm["pretrained_model_name_or_path"],
        "precision.loaded": loaded,
        "precision.loaded_vision": seen,
        "precision.weights": trained,
        "quantization.bits": _bits(bits) if bits else _bits(llm),
        "quantization.compute_dtype": _dtype(bits, "bnb_4bit_compute_dtype") if _bits(bits) == 4 else None,
        "lora.enabled": adapted or bool(model.get("visual_encoder_lora")),
        "gradient_checkpointing": model.get("use_activation_checkpointing", True),
    }


def _internvl(model: Values) -> Values:
    quantized = bool(model.get("quantization_llm") or model.get("quantization_vit"))
    return {
        "model.name": model["model_path"],
        "precision.loaded": "bfloat16",
        "precision.loaded_vision": "bfloat16",
        "precision.weights": "float32" if model.get("llm_lora") else "bfloat16",
        "quantization.bits": 4 if quantized else "none",
        "quantization.compute_dtype": "float16" if quantized else None,
        "lora.enabled": bool(model.get("llm_lora") or model.get("visual_encoder_lora")),
        "gradient_checkpointing": True,
    }


def _hugging_face(names: Values) -> Values:
    given, model, adapted = names["training_args"], names["model"], bool(names.get("lora"))
    bits = model.get("quantization_config", model)
    formats = [value for flag, value in (("bf16", "bfloat16"), ("fp16", "float16")) if given.get(flag)]
    return {
        "optimizer.learning_rate": given.get("learning_rate", 5e-5),
        "optimizer.name": OPTIMIZERS[given.get("optim", "adamw_torch")],
        "optimizer.max_grad_norm": given.get("max_grad_norm", 1.0),
        "batch.accumulation": given.get("gradient_accumulation_steps", 1),
        "batch.per_device": given.get("per_device_train_batch_size", 8),
        "precision.compute": formats[0] if formats else "float32",
        "schedule.warmup": given.get("warmup_steps", 0) + given.get("warmup_ratio", 0) > 0,
        "sequence.max_length": _length(names["train_dataset"]),
        "model.name": model["pretrained_model_name_or_path"],
        "precision.loaded": _dtype(model),
        "precision.loaded_vision": None,
        "precision.weights": "float32" if adapted else _dtype(model),
        "quantization.bits": _bits(bits),
        "quantization.compute_dtype": _dtype(bits, "bnb_4bit_compute_dtype") if _bits(bits) == 4 else None,
        "lora.enabled": adapted,
        "gradient_checkpointing": adapted or given.get("gradient_checkpointing", False),
    }


def _length(data: Values) -> int | None:
    """The tokens of the longest sequence that the data set yields; of a set of sets the largest."""
    parts = data.get("datasets") or data.get("datasets_cfg") or []
    parts = list(parts.values()) if isinstance(parts, dict) else parts
    if parts:
        return max(filter(None, map(_length, parts)), default=None)
    length: int | None = data.get("packed_length") or data.get("max_length")
    return length


def _dtype(given: Values, key: str = "torch_dtype") -> str:
    return _name(given.get(key, "float32")).rpartition(".")[2]


def _bits(given: Values) -> int | str:
    return 4 if given.get("load_in_4bit") else 8 if given.get("load_in_8bit") else "none"


def _name(value: Any) -> str:
    return str(value["name"] if isinstance(value, dict) else value)
