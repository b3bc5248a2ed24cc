from probes import configs

CLI = """\
trainer:
  strategy: {strategy}
  devices: [0, 1]
  num_nodes: 2
  precision: 16-mixed
  accumulate_grad_batches: 4
model:
  class_path: my.Model
  init_args:
    learning_rate: 2.0e-5
data:
  init_args:
    batch_size: 4
optimizer:
  class_path: torch.optim.AdamW
"""


def test_a_trainer_in_a_script(known):
    said, assumed = known(
        "import lightning as L\nt = L.Trainer(precision='bf16-mixed', gradient_clip_val=0.5)\nt.fit(m)"
    )
    assert said == {
        "framework.name": "lightning",
        "precision.compute": "bfloat16",
        "precision.weights": "float32",
        "optimizer.max_grad_norm": 0.5,
    }
    assert assumed == {"batch.accumulation": 1}


def test_a_config_of_its_command_line(known):
    said, assumed = known(CLI.format(strategy="deepspeed_stage_3_offload"))
    assert said == {
        "framework.name": "lightning",
        "precision.compute": "float16",
        "precision.weights": "float32",
        "precision.loss_scale": "dynamic",
        "batch.accumulation": 4,
        "gpu.count": 4,
        "deepspeed.enabled": True,
        "optimizer.learning_rate": 2e-5,
        "optimizer.name": "adamw",
        "batch.per_device": 4,
    }
    assert assumed == {
        "deepspeed.stage": 3,
        "deepspeed.offload": "both",
        "optimizer.max_grad_norm": "none",
    }


def test_fsdp_is_a_strategy(known):
    said, _ = known(CLI.format(strategy="fsdp"))
    assert said["fsdp.enabled"] is True
    assert "deepspeed.enabled" not in said


def test_true_half_precision_turns_the_weights_too(known):
    said, _ = known("from lightning import Trainer\nTrainer(precision='16-true')")
    assert (said["precision.compute"], said["precision.weights"]) == ("float16", "float16")
    assert "precision.loss_scale" not in said


def test_clipping_by_value_is_no_norm():
    text = (
        "_target_: lightning.pytorch.trainer.Trainer\ngradient_clip_val: 1.0\ngradient_clip_algorithm: value"
    )
    assert configs.read(text, "x").values() == {
        "framework.name": "lightning",
        "precision.compute": "float32",
        "batch.accumulation": 1,
    }
