RECIPE = """\
model:
  _component_: torchtune.models.llama3.{builder}
tokenizer:
  max_seq_len: 4096
batch_size: 2
optimizer:
  _component_: torch.optim.AdamW
  lr: 3e-4
lr_scheduler:
  num_warmup_steps: 100
gradient_accumulation_steps: 8
enable_activation_checkpointing: True
dtype: bf16
"""


def test_a_recipe_is_read(known):
    said, assumed = known(RECIPE.format(builder="llama3_8b"))
    assert said == {
        "framework.name": "torchtune",
        "lora.enabled": False,
        "quantization.bits": "none",
        "precision.compute": "bfloat16",
        "precision.weights": "bfloat16",
        "sequence.max_length": 4096,
        "batch.per_device": 2,
        "optimizer.name": "adamw",
        "optimizer.learning_rate": 3e-4,
        "schedule.warmup": True,
        "batch.accumulation": 8,
        "gradient_checkpointing": True,
    }
    assert assumed == {
        "optimizer.max_grad_norm": "none",
        "optimizer.epsilon": 1e-8,
        "deepspeed.enabled": False,
    }


def test_the_builders_name_tells_of_lora(known):
    said, _ = known(RECIPE.format(builder="qlora_llama3_8b"))
    assert (said["lora.enabled"], said["quantization.bits"]) == (True, 4)
    assert said["precision.weights"] == "bfloat16"


def test_overrides_of_a_command_count(known):
    said, _ = known("tune run lora_finetune --config llama3/8B_lora dtype=fp32 optimizer.lr=1e-4", "command")
    assert said["precision.compute"] == "float32"
    assert said["optimizer.learning_rate"] == 1e-4
