from probes import configs
from probes.report import Unknown

FULL = """\
### model
model_name_or_path: meta-llama/Meta-Llama-3-8B-Instruct
stage: sft
finetuning_type: full
deepspeed: examples/deepspeed/ds_z3_config.json
template: llama3
cutoff_len: 4096
per_device_train_batch_size: 1
gradient_accumulation_steps: 2
learning_rate: 1.0e-5
warmup_ratio: 0.1
bf16: true
flash_attn: fa2
enable_liger_kernel: true
optim: adamw_torch_fused
disable_gradient_checkpointing: true
"""


def test_a_full_config_is_read(known):
    said, assumed = known(FULL)
    assert said == {
        "framework.name": "llamafactory",
        "model.name": "meta-llama/Meta-Llama-3-8B-Instruct",
        "training.method": "sft",
        "lora.enabled": False,
        "deepspeed.enabled": True,
        "sequence.max_length": 4096,
        "batch.per_device": 1,
        "batch.accumulation": 2,
        "optimizer.learning_rate": 1e-5,
        "optimizer.name": "adamw",
        "schedule.warmup": True,
        "precision.compute": "bfloat16",
        "attention.kernel": "flash_attention_2",
        "kernel.fused": True,
        "gradient_checkpointing": False,
    }
    assert assumed == {
        "deepspeed.stage": 3,
        "quantization.bits": "none",
        "precision.weights": "float32",
        "optimizer.max_grad_norm": 1.0,
        "optimizer.epsilon": 1e-8,
    }


def test_what_is_left_out_is_assumed(known):
    said, assumed = known(
        "model_name_or_path: a/b\nstage: dpo\ntemplate: qwen\nquantization_bit: 4\npure_bf16: true"
    )
    assert said == {
        "framework.name": "llamafactory",
        "model.name": "a/b",
        "training.method": "preference",
        "quantization.bits": 4,
        "precision.compute": "bfloat16",
        "precision.weights": "bfloat16",
    }
    assert assumed["quantization.compute_dtype"] == "bfloat16"
    assert assumed["lora.enabled"] is True
    assert assumed["gradient_checkpointing"] is True
    assert assumed["deepspeed.enabled"] is False
    assert assumed["optimizer.learning_rate"] == 5e-5


def test_a_command_asks_for_its_config():
    report = configs.read("FORCE_TORCHRUN=1 llamafactory-cli train my.yaml", "x", "command")
    assert report.values() == {"framework.name": "llamafactory", "framework.entry": "llamafactory-cli train"}
    assert report.unknown == (
        Unknown("precision.compute", "it stands in my.yaml, which was not given", "give my.yaml too"),
        Unknown("optimizer.learning_rate", "it stands in my.yaml, which was not given", "give my.yaml too"),
    )


NEXT = """\
model: Qwen/Qwen3-0.6B
train_dataset: data/v1_sft_demo.yaml
cutoff_len: 2048
learning_rate: 1.0e-4
peft_config:
  name: lora
quant_config:
  name: bnb
  quantization_bit: 4
dist_config:
  name: {dist}
  config_file: examples/deepspeed/ds_z3_config.json
"""


def test_the_next_trainer_has_names_and_defaults_of_its_own(known):
    said, assumed = known(NEXT.format(dist="fsdp2"))
    assert said == {
        "framework.name": "llamafactory",
        "model.name": "Qwen/Qwen3-0.6B",
        "optimizer.learning_rate": 1e-4,
        "sequence.max_length": 2048,
        "lora.enabled": True,
        "quantization.bits": 4,
        "deepspeed.enabled": False,
        "fsdp.enabled": True,
    }
    assert (assumed["precision.compute"], assumed["quantization.compute_dtype"]) == ("bfloat16", "float16")
    assert (assumed["attention.kernel"], assumed["schedule.warmup"]) == ("sdpa", False)


def test_the_next_trainer_leaves_the_format_to_deepspeeds_file(known):
    said, assumed = known(NEXT.format(dist="deepspeed"))
    assert (said["deepspeed.enabled"], assumed["deepspeed.stage"]) == (True, 3)
    assert "precision.compute" not in {**said, **assumed}


def test_without_a_format_full_training_is_float32_and_lora_is_what_the_checkpoint_is():
    text = "model_name_or_path: a/b\nstage: sft\nfinetuning_type: {}\nuse_badam: {}"
    formats = [
        configs.read(text.format(*row), "x").values().get("precision.compute")
        for row in (("full", "false"), ("lora", "false"), ("full", "true"))
    ]
    assert formats == ["float32", None, None]


def test_what_does_not_train_has_no_training_defaults(known):
    _, assumed = known("model_name_or_path: a/b\ntemplate: qwen\nfinetuning_type: lora\nexport_dir: out")
    assert assumed == {}


def test_a_checkpoint_that_somebody_quantized_is_not_said_to_be_unquantized(known):
    said, assumed = known("model_name_or_path: x/Llama-3-8B-GPTQ\nstage: sft\ndo_train: true")
    assert "quantization.bits" not in {**said, **assumed}
