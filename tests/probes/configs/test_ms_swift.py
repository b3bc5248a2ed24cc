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


def test_the_arguments_of_version_2_have_its_defaults(known):
    said, assumed = known("swift sft --model_type qwen-7b --sft_type full --dtype fp16", "command")
    assert said == {
        "framework.name": "ms-swift",
        "framework.entry": "swift sft",
        "training.method": "sft",
        "model.name": "qwen-7b",
        "lora.enabled": False,
        "precision.compute": "float16",
        "precision.weights": "float16",
    }
    assert (assumed["schedule.warmup"], assumed["sequence.max_length"]) == (True, 2048)


def test_megatron_has_names_and_defaults_of_its_own(known):
    flags = "--lr 1e-5 --lr_warmup_fraction 0.05 --attention_backend unfused --clip_grad 0.5"
    said, assumed = known(f"megatron sft --model a/b {flags}", "command")
    assert said == {
        "framework.name": "ms-swift",
        "framework.entry": "megatron sft",
        "training.method": "sft",
        "model.name": "a/b",
        "optimizer.learning_rate": 1e-5,
        "optimizer.max_grad_norm": 0.5,
        "schedule.warmup": True,
        "attention.kernel": "eager",
    }
    assert assumed == {
        "lora.enabled": False,
        "deepspeed.enabled": False,
        "quantization.bits": "none",
        "batch.per_device": 1,
        "gradient_checkpointing": True,
        "optimizer.name": "adamw",
        "optimizer.epsilon": 1e-8,
        "precision.weights": "float32",
    }


def test_the_script_behind_the_command_is_known_too(known):
    said, assumed = known(
        "torchrun --nproc_per_node=4 swift/cli/sft.py --model a/b --tuner_type boft", "command"
    )
    assert said["lora.enabled"] is False
    assert (assumed["optimizer.learning_rate"], assumed["gradient_checkpointing"]) == (1e-4, True)


def test_float32_weights_compute_in_float16(known):
    said, _ = known("swift sft --model a/b --torch_dtype float32", "command")
    assert said["precision.compute"] == "float16"


def test_bits_without_a_method_quantize_nothing(known):
    flags = "swift sft --model a/b --torch_dtype float16 --quant_bits 4 --bnb_4bit_compute_dtype bfloat16"
    said, _ = known(flags, "command")
    assert said["quantization.bits"] == "none"
    assert "quantization.compute_dtype" not in said
    said, assumed = known("swift sft --torch_dtype float16 --quant_bits 4 --quant_method bnb", "command")
    assert (said["quantization.bits"], assumed["quantization.compute_dtype"]) == (4, "float32")


def test_an_accumulation_of_grpo_is_one_and_others_hang_on_the_number_of_gpus(known):
    _, assumed = known("swift rlhf --rlhf_type grpo --model a/b", "command")
    assert assumed["batch.accumulation"] == 1
    _, assumed = known("swift sft --model a/b", "command")
    assert "batch.accumulation" not in assumed


def test_what_does_not_train_has_no_training_defaults(known):
    _, assumed = known(
        "swift export --adapters out --dataset a/b --quant_bits 4 --quant_method awq", "command"
    )
    assert assumed == {}


def test_a_script_that_imports_it_leaves_the_format_to_the_checkpoint(known):
    said, assumed = known(
        "from swift.trainers import Seq2SeqTrainingArguments\n"
        "args = Seq2SeqTrainingArguments(output_dir='o', learning_rate=1e-4)\n"
    )
    assert said == {"framework.name": "ms-swift", "optimizer.learning_rate": 1e-4}
    assert "precision.compute" not in assumed


def test_what_a_config_may_say_is_not_assumed(known):
    said, assumed = known("swift sft my.yaml", "command")
    assert said == {"framework.name": "ms-swift", "framework.entry": "swift sft", "training.method": "sft"}
    assert assumed == {}
