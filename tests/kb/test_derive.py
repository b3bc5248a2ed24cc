from __future__ import annotations

import kb
from kb.derive import Derived
from kb.model import Knowledge

AUTO = {
    "framework.name": "xtuner",
    "deepspeed.enabled": True,
    "deepspeed.fp16": "auto",
    "deepspeed.bf16": "auto",
    "precision.compute": "float16",
}


def test_xtuner_under_deepspeed_takes_bfloat16_where_the_gpu_has_it(knowledge: Knowledge) -> None:
    (derived,) = kb.derive(knowledge, AUTO | {"gpu.bf16": True})

    assert (derived.id, derived.value) == ("precision.compute", "bfloat16")
    assert derived.given == (
        "framework.name",
        "deepspeed.enabled",
        "deepspeed.fp16",
        "deepspeed.bf16",
        "gpu.bf16",
    )


def test_xtuner_under_deepspeed_takes_float16_on_an_older_gpu(knowledge: Knowledge) -> None:
    assert [d.value for d in kb.derive(knowledge, AUTO | {"gpu.bf16": False})] == ["float16"]


def test_the_format_is_not_known_while_the_gpu_is_not(knowledge: Knowledge) -> None:
    (derived,) = kb.derive(knowledge, AUTO)

    assert derived.value is None
    assert derived.why is not None
    assert "the GPU is not known" in derived.why.en


def test_an_answer_is_not_overruled(knowledge: Knowledge) -> None:
    assert kb.derive(knowledge, AUTO, answered={"precision.compute"}) == ()


def test_nothing_follows_from_nothing(knowledge: Knowledge) -> None:
    assert kb.derive(knowledge, {}) == ()
    assert Derived("a", None, ()).value is None


def test_a_format_left_to_the_gpu_is_what_the_gpu_computes_in(knowledge: Knowledge) -> None:
    auto = {"framework.name": "axolotl", "precision.auto": True}

    assert [d.value for d in kb.derive(knowledge, auto | {"gpu.bf16": True})] == ["bfloat16"]
    assert [d.value for d in kb.derive(knowledge, auto | {"gpu.bf16": False})] == ["float16"]
    assert kb.derive(knowledge, auto) == ()
