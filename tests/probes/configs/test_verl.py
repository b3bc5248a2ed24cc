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
    for way in ("actor_rollout_ref.actor.strategy=megatron", "--config-name=ppo_megatron_trainer.yaml"):
        _, assumed = known(f"{COMMAND.strip()} {way}", "command")
        assert (assumed["precision.weights"], assumed["schedule.warmup"]) == ("float32", False)
        assert "attention.kernel" not in assumed
        assert "lora.enabled" not in assumed


def test_overrides_in_arrays_and_variables_count_with_what_they_refer_to(known):
    said, _ = known(
        """\
model=Qwen/Qwen3-8B
max_prompt_length=$((1024 * 2))
DATA=(
    # lengths
    data.max_prompt_length=$max_prompt_length
    data.max_response_length=8192
)
ACTOR="
    actor_rollout_ref.model.path=$model \\
    actor_rollout_ref.actor.optim.lr=2e-6"
python3 -m verl.trainer.main_ppo "${DATA[@]}" $ACTOR \\
    actor_rollout_ref.actor.grad_clip=0.5\\
    trainer.nnodes=1
""",
        "command",
    )
    assert (said["sequence.max_length"], said["model.name"]) == (10240, "Qwen/Qwen3-8B")
    assert (said["optimizer.learning_rate"], said["optimizer.max_grad_norm"]) == (2e-6, 0.5)


def test_a_batch_of_tokens_has_no_number_of_samples(known):
    said, _ = known(COMMAND.strip() + " actor_rollout_ref.actor.use_dynamic_bsz=True", "command")
    assert "batch.per_device" not in said


def test_tuning_warms_up_by_default_and_reinforcement_does_not(known):
    assert known(SFT.replace("  warmup_steps_ratio: 0.1\n", ""))[1]["schedule.warmup"] is True
    assert known(COMMAND, "command")[1]["schedule.warmup"] is False
