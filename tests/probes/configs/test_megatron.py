def test_flags_over_several_lines(known):
    said, assumed = known(
        "--tensor-model-parallel-size 1 --use-distributed-optimizer\n"
        "--micro-batch-size 1 --seq-length 4096 --lr 6e-5 --lr-warmup-fraction 0.1\n"
        "--fp16 --recompute-granularity full --use-flash-attn",
        "command",
    )
    assert said == {
        "framework.name": "megatron",
        "precision.compute": "float16",
        "optimizer.learning_rate": 6e-5,
        "batch.per_device": 1,
        "sequence.max_length": 4096,
        "schedule.warmup": True,
        "attention.kernel": "flash_attention_2",
        "gradient_checkpointing": True,
    }
    assert assumed == {
        "optimizer.max_grad_norm": 1.0,
        "optimizer.name": "adamw",
        "optimizer.epsilon": 1e-8,
        "precision.weights": "float32",
        "precision.loss_scale": "dynamic",
    }
