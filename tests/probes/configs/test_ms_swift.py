def test_a_command_with_few_flags(known):
    text = "NPROC_PER_NODE=2 swift sft --model Qwen/Qwen2.5-7B --torch_dtype bfloat16 --train_type full --max_length 2048 --deepspeed zero3"  # noqa: E501
    said, assumed = known(text, "command")
    assert said == {
        "framework.name": "ms-swift",
        "framework.entry": "swift sft",
        "training.method": "sft",
        "model.name": "Qwen/Qwen2.5-7B",
        "lora.enabled": False,
        "sequence.max_length": 2048,
        "precision.compute": "bfloat16",
        "deepspeed.enabled": True,
        "gpu.count": 2,
    }
    assert assumed == {
        "deepspeed.stage": 3,
        "precision.weights": "float32",
        "quantization.bits": "none",
        "optimizer.learning_rate": 1e-5,
        "optimizer.max_grad_norm": 1.0,
        "optimizer.name": "adamw",
        "optimizer.epsilon": 1e-8,
        "schedule.warmup": False,
        "batch.per_device": 1,
        "gradient_checkpointing": True,
    }


def test_the_method_is_named_by_rlhf_type(known):
    said, assumed = known("swift rlhf --rlhf_type dpo --model a/b --fp16 true", "command")
    assert said["training.method"] == "preference"
    assert said["precision.compute"] == "float16"
    assert assumed["lora.enabled"] is True
