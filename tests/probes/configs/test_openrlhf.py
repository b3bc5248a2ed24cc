def test_supervised_tuning_on_deepspeed(known):
    said, assumed = known(
        "deepspeed --module openrlhf.cli.train_sft --max_len 4096 --micro_train_batch_size 2 --pretrain a/b"
        " --zero_stage 3 --adam_offload --bf16 --flash_attn --learning_rate 5e-6 --packing_samples",
        "command",
    )
    assert said == {
        "framework.name": "deepspeed",
        "deepspeed.enabled": True,
        "training.method": "sft",
        "optimizer.learning_rate": 5e-6,
        "batch.per_device": 2,
        "sequence.max_length": 4096,
        "model.name": "a/b",
        "deepspeed.stage": 3,
        "deepspeed.offload": "optimizer",
        "precision.compute": "bfloat16",
        "data.padding": "packed",
        "attention.kernel": "flash_attention_2",
    }
    assert assumed == {
        "precision.weights": "float32",
        "optimizer.name": "adamw",
        "optimizer.epsilon": 1e-8,
        "optimizer.max_grad_norm": 1.0,
        "schedule.warmup": True,
        "lora.enabled": False,
        "gradient_checkpointing": False,
        "quantization.bits": "none",
    }


def test_a_job_of_ray_with_the_names_of_later_versions(known):
    said, assumed = known(
        "ray job submit --address=http://127.0.0.1:8265 -- python3 -m openrlhf.cli.train_ppo_ray"
        " --actor.model_name_or_path a/b --actor.adam.lr 5e-7 --critic.adam.lr 9e-6 --ds.param_dtype fp16"
        " --train.micro_batch_size 8 --ds.lora.rank 8"
    )
    assert said["training.method"] == "reinforcement"
    assert (said["optimizer.learning_rate"], said["precision.compute"]) == (5e-7, "float16")
    assert (said["batch.per_device"], said["lora.enabled"], said["model.name"]) == (8, True, "a/b")
    assert assumed["deepspeed.stage"] == 2


def test_a_script_keeps_the_command_in_a_variable(known):
    said, assumed = known(
        "read -r -d '' training_commands <<EOF\nopenrlhf.cli.train_dpo \\\n   --adam.lr 5e-7 \\\n"
        "   --model.gradient_checkpointing_enable \\\n   --ds.zero_stage 3\nEOF\n"
        "deepspeed --module $training_commands\n",
        "command",
    )
    assert (said["optimizer.learning_rate"], said["deepspeed.stage"]) == (5e-7, 3)
    assert (said["training.method"], said["gradient_checkpointing"]) == ("preference", True)
    assert (assumed["precision.compute"], assumed["attention.kernel"]) == ("bfloat16", "flash_attention_2")


def test_a_batch_of_tokens_has_no_number_of_samples(known):
    said, assumed = known(
        "ARGS=(\n --train.dynamic_batch_enable\n --train.micro_batch_size 1\n --data.max_len 4096\n)\n"
        "python3 -m openrlhf.cli.train_ppo_ray ${ARGS[@]}",
        "command",
    )
    assert said["sequence.max_length"] == 4096
    assert "batch.per_device" not in said | assumed
