import pytest

from probes import report
from probes.files import prose

TOLD = {
    "I tried reducing the learning rate to 1e-6, gradient clipping and warmup, none of them works": {
        "lower-learning-rate": "no-change",
        "clip-gradients": "no-change",
        "warm-up-learning-rate": "no-change",
    },
    "我试过降低学习率、换成bf16、重新下载模型，都没有用": {
        "use-bf16": "no-change",
        "lower-learning-rate": "no-change",
        "replace-checkpoint": "no-change",
    },
    "I tried:\n- smaller learning rate\n- disabling flash attention\n- newer deepspeed\nNothing helped.": {
        "lower-learning-rate": "no-change",
        "change-attention-kernel": "no-change",
        "upgrade-library": "no-change",
    },
    "The loss is nan. I tried the chat template of the model card.": {
        "fix-template-or-tokenizer": "no-change"
    },
    "I tried a lower learning rate, it got even worse": {"lower-learning-rate": "worse"},
    "I tried bf16 and now it works": {"use-bf16": "worked"},
    "The loss becomes nan at step 40. I tried fp32, there the loss is stuck at 9": {
        "use-fp32": "other-symptom"
    },
    "I tried to fine-tune llama with bf16 and a learning rate of 1e-5, the loss is nan": {},
    # joined as comparisons are
    "fp32 gives the same.": {"use-fp32": "no-change"},
    "Turned off liger -> loss OK.": {"change-fused-kernel": "worked"},
    "With the learning rate of 0.0025 the loss is normal": {"lower-learning-rate": "worked"},
    "bf16 on: nothing. Only going back to torch 2.0.1 brought relief.": {
        "use-bf16": "no-change",
        "downgrade-library": "worked",
    },
    "With bf16 there is no overflow any more, yet the loss doesn't decrease now.": {
        "use-bf16": "other-symptom"
    },
    "With fp16 it is nan, in bf16 it works": {},
    "Someone in another thread suggested to lower the learning rate.": {},
    "Should I try bf16 or a lower learning rate?": {},
    "改成 bf16 就没有问题": {},
}


@pytest.mark.parametrize(("text", "tried"), TOLD.items(), ids=TOLD)
def test_an_attempt_is_told_with_its_outcome(text, tried):
    said = prose.read_prose(text, "report").values()

    assert {f.removeprefix("tried."): v for f, v in said.items() if f.startswith("tried.")} == tried


def test_an_attempt_without_an_outcome_is_assumed_to_have_changed_nothing():
    said = prose.read_prose("The loss is nan. I tried gradient clipping.", "report.txt")

    assert report.Fact("tried.clip-gradients", "no-change", "report.txt:1", report.ASSUMED) in said.facts


def test_what_was_only_tried_is_no_setting():
    assert "precision.compute" not in prose.read_prose("I tried fp16 without success.", "report").values()
