from __future__ import annotations

import re

import pytest

import kb
from app.phrases import how_known, label, place
from app.ui import labels
from probes.report import Fact

KNOWLEDGE = kb.load()


@pytest.mark.parametrize(
    ("fact", "value", "en", "zh"),
    [
        ("loss.symptom", "zero", "Exactly 0", "恰好为 0"),
        ("lora.enabled", True, "Yes", "是"),
        ("lora.enabled", "false", "No", "否"),
        ("optimizer.learning_rate", 0.0002, "0.0002", "0.0002"),
        ("optimizer.learning_rate", 1e-06, "1e-06", "1e-06"),
        ("deepspeed.stage", 2, "2", "2"),
        ("model.name", "a/b", "a/b", "a/b"),
        ("no.such.fact", "x", "x", "x"),
    ],
)
def test_a_value_reads_as_its_label_or_as_it_was_written(fact, value, en, zh):
    assert (label(KNOWLEDGE, fact, value, "en"), label(KNOWLEDGE, fact, value, "zh")) == (
        en,
        zh,
    )


@pytest.mark.parametrize(
    ("source", "zh"),
    [
        ("config.py:41", "config.py:41"),
        ("XTuner's default: LoRA is trained in float32", "XTuner 默认：LoRA 以 float32 训练"),
        (
            "ms-swift's default (3.5 to 4.6): 1 for GRPO",
            "ms-swift (3.5 至 4.6) 默认：GRPO 为 1",
        ),
        (
            "transformers' default (4.36 to 5.23): warmup_steps 0",
            "transformers (4.36 至 5.23) 默认：warmup_steps 0",
        ),
        ("transformers' default (before 5.0): bf16 is off", "transformers (5.0 之前) 默认：bf16 关闭"),
        ("PEFT's default (0.12 on): adapters are kept in float32", "PEFT (0.12 起) 默认：适配器保持 float32"),
        ("env.txt:12, from the name", "env.txt:12，据型号推知"),
        ("follows from gpu.name (env.txt:12, from the name)", "由 GPU 型号 (env.txt:12，据型号推知) 推出"),
        ("installed packages", "已安装的包"),
        ("self-test on cpu, largest finite result 65504", "在 cpu 上自检，最大有限结果 65504"),
    ],
)
def test_a_source_is_told_in_chinese(source, zh):
    assert place(source, "zh") == zh


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (Fact("loss.symptom", "zero", "answer", "answered"), "answered"),
        (Fact("loss.symptom", "zero", "report.txt:3", "answered"), "report.txt:3"),
        (Fact("loss.symptom", "zero", "train.log:3"), "train.log:3"),
        (Fact("framework.name", "torch", "report.txt:1", "assumed"), "assumed, report.txt:1"),
    ],
)
def test_how_a_fact_is_known_names_the_line_or_the_person(fact, said):
    assert how_known(fact, "en") == said


@pytest.mark.parametrize(
    ("ends", "text"),
    [("..5", "< 5"), ("5..200", "5 – 200"), ("200..", "≥ 200"), ("1e-6..2e-4", "1e-6 – 2e-4")],
)
def test_a_band_reads_as_a_range(ends, text):
    assert labels.span(ends) == text


def test_what_a_usual_number_is_depends_on_the_other_facts():
    fact = KNOWLEDGE.facts["optimizer.learning_rate"]

    assert (
        labels.choices(KNOWLEDGE, fact, {"optimizer.name": "sgd"}, "en")["usual"] == "As usual (1e-3 – 1e-1)"
    )
    assert (
        labels.choices(KNOWLEDGE, fact, {"optimizer.name": "lion"}, "en")["usual"] == "As usual (1e-6 – 1e-4)"
    )


@pytest.mark.parametrize(
    ("chance", "text"), [(0.98, "nearly always"), (0.3, "sometimes"), (0.001, "hardly ever")]
)
def test_a_probability_reads_as_a_word(chance, text):
    assert labels.likelihood(chance, "en") == text


def test_no_sign_of_markdown_keeps_its_meaning():
    signs = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

    assert labels.literal(signs) == "".join(f"\\{sign}" for sign in signs)
    assert re.sub(r"\\(.)", r"\1", labels.literal(signs)) == signs
