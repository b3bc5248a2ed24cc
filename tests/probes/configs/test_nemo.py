YAML = """\
trainer:
  devices: 8
  num_nodes: 2
  precision: 16
  gradient_clip_val: 1.0
model:
  tensor_model_parallel_size: 1
  micro_batch_size: 4
  restore_from_path: ???
  peft:
    peft_scheme: adapter
  data:
    train_ds:
      micro_batch_size: ${model.micro_batch_size}
      max_seq_length: 2048
  optim:
    name: fused_adam
    lr: 1e-4
    sched:
      warmup_steps: 50
"""


def test_a_config_is_read(known):
    said, assumed = known(YAML)
    assert said == {
        "framework.name": "megatron",
        "precision.compute": "float16",
        "precision.loss_scale": "dynamic",
        "optimizer.max_grad_norm": 1.0,
        "optimizer.name": "adamw",
        "optimizer.learning_rate": 1e-4,
        "schedule.warmup": True,
        "batch.per_device": 4,
        "sequence.max_length": 2048,
        "lora.enabled": False,
        "gpu.count": 16,
    }
    assert assumed == {"optimizer.epsilon": 1e-8, "precision.weights": "float32"}


def test_overrides_of_a_command_are_read_with_a_launchers_prefix_too(known):
    said, _ = known(
        "python tune.py trainer.precision=bf16 ++model.peft.peft_scheme=lora model.optim.lr=1e-4",
        "command",
    )
    assert (said["precision.compute"], said["lora.enabled"]) == ("bfloat16", True)
    said, _ = known("python main.py peft.model.micro_batch_size=2 peft.trainer.precision=16", "command")
    assert (said["precision.compute"], said["batch.per_device"]) == ("float16", 2)
