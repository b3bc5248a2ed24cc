import pytest

from probes import configs

QLORA = """\
base_model: meta-llama/Meta-Llama-3-8B
load_in_8bit: false
load_in_4bit: true
adapter: qlora
sequence_len: 4096
sample_packing: true
gradient_accumulation_steps: 4
micro_batch_size: 2
optimizer: paged_adamw_8bit
learning_rate: 0.0002
bf16: auto
fp16:
tf32: false
gradient_checkpointing: true
flash_attention: true
warmup_steps: 10
deepspeed: deepspeed_configs/zero2.json
plugins:
  - axolotl.integrations.liger.LigerPlugin
liger_fused_linear_cross_entropy: true
"""


def test_a_qlora_config_is_read(known):
    said, assumed = known(QLORA)
    assert said == {
        "framework.name": "axolotl",
        "model.name": "meta-llama/Meta-Llama-3-8B",
        "quantization.bits": 4,
        "lora.enabled": True,
        "sequence.max_length": 4096,
        "data.padding": "packed",
        "batch.accumulation": 4,
        "batch.per_device": 2,
        "optimizer.name": "paged_adamw_8bit",
        "optimizer.learning_rate": 2e-4,
        "gradient_checkpointing": True,
        "attention.kernel": "flash_attention_2",
        "schedule.warmup": True,
        "deepspeed.enabled": True,
        "kernel.fused": True,
        "precision.auto": True,
    }
    assert assumed == {
        "deepspeed.stage": 2,
        "training.method": "sft",
        "optimizer.max_grad_norm": 1.0,
        "optimizer.epsilon": 1e-8,
        "precision.weights": "float32",
    }


def test_auto_is_left_to_the_machine():
    (unknown,) = configs.read(QLORA, "x").unknown
    assert unknown.id == "precision.compute"
    assert "where the GPU supports it" in unknown.why


def test_a_whole_model_in_one_format(known):
    said, assumed = known(
        "base_model: a/b\nlearning_rate: 1e-5\nbfloat16: true\nmicro_batch_size: 1\nrl: dpo"
    )
    assert (said["precision.compute"], said["precision.weights"]) == ("bfloat16", "bfloat16")
    assert said["training.method"] == "preference"
    assert (assumed["lora.enabled"], assumed["schedule.warmup"]) == (False, True)


BASE = "base_model: a/b\nlearning_rate: 1e-5\nmicro_batch_size: 1\n"


@pytest.mark.parametrize(
    ("text", "compute", "weights"),
    [
        ("bf16: true", "bfloat16", "bfloat16"),
        ("bf16: auto", None, None),
        ("", None, None),  # auto is the default
        ("bf16: auto\nfp16: true", "float16", "float16"),
        ("bf16: false\nfp16: true", "float16", "float16"),
        ("bf16: false\ntf32: true", "tf32", "float32"),
        ("bf16: false", "float32", "float32"),
        ("bf16: true\nadapter: lora", "bfloat16", "float32"),
        ("bf16: true\ndeepspeed: deepspeed_configs/zero1.json", "bfloat16", "float32"),
        ("bf16: true\nfsdp_config:\n  offload_params: true", "bfloat16", None),
        ("bf16: false\nload_in_8bit: true\nadapter: lora", "float16", "float32"),
        ("bf16: true\nfp8: true", "float8", None),
    ],
)
def test_the_model_is_loaded_in_the_format_that_computes(text, compute, weights):
    values = configs.read(BASE + text, "x").values()
    assert (values.get("precision.compute"), values.get("precision.weights")) == (compute, weights)


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("adapter: qlora\nload_in_4bit: true", 4),
        ("adapter: lora\nload_in_8bit: true", 8),
        ("load_in_8bit: true", "none"),
        ("adapter: lora\ngptq: true", None),
    ],
)
def test_a_base_is_quantized_for_its_kind_of_adapter(text, bits):
    assert configs.read(BASE + text, "x").values().get("quantization.bits") == bits


@pytest.mark.parametrize(
    ("text", "warmup"),
    [("warmup_steps: 0\nwarmup_ratio: 0.1", False), ("warmup_ratio: 0.1", True), ("", True)],
)
def test_the_number_of_warmup_steps_goes_before_the_share(text, warmup):
    assert configs.read(BASE + text, "x").values()["schedule.warmup"] is warmup


def test_a_script_may_hold_the_config(known):
    said, _ = known("config = DictDefault(base_model='a/b', learning_rate=2e-4, fp16=True, bf16=False)")
    assert said["framework.name"] == "axolotl"
    assert (said["model.name"], said["precision.compute"]) == ("a/b", "float16")
