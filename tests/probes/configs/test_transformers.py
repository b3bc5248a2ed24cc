import pytest

from probes import configs
from probes.report import Unknown

LLAVA = r"""deepspeed llava/train/train_mem.py \
    --lora_enable True --lora_r 128 \
    --deepspeed ./scripts/zero3_offload.json \
    --model_name_or_path lmsys/vicuna-7b-v1.5 \
    --fp16 True \
    --per_device_train_batch_size 4 --gradient_accumulation_steps 8 \
    --learning_rate 2e-4 --warmup_ratio 0.03 --tf32 True
"""


def test_a_script_is_read_through_its_names(sample):
    report = configs.read(sample("trainer-script.config"), "train.py")
    assert {fact.id: (fact.value, fact.source) for fact in report.facts if fact.state == "measured"} == {
        "framework.name": ("transformers", "train.py:16"),
        "batch.per_device": (4, "train.py:18"),
        "batch.accumulation": (4, "train.py:19"),
        "optimizer.name": ("paged_adamw_8bit", "train.py:23"),
        "model.name": ("Qwen/Qwen2-7B", "train.py:6"),
        "attention.kernel": ("flash_attention_2", "train.py:13"),
        "quantization.bits": (4, "train.py:11"),
        "quantization.compute_dtype": ("float16", "train.py:7"),
        "lora.enabled": (True, "train.py:15"),
        "precision.compute": ("float16", "train.py:22"),
        "schedule.warmup": (True, "train.py:21"),
        "lora.scaling": (2.0, "train.py:15"),
    }
    assert {fact.id: fact.value for fact in report.facts if fact.state == "assumed"} == {
        "optimizer.max_grad_norm": 1.0,
        "optimizer.epsilon": 1e-8,
        "gradient_checkpointing": False,
        "loss.custom": False,
    }
    assert report.unknown == (
        Unknown(
            "optimizer.learning_rate",
            "train.py takes it from a variable or an argument",
            "give the launch command too",
        ),
    )


def test_a_command_line_has_the_same_names(known):
    said, assumed = known(LLAVA, "command")
    assert said == {
        "framework.name": "transformers",
        "framework.entry": "llava/train/train_mem.py",
        "optimizer.learning_rate": 2e-4,
        "batch.per_device": 4,
        "batch.accumulation": 8,
        "model.name": "lmsys/vicuna-7b-v1.5",
        "lora.enabled": True,
        "schedule.warmup": True,
        "precision.compute": "float16",
        "deepspeed.enabled": True,
    }
    assert assumed == {
        "deepspeed.stage": 3,
        "deepspeed.offload": "both",
        "optimizer.max_grad_norm": 1.0,
        "optimizer.name": "adamw",
        "optimizer.epsilon": 1e-8,
        "gradient_checkpointing": False,
    }


@pytest.mark.parametrize(
    "text",
    [
        "TrainingArguments(bf16=True, fp16=False, learning_rate=1e-5)",
        '{"bf16": true, "fp16": false, "learning_rate": 1e-5}',
        "bf16: true\nfp16: false\nlearning_rate: 1e-5",
        "--bf16 True --fp16 False --learning_rate 1e-5",
        "bf16 = True\nfp16 = False\nlearning_rate = 1e-5",
        "training_args = {'bf16': True, 'learning_rate': 1e-5}",
        "class ScriptArguments:\n    bf16: bool = True\n    learning_rate: float = field(default=1e-5)",
    ],
)
def test_every_way_of_giving_an_argument_is_understood(text, known):
    said, _ = known(text)
    assert (said["precision.compute"], said["optimizer.learning_rate"]) == ("bfloat16", 1e-5)


def test_trl_is_known_by_its_classes_and_has_defaults_of_its_own(known):
    said, assumed = known(
        "from trl import DPOConfig\nfrom transformers import TrainingArguments\n"
        "a = DPOConfig(output_dir='x', per_device_train_batch_size=2, gradient_accumulation_steps=4,\n"
        "    logging_steps=1, max_length=1024, packing=True)\n"
    )
    assert said == {
        "framework.name": "trl",
        "training.method": "preference",
        "batch.per_device": 2,
        "batch.accumulation": 4,
        "sequence.max_length": 1024,
        "data.padding": "packed",
    }
    assert assumed == {
        "optimizer.max_grad_norm": 1.0,
        "optimizer.name": "adamw",
        "optimizer.epsilon": 1e-8,
        "optimizer.learning_rate": 1e-6,
        "schedule.warmup": False,
        "precision.compute": "bfloat16",
        "gradient_checkpointing": True,
    }


@pytest.mark.parametrize(
    ("text", "compute", "weights"),
    [
        ("AutoModelForCausalLM.from_pretrained('a', torch_dtype=torch.float16)", "float16", "float16"),
        ("AutoModelForCausalLM.from_pretrained('a', dtype='bfloat16')", "bfloat16", "bfloat16"),
        ("AutoModel.from_pretrained('a', torch_dtype='auto')", None, None),
        (
            "x = AutoModel.from_pretrained('a', torch_dtype=torch.float16)\nTrainingArguments(bf16=True)",
            "bfloat16",
            "float16",
        ),
        (
            "get_peft_model(AutoModel.from_pretrained('a', torch_dtype=torch.float16), LoraConfig())",
            "float16",
            None,
        ),
        ("TrainingArguments(output_dir='a')", "float32", None),
        ("TrainingArguments(output_dir='a', tf32=True)", "tf32", None),
        ("TrainingArguments(output_dir='a', bf16=args.bf16)", None, None),
        ("TrainingArguments(output_dir='a', **rest)", None, None),
        ("TrainingArguments(output_dir='a', deepspeed='ds.json')", None, None),
        ("TrainingArguments(output_dir='a', fsdp='full_shard')", None, None),
    ],
)
def test_the_number_format_is_decided_or_left_open(text, compute, weights):
    values = configs.read(text, "x").values()
    assert (values.get("precision.compute"), values.get("precision.weights")) == (compute, weights)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TrainingArguments(warmup_ratio=0.0, warmup_steps=10)", True),
        ("TrainingArguments(warmup_ratio=0.0)", False),
        ("TrainingArguments(output_dir='a')", False),
        ("TrainingArguments(warmup_steps=n)", None),
    ],
)
def test_a_warmup_is_any_that_is_more_than_nothing(text, expected):
    assert configs.read(text, "x").values().get("schedule.warmup") is expected


def test_deepspeed_may_stand_inside(known):
    said, _ = known(
        "TrainingArguments(deepspeed={'zero_optimization': {'stage': 1}, 'fp16': {'enabled': True}})"
    )
    assert said["deepspeed.stage"] == 1
    assert said["precision.compute"] == "float16"


def test_calls_on_the_model_count(known):
    said, _ = known(
        "import transformers\nm = AutoModel.from_pretrained('a')\nm.gradient_checkpointing_enable()\nm.resize_token_embeddings(5)"  # noqa: E501
    )
    assert said["gradient_checkpointing"] is True
    assert said["tokens.added"] is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from trl import SFTConfig\nSFTConfig(output_dir='a')", (2e-5, "bfloat16", True)),
        ("from trl import SFTConfig\nSFTConfig(output_dir='a', max_seq_length=1)", (2e-5, None, None)),
        ("from trl import SFTConfig\nSFTConfig(output_dir='a', fp16=True)", (2e-5, "float16", True)),
        ("from trl import RewardConfig\nRewardConfig(output_dir='a')", (1e-4, "bfloat16", True)),
        ("from trl import SFTTrainer\nSFTTrainer(args=TrainingArguments('a'))", (5e-5, None, False)),
    ],
)
def test_defaults_are_those_of_the_class_that_is_called(text, expected):
    values = configs.read(text, "x").values()
    names = ("optimizer.learning_rate", "precision.compute", "gradient_checkpointing")
    assert tuple(values.get(name) for name in names) == expected


def test_deepspeed_keeps_float32_copies_of_half_weights(known):
    said, assumed = known(
        "AutoModelForCausalLM.from_pretrained('a', torch_dtype=torch.bfloat16)\n"
        "TrainingArguments('o', bf16=True, deepspeed='zero2.json')"
    )
    assert said["precision.compute"] == "bfloat16"
    assert assumed["precision.weights"] == "float32"


@pytest.mark.parametrize(
    ("half", "compute"), [("", "bfloat16"), (", bf16=False", "float32"), (", fp16=True", "float16")]
)
def test_bf16_of_trl_is_a_default_only_where_nobody_says_that_it_is_off(half, compute):
    text = (
        "AutoModelForCausalLM.from_pretrained('a', torch_dtype=torch.float32)\n"
        f"SFTConfig('o', deepspeed='zero2.json'{half})"
    )
    assert configs.read(text, "x").values()["precision.compute"] == compute


SCRIPT = """from transformers import AutoModelForCausalLM, Trainer, TrainingArguments
model = AutoModelForCausalLM.from_pretrained("meta-llama/Meta-Llama-3-8B"{more})
args = TrainingArguments(output_dir="out", learning_rate=2e-5)
Trainer(model, args, train_dataset=data).train()
"""


def test_a_script_that_loads_and_trains_would_have_said_lora_and_quantization(known):
    _, plain = known(SCRIPT.format(more=""))
    assert plain["lora.enabled"] is False
    assert plain["quantization.bits"] == "none"
    assert known(SCRIPT.format(more=", load_in_4bit=True"))[0]["quantization.bits"] == 4
    assert "quantization.bits" not in known(SCRIPT.format(more=", quantization_config=mine"))[1]
    assert "lora.enabled" not in known("from peft import PeftModel\n" + SCRIPT.format(more=""))[1]
    assert "lora.enabled" not in known("args = TrainingArguments(output_dir='out', learning_rate=2e-5)\n")[1]
