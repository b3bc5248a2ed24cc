import pytest

from probes.files import comparisons, patterns, sentences, states

RULES = patterns.load()

# The table of variants has its own examples (test_patterns); here is how variant and state are joined.
SAID = {
    # in one clause, in two, in two sentences
    "In fp32 it works": {"precision.float32_ok": True},
    "With one GPU, no NaN": {"run.fewer_gpus_ok": True},
    "Tried SGD. Same.": {"optimizer.other_ok": False},
    "On one GPU? No NaN.": {"run.fewer_gpus_ok": True},
    # by contrast
    "fp16 gives NaN, bf16 doesn't": {"precision.bfloat16_ok": True},
    "NaN on two GPUs, but not on one GPU": {"run.fewer_gpus_ok": True},
    "NaN unless I use fp32": {"precision.float32_ok": True},
    "With sdpa the loss is far too high, with eager attention it's 1.9": {"attention.other_ok": True},
    # by what is blamed
    "It happens only with liger": {"kernel.without_ok": True},
    "The loss is fine until I enable liger": {"kernel.without_ok": True},
    "Since we went from one GPU to two the loss is NaN": {"run.fewer_gpus_ok": True},
    # whatever it is
    "NaN no matter whether liger is on or off": {"kernel.without_ok": False},
    # what "it" is
    "We use DeepSpeed. Without it there is no NaN.": {"deepspeed.without_ok": True},
    # numbers: the lower version, the shorter length
    "torch 2.1 works, torch 2.2 gives NaN": {"run.older_version_ok": True},
    "torch 2.2 works, torch 2.1 gives NaN": {},
    "Length 512 works, length 2048 gives NaN": {"sequence.shorter_ok": True},
    "Length 2048 works, length 512 gives NaN": {},
    # one run, that went wrong later; another thing that is fine
    "We train in bf16, the eval loss is fine, but then the loss becomes nan": {},
    "In bf16 the loss is NaN": {},
    "We use one GPU and fp32, and the loss is normal during warmup but then goes to NaN": {},
    "My setup: 2 x A100, ZeRO-2, bf16. Everything installs fine.": {},
    "I train on one GPU, liger is on, without apex it works": {"kernel.without_ok": True},
}


@pytest.mark.parametrize(("text", "said"), SAID.items(), ids=SAID)
def test_a_variant_and_a_state_are_joined(text, said):
    told = list(sentences.split(text))

    found = comparisons.find(RULES, told, states.cut(RULES, told))

    assert {one.pattern.fact: one.value for one in found} == said


def test_a_comparison_names_the_line_of_its_variant():
    told = list(sentences.split("The loss is NaN.\n\nTried SGD.\nSame."))

    (one,) = comparisons.find(RULES, told, states.cut(RULES, told))

    assert one.line == 3
