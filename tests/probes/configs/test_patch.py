import difflib
import os
from pathlib import Path

import pytest

from probes import configs
from probes.configs import apply

ROOT = Path(__file__).parents[3]
WHEEL = Path(os.environ.get("WHYNAN_XTUNER", ROOT / "xtuner-src")) / "xtuner" / "configs"

TO_BF16 = (
    'import torch\noptim_wrapper = dict(type=AmpOptimWrapper, dtype="float16")\n'
    "model = dict(llm=dict(torch_dtype=torch.float16,"
    " quantization_config=dict(bnb_4bit_compute_dtype=torch.float16)))\n"
)
AFTER = TO_BF16.replace("float16", "bfloat16")


def changed(text, before, after):
    """The lines that went and came, without their indentation."""
    result = apply(text, before, after)
    assert result is not None
    lines = difflib.ndiff(text.splitlines(), result.splitlines())
    return [line[0] + line[2:].strip() for line in lines if line[0] in "+-"]


def test_bf16_in_a_qlora_config_changes_the_three_places(sample):
    assert changed(sample("xtuner-internlm-qlora.config"), TO_BF16, AFTER) == [
        "-torch_dtype=torch.float16,",
        "+torch_dtype=torch.bfloat16,",
        "-bnb_4bit_compute_dtype=torch.float16,",
        "+bnb_4bit_compute_dtype=torch.bfloat16,",
        "-dtype='float16')",
        "+dtype='bfloat16')",
    ]


def test_bf16_in_a_full_config_changes_the_one_place_it_has(sample):
    assert changed(sample("xtuner-llama3-8b-full.config"), TO_BF16, AFTER) == [
        '-dtype="float16",',
        '+dtype="bfloat16",',
    ]


def test_a_default_that_shows_the_fault_is_written_out(sample):
    text = sample("xtuner-llama3-8b-full.config").replace('    dtype="float16",\n', "")
    assert changed(text, TO_BF16, AFTER) == ['+dtype="bfloat16",']


@pytest.mark.skipif(not WHEEL.is_dir(), reason="xtuner's wheel is not unpacked (WHYNAN_XTUNER=…)")
def test_bf16_applies_to_what_xtuner_ships():
    configs_there = [
        path for path in sorted(WHEEL.rglob("*.py")) if "optim_wrapper" in path.read_text("utf-8")
    ]
    for path in configs_there[::20]:  # they are much alike; all of them take a minute
        values = configs.read(apply(path.read_text("utf-8"), TO_BF16, AFTER), path.name).values()
        assert values["precision.compute"] == "bfloat16", path
        assert values.get("quantization.compute_dtype", "bfloat16") == "bfloat16", path


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "optim_wrapper = dict(clip_grad=dict(max_norm=10))",
            "optim_wrapper = dict(clip_grad=dict(max_norm=0.3))",
            ["-max_norm = 1  # grad clip", "+max_norm = 0.3  # grad clip"],
        ),
        (
            "optim_wrapper = dict(type=AmpOptimWrapper)",
            "optim_wrapper = dict(type=AmpOptimWrapper, growth=2)",
            ["+growth=2,"],
        ),
        (
            "optim_wrapper = dict(optimizer=dict(type=SGD))",
            "from bitsandbytes.optim import Lion8bit\noptim_wrapper = dict(optimizer=dict(type=Lion8bit))",
            ["+from bitsandbytes.optim import Lion8bit", "-optim_type = AdamW", "+optim_type = Lion8bit"],
        ),
        (
            "optim_wrapper = dict(optimizer=dict(lr=2e-3))",
            "optim_wrapper = dict(optimizer=dict(lr=1e-5))",
            ["-lr = 2e-5", "+lr = 1e-5"],
        ),
    ],
)
def test_a_change_goes_to_the_literal_that_decides(sample, before, after, expected):
    assert changed(sample("xtuner-llama3-8b-full.config"), before, after) == expected


def test_a_warmup_is_put_before_the_schedule(sample):
    text = sample("xtuner-internlm-qlora.config")
    before = "param_scheduler = [dict(type=CosineAnnealingLR)]"
    after = "param_scheduler = [dict(type=LinearLR, start_factor=1e-5, end=0.03), dict(type=CosineAnnealingLR, begin=0.03)]"  # noqa: E501
    assert changed(text, before, after) == [
        "+dict(type=LinearLR, start_factor=1e-5, end=0.03),",
        "-convert_to_iter_based=True)",
        "+convert_to_iter_based=True,",
        "+begin=0.03)",
    ]
    assert configs.read(apply(text, before, after), "x").values()["schedule.warmup"] is True


@pytest.mark.parametrize(
    ("text", "before", "after", "expected"),
    [
        (
            "SFTConfig(fp16=True, a=1)",
            "TrainingArguments(fp16=True)",
            "TrainingArguments(bf16=True)",
            "SFTConfig(a=1, bf16=True)",
        ),
        (
            "TrainingArguments(lr_scheduler_type='cosine', learning_rate=args.lr)",
            "TrainingArguments(learning_rate=2e-4)",
            "TrainingArguments(learning_rate=2e-5)",
            "TrainingArguments(lr_scheduler_type='cosine', learning_rate=2e-5)",
        ),
        (
            "m = LlamaForCausalLM.from_pretrained('a', dtype=torch.float16)",
            "AutoModelForCausalLM.from_pretrained('x', torch_dtype=torch.float16)",
            "AutoModelForCausalLM.from_pretrained('x', torch_dtype=torch.float32)",
            "m = LlamaForCausalLM.from_pretrained('a', dtype=torch.float32)",
        ),
        (
            "python t.py --fp16 True --optim sgd",
            "--fp16 True",
            "--bf16 True",
            "python t.py --optim sgd --bf16 True",
        ),
        (
            "xtuner train a --deepspeed deepspeed_zero2",
            "xtuner train cfg --deepspeed deepspeed_zero2",
            "xtuner train cfg --deepspeed deepspeed_zero3",
            "xtuner train a --deepspeed deepspeed_zero3",
        ),
        (
            '{"zero_optimization": {"stage": 1}, "x": 2}',
            '{"zero_optimization": {"stage": 2}}',
            '{"zero_optimization": {"stage": 3, "overlap_comm": false}}',
            '{"zero_optimization": {"stage": 3, "overlap_comm": false}, "x": 2}',
        ),
        (
            '{"fp16": {"enabled": true, "hysteresis": 2}}',
            '{"fp16": {"enabled": true}}',
            '{"bf16": {"enabled": true}}',
            '{"bf16": {"enabled": true}}',
        ),
        (
            "stage: sft\ntemplate: a\nfp16: true\n",
            "fp16: true",
            "bf16: true",
            "stage: sft\ntemplate: a\nbf16: true\n",
        ),
        (
            '{"stage": "sft", "template": "a", "fp16": true}',
            "fp16: true",
            "bf16: true",
            '{"stage": "sft", "template": "a", "bf16": true}',
        ),
        (
            "base_model: a\nlearning_rate: 1e-3\n",
            "learning_rate: 2e-4",
            "learning_rate: 2e-5\nwarmup_ratio: 0.1",
            "base_model: a\nlearning_rate: 2.0e-5\nwarmup_ratio: 0.1\n",
        ),
        (
            "base_model: a\nmicro_batch_size: 1\n",
            "max_grad_norm: 5",
            "max_grad_norm: 1.0",
            "base_model: a\nmicro_batch_size: 1\nmax_grad_norm: 1.0\n",
        ),
    ],
)
def test_a_snippet_finds_its_place_in_other_texts(text, before, after, expected):
    assert apply(text, before, after) == expected


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (
            "fp16: true\nstage: sft\ntemplate: a\n",
            '{"fp16": {"enabled": true}}',
            '{"bf16": {"enabled": true}}',
        ),
        (
            '{"learning_rate": 1, "warmup_ratio": 0}',
            '{"zero_optimization": {"stage": 2}}',
            '{"zero_optimization": {"stage": 1}}',
        ),
        ("base_model: a\nmicro_batch_size: 1\n", "cutoff_len: 1024", "cutoff_len: 2048"),
        (
            "TrainingArguments(fp16=True)",
            "optim_wrapper = dict(dtype='float16')",
            "optim_wrapper = dict(dtype='bfloat16')",
        ),
        ("TrainingArguments(bf16=True)", "TrainingArguments(fp16=True)", "TrainingArguments(bf16=True)"),
        (
            "TrainingArguments(learning_rate=1e-6)",
            "TrainingArguments(learning_rate=2e-4)",
            "TrainingArguments(learning_rate=2e-5)",
        ),
        (
            "model = AutoModel.from_pretrained('a')",
            "TrainingArguments(fp16=True)",
            "TrainingArguments(bf16=True)",
        ),
        ("The loss is NaN and I do not know what to do about that.", "fp16: true", "bf16: true"),
        ("a: [1\nb: 2", "fp16: true", "bf16: true"),
        ("fp16: true", "", ""),
    ],
)
def test_what_does_not_fit_or_is_done_already_is_left_alone(text, before, after):
    assert apply(text, before, after) is None


RECIPE = "model:\n  _component_: torchtune.models.llama3.llama3_8b\n"
PYTHON = "import lightning as L\n"


@pytest.mark.parametrize(
    ("text", "before", "after", "expected"),
    [
        (  # a nested key
            RECIPE + "optimizer:\n  _component_: torch.optim.AdamW  # fused\n  lr: 3e-4\ndtype: bf16\n",
            RECIPE + "optimizer:\n  lr: 2.0e-4",
            RECIPE + "optimizer:\n  lr: 2.0e-5",
            ["-lr: 3e-4", "+lr: 2.0e-5"],
        ),
        (  # a block that the text lacks
            RECIPE + "seed: null\n",
            RECIPE + "seed: 0",
            RECIPE + "seed: 0\nlr_scheduler:\n  num_warmup_steps: 100",
            ["+lr_scheduler:", "+num_warmup_steps: 100"],
        ),
        (  # a command over several lines, with a variable for the value
            "DTYPE=float16\nswift sft \\\n    --model a/b \\\n    --torch_dtype $DTYPE\n",
            "swift sft --torch_dtype float16 --fp16 true",
            "swift sft --torch_dtype bfloat16 --bf16 true",
            [
                "-DTYPE=float16",
                "+DTYPE=bfloat16",
                "---torch_dtype $DTYPE",
                "+--torch_dtype $DTYPE \\",
                "+--bf16",
            ],
        ),
        (  # of several commands, the one that trains
            "swift sft --model a --learning_rate 1e-3 --tuner_type lora\nswift infer --adapters out\n",
            "torchrun train.py --learning_rate 2e-4",
            "torchrun train.py --learning_rate 2e-5",
            [
                "-swift sft --model a --learning_rate 1e-3 --tuner_type lora",
                "+swift sft --model a --learning_rate 2e-5 --tuner_type lora",
            ],
        ),
        (  # Megatron's own name for it
            "megatron sft --model a --tuner_type full --lr 1e-4 --min_lr 1e-6\n",
            "torchrun train.py --learning_rate 2e-4",
            "torchrun train.py --learning_rate 2e-5",
            [
                "-megatron sft --model a --tuner_type full --lr 1e-4 --min_lr 1e-6",
                "+megatron sft --model a --tuner_type full --lr 2e-5 --min_lr 1e-6",
            ],
        ),
        (
            "python pretrain_gpt.py \\\n  --tensor-model-parallel-size 2 \\\n  --fp16 \\\n  --lr 1e-4\n",
            "python pretrain_gpt.py --tensor-model-parallel-size 1 --fp16",
            "python pretrain_gpt.py --tensor-model-parallel-size 1 --bf16",
            ["---fp16 \\", "---lr 1e-4", "+--lr 1e-4 \\", "+--bf16"],
        ),
        (
            "compute_environment: LOCAL_MACHINE\ndistributed_type: FSDP\nmixed_precision: fp16  # or bf16\n",
            "distributed_type: FSDP\nmixed_precision: fp16",
            "distributed_type: FSDP\nmixed_precision: bf16",
            ["-mixed_precision: fp16  # or bf16", "+mixed_precision: bf16  # or bf16"],
        ),
        (
            PYTHON + "trainer = L.Trainer(precision=16, max_epochs=3)",
            PYTHON + 'trainer = L.Trainer(precision="16-mixed")',
            PYTHON + 'trainer = L.Trainer(precision="bf16-mixed")',
            [
                "-trainer = L.Trainer(precision=16, max_epochs=3)",
                "+trainer = L.Trainer(precision='bf16-mixed', max_epochs=3)",
            ],
        ),
        (
            "args = TrainingArguments(\n    output_dir='o',\n    fp16=True,  # T4\n    seed=1,\n)\n",
            'args = TrainingArguments(output_dir="out", fp16=True)',
            'args = TrainingArguments(output_dir="out", fp16=False, bf16=True)',
            ["-fp16=True,  # T4", "+fp16=False,  # T4", "+bf16=True,"],
        ),
        (
            '{"fp16": {"enabled": true, "loss_scale": 0}}',
            '{"fp16": {"enabled": true}}',
            '{"fp16": {"enabled": false}, "bf16": {"enabled": true}}',
            [
                '-{"fp16": {"enabled": true, "loss_scale": 0}}',
                '+{"fp16": {"enabled": false, "loss_scale": 0}, "bf16": {"enabled": true}}',
            ],
        ),
        (  # an entry of a list
            "base_model: a\nlr_groups:\n  - name: head\n    lr: 1e-3\n",
            "base_model: a\nlr_groups:\n  - name: head\n    lr: 0.001",
            "base_model: a\nlr_groups:\n  - name: head\n    lr: 0.0001",
            ["-lr: 1e-3", "+lr: 0.0001"],
        ),
    ],
)
def test_every_framework_is_changed_in_its_own_manner(text, before, after, expected):
    assert changed(text, before, after) == expected


def test_what_a_dialect_does_not_take_is_not_put_in():
    text = "model: a/b\ntrain_dataset: d\ncutoff_len: 2048\nlearning_rate: 1e-4\n"
    before, after = (f"finetuning_type: full\nwarmup_ratio: {share}" for share in ("0.0", "0.03"))
    assert apply(text, before, after) is None
