COMMAND = """\
python3 -m verl.trainer.main_ppo \\
    algorithm.adv_estimator=grpo \\
    data.train_batch_size=1024 data.max_prompt_length=512 data.max_response_length=1024 \\
    actor_rollout_ref.model.path=Qwen/Qwen3-8B \\
    actor_rollout_ref.actor.optim.lr=1e-6 \\
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=32 \\
    actor_rollout_ref.model.use_remove_padding=True \\
    critic.optim.lr=1e-5 \\
    trainer.n_gpus_per_node=8 trainer.nnodes=2
"""

SFT = """\
data:
  micro_batch_size_per_gpu: 4
  max_length: 1024
model:
  partial_pretrain: google/gemma-2b
  lora_rank: 32
  fsdp_config:
    model_dtype: bf16
optim:
  lr: 1e-5
  warmup_steps_ratio: 0.1
  clip_grad: 1.0
"""


def test_overrides_are_those_of_the_actor(known):
    said, assumed = known(COMMAND, "command")
    assert said == {
        "framework.name": "torch",
        "training.method": "reinforcement",
        "optimizer.learning_rate": 1e-6,
        "batch.per_device": 32,
        "model.name": "Qwen/Qwen3-8B",
        "data.padding": "packed",
        "gpu.count": 16,
        "sequence.max_length": 1536,
    }
    assert (assumed["precision.compute"], assumed["precision.weights"]) == ("bfloat16", "float32")
    assert assumed["optimizer.max_grad_norm"] == 1.0


def test_a_config_of_supervised_tuning(known):
    said, assumed = known(SFT)
    assert said == {
        "framework.name": "torch",
        "optimizer.learning_rate": 1e-5,
        "optimizer.max_grad_norm": 1.0,
        "schedule.warmup": True,
        "batch.per_device": 4,
        "sequence.max_length": 1024,
        "model.name": "google/gemma-2b",
        "lora.enabled": True,
        "precision.weights": "bfloat16",
    }
    assert assumed["precision.compute"] == "bfloat16"


def test_megatrons_actor_has_other_defaults(known):
    _, assumed = known(COMMAND.strip() + " actor_rollout_ref.actor.strategy=megatron", "command")
    assert "precision.weights" not in assumed
