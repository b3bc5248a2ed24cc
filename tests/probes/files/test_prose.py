import pathlib
import time

import hypothesis
import pytest
import yaml
from hypothesis import strategies

from probes import report
from probes.files import patterns, prose

SHARED = pathlib.Path(__file__).parents[4] / "shared" / "cases"

# What a text says of the symptom and the settings; None: of this it says nothing.
SAID = {
    "LoRA of Baichuan2-13B on two V100s: the loss is 0.0 and grad_norm nan.": {
        "loss.symptom": "zero", "loss.hidden_nan": True, "lora.enabled": True, "gpu.name": "V100",
        "gpu.bf16": False, "gpu.count": 2, "model.name": "Baichuan2-13B",
    },
    "lora微调chatglm3，第一步loss是5.0，之后loss就变成0了，grad_norm一直是nan": {
        "loss.symptom": "zero", "gradient.trend": "non-finite", "loss.first_bad_step": None,
    },
    "训练到1500步左右，loss突然从0.6跳到10以上，之后一直降不下来，用的是8卡H800，bf16": {
        "loss.symptom": "level-shift", "loss.first_bad_step": 1500, "gpu.name": "H800", "gpu.count": 8,
        "precision.compute": "bfloat16",
    },
    "With fp16 the loss is NaN. In fp32 there is no problem.": {
        "loss.symptom": "nan-from-start", "precision.compute": "float16", "precision.float32_ok": True,
    },
    "ZeRO-3 trains well, ZeRO-2 gives loss 0 on the same data.": {
        "loss.symptom": "zero", "deepspeed.stage": 2, "deepspeed.without_ok": True,
    },
    "QLoRA (nf4) of Mistral-7B: after ~20 steps the loss starts diverging. Optimizer 8-bit Adam, lr 1e-4.": {
        "loss.symptom": "divergence", "loss.first_bad_step": 20, "quantization.bits": 4, "lora.enabled": True,
        "optimizer.name": "adamw_8bit", "optimizer.learning_rate": 1e-4,
    },
    "Loss is nan from the first iteration with batch size 8, batch size 1 works": {
        "loss.symptom": "nan-from-start", "batch.one_ok": True, "batch.per_device": 8,
    },
    "我在两张 V100 上微调 Qwen2-7B，fp16=True，第 20 步后 loss 变成 nan，调低学习率没用。": {
        "loss.symptom": "nan-after-steps", "precision.compute": "float16", "gpu.count": 2,
        "tried.lower-learning-rate": "no-change",
    },
    "把精度换成 bf16，loss 还是 nan，没用。": {"precision.compute": None, "tried.use-bf16": "no-change"},
    "多机训练时 loss 直接掉到 0，单机没有问题": {"loss.symptom": "zero", "run.fewer_gpus_ok": True},
    "在A100上训练没问题，换到V100后loss为0": {
        "loss.symptom": "zero", "gpu.name": "V100", "run.other_machine_ok": True,
        "run.last_change": "machine",
    },
    "It is fine on a colab A100 but my A6000 gives nan logits.": {
        "run.other_machine_ok": True, "gpu.name": "A6000",
    },
    "训练loss正常下降，但eval_loss一直是nan": {"loss.symptom": "eval-only-nan"},
    "The loss falls as it should until step 300, then it explodes to nan": {
        "loss.symptom": "nan-after-steps", "loss.first_bad_step": 300,
    },
    "No NaN, no inf, the loss just plateaus at 4": {"loss.symptom": "not-decreasing"},
    "使用 4 张 RTX 3090 微调 internlm2-7b，xtuner，deepspeed zero2，训练一百多个iters后loss变成nan": {
        "loss.symptom": "nan-after-steps", "gpu.count": 4, "gpu.name": "RTX 3090",
        "model.name": "internlm2-7b",
        "framework.name": "xtuner", "deepspeed.stage": 2,
    },
    "LLaMA-Factory 0.9.2, ds_z3_config.json, cutoff_len 8192, per_device_train_batch_size 1, lr 1e-5, bf16": {
        "framework.name": "llamafactory", "version.llamafactory": "0.9.2", "deepspeed.stage": 3,
        "sequence.max_length": 8192, "batch.per_device": 1, "optimizer.learning_rate": 1e-5,
        "precision.compute": "bfloat16",
    },
    "学习率5e-5，batch_size为4，梯度累积8，warmup_ratio 0.03，max_grad_norm 1.0": {
        "optimizer.learning_rate": 5e-5, "batch.per_device": 4, "batch.accumulation": 8,
        "schedule.warmup": True, "optimizer.max_grad_norm": 1.0,
    },
    "The loss is far too high after upgrading from transformers 4.47.1 to 4.48.0": {
        "version.transformers": "4.48.0", "run.last_change": "libraries",
    },
    "It diverges with flash attention, which it does not with sdpa.": {"attention.other_ok": True},
    "I wanted bf16 but ran out of memory, so I use fp16.": {"precision.compute": "float16"},
    # asked, possible, denied, of another run: no facts
    "Is it normal that the loss is 0? Should I use bf16 instead?": {
        "loss.symptom": "zero", "precision.compute": None,
    },
    "请问是不是fp16的问题？loss为nan": {"loss.symptom": "nan-from-start", "precision.compute": None},
    "V100不支持bf16，所以只能用fp16训练": {"precision.compute": "float16", "gpu.name": "V100"},
    "Somebody suggests LoRA and flash attention, I have not used them.": {
        "lora.enabled": None, "attention.kernel": None,
    },
    "bf16=False, fp16=False, loss nan": {"precision.compute": None},
    "The loss goes from 1.2 to 0.3, nothing unusual": {"loss.symptom": None},
    "loss 没有出现 nan，也不是 0": {"loss.symptom": None},
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), SAID.items(), ids=SAID)
def test_a_text_says_what_a_reader_understands(text, said):
    values = prose.read(text, "report.txt").values()

    assert {fact: values.get(fact) for fact in said} == said


def test_a_fact_names_its_line_and_that_a_person_said_so():
    text = "Fine-tuning breaks.\n\nThe loss is 0 from the first step.\nAll on one T4.\n"

    facts = {fact.id: (fact.value, fact.source, fact.state) for fact in prose.read(text, "report.txt").facts}

    assert facts["loss.symptom"] == ("zero", "report.txt:3", report.ANSWERED)
    assert facts["gpu.bf16"] == (False, "report.txt:4, from the name", report.ANSWERED)


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("With 0.9.0 the loss is always nan.\nWith 0.3.0 it is nan after 1000 steps.", "nan-from-start"),
        ("The loss is nan after 1000 steps.\nWith 0.3.0 the loss is always nan.", "nan-after-steps"),
        ("NaN results for video inference.\nThe hidden states are nan.", "nan-at-generation"),
    ],
)
def test_of_two_symptoms_the_one_said_first_or_the_surer_counts(text, symptom):
    assert prose.read(text, "report.txt").values()["loss.symptom"] == symptom


def test_two_settings_that_exclude_each_other_stay_unknown():
    said = prose.read("One run uses DeepSpeed and LoRA. The script is for full fine-tuning.", "report.txt")

    assert "lora.enabled" not in said.values()
    assert said.unknown == (report.Unknown("lora.enabled", "report.txt speaks of True and False"),)


def test_the_fuller_name_of_a_model_counts_and_no_folder_of_it():
    text = "mistral training gives nan. The model is /home/anna/models/dolphin-2.2.1-mistral-7b."

    assert prose.read(text, "report.txt").values()["model.name"] == "dolphin-2.2.1-mistral-7b"


def test_logs_commands_and_configs_in_a_report_are_left_to_their_readers():
    text = (
        "My run:\n"
        "```\n"
        "torchrun train.py --fp16 True \\\n"
        "    --learning_rate 2e-5\n"
        "{'loss': 1.5, 'learning_rate': 2e-05, 'epoch': 0.1}\n"
        "{'loss': nan, 'learning_rate': 2e-05, 'epoch': 0.2}\n"
        "bf16: true\n"
        "finetuning_type: lora\n"
        "```\n"
        "GPU: 8 x NVIDIA A100-SXM4-40GB\n"
    )

    assert prose.read(text, "report.txt").values() == {
        "gpu.name": "NVIDIA A100-SXM4-40GB",
        "gpu.bf16": True,
        "gpu.capability": "8.0",
        "gpu.count": 8,
        "gpu.memory_gib": 40.0,
    }


def test_without_pyyaml_it_says_so(monkeypatch):
    monkeypatch.setattr(patterns, "yaml", None)
    patterns.load.cache_clear()
    try:
        said = prose.read("The loss is nan.", "report.txt")
    finally:
        patterns.load.cache_clear()

    assert said == report.Report("report.txt", "report", unknown=(prose.NO_YAML,))


WORDS = strategies.sampled_from(
    (
        *(
            "loss",
            "nan",
            "0",
            "is",
            "not",
            "fp16",
            "bf16",
            "loss为0",
            "变成nan",
            "lr",
            "1e-5",
            "tried",
            "still",
        ),
        *(
            "没有",
            "用",
            "V100",
            "8",
            "x",
            ",",
            ";",
            ".",
            "?",
            "（",
            "：",
            "\n",
            "```",
            "{",
            "--",
            "=",
            "llama-7b",
        ),
    )
)


@hypothesis.given(strategies.text(max_size=300) | strategies.lists(WORDS, max_size=60).map(" ".join))
@hypothesis.settings(deadline=None)
def test_any_text_is_read_without_an_error(text):
    prose.read(text, "any")


@pytest.mark.parametrize(
    "unit", ["loss is nan ", "A100 ", "llama-", "损失变为", "tried ", ",", "(", "0.", " ", "\n"]
)
def test_no_text_takes_long(unit):
    text = (unit * 100_000)[:100_000]

    began = time.process_time()
    prose.read(text, "long")

    assert time.process_time() - began < 5  # some seconds on a loaded machine; without bounds, minutes


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real cases are not here (../shared/cases)")
def test_the_real_cases_say_their_symptom():
    names = {
        "loss-zero": "zero", "loss-not-decreasing": "not-decreasing", "eval-nan-only": "eval-only-nan",
        "inf-loss": "inf", "grad-norm-nan": "gradient-spike",
    }  # fmt: skip
    right = 0
    for case in sorted(SHARED.glob("*/case.yaml")):
        label = {names.get(name, name) for name in yaml.safe_load(case.read_text("utf-8"))["symptom"]}
        said = prose.read(
            (case.parent / "artifacts" / "report.txt").read_text("utf-8"), "report.txt"
        ).values()
        right += said.get("loss.symptom") in label

    assert right >= 34  # of 41; three state it in their log alone
