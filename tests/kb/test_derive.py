from __future__ import annotations

import pytest

import kb
from kb.derive import Derived
from kb.model import Knowledge, Plain

XTUNER: dict[str, Plain] = {
    "framework.name": "xtuner",
    "deepspeed.enabled": True,
    "deepspeed.fp16": "auto",
    "deepspeed.bf16": "auto",
    "precision.compute": "float16",
    "precision.loaded": "float32",
    "precision.weights": "float16",
}


def values(knowledge: Knowledge, facts: dict[str, Plain]) -> dict[str, Plain | None]:
    return {derived.id: derived.value for derived in kb.derive(knowledge, facts)}


@pytest.mark.parametrize(
    ("fp16", "bf16", "gpu", "compute"),
    [
        ("auto", "auto", True, "bfloat16"),
        ("auto", "auto", False, "float16"),
        ("auto", "auto", None, None),
        ("auto", "off", None, "float16"),
        ("auto", "on", None, "bfloat16"),
        ("on", "off", None, "float16"),
        ("on", "on", None, "bfloat16"),
        ("on", "auto", True, "bfloat16"),
        ("on", "auto", False, "float16"),
        ("off", "on", None, "bfloat16"),
        ("off", "auto", True, "bfloat16"),
        ("off", "auto", None, None),
        ("off", "off", True, "float32"),  # as it was loaded
    ],
)
def test_deepspeeds_engine_decides_the_format_of_an_xtuner_run(
    knowledge: Knowledge, fp16: str, bf16: str, gpu: bool | None, compute: str | None
) -> None:
    facts: dict[str, Plain] = XTUNER | {"deepspeed.fp16": fp16, "deepspeed.bf16": bf16}
    found = values(knowledge, facts if gpu is None else facts | {"gpu.bf16": gpu})

    assert found["precision.compute"] == compute
    assert found["framework.trainer"] == "mmengine"
    masters = "on" in (fp16, bf16) or (compute is not None and "auto" in (fp16, bf16))
    assert found.get("precision.weights") == ("float32" if masters else None)


def test_what_follows_says_from_what(knowledge: Knowledge) -> None:
    found = {derived.id: derived for derived in kb.derive(knowledge, XTUNER | {"gpu.bf16": True})}

    assert found["precision.compute"].given == (
        "framework.trainer",
        "deepspeed.enabled",
        "deepspeed.bf16",
        "gpu.bf16",
    )
    assert found["precision.weights"].given == ("deepspeed.enabled", "deepspeed.bf16", "precision.compute")


def test_the_format_is_not_known_while_the_gpu_is_not(knowledge: Knowledge) -> None:
    (unknown,) = (derived for derived in kb.derive(knowledge, XTUNER) if derived.value is None)

    assert unknown.id == "precision.compute"
    assert unknown.why is not None
    assert "where the GPU supports it" in unknown.why.en


def test_xtuners_hugging_face_trainer_goes_by_its_arguments(knowledge: Knowledge) -> None:
    facts = XTUNER | {"framework.trainer": "transformers", "gpu.bf16": True}

    assert "precision.compute" not in values(knowledge, facts)


def test_xtuner_clips_under_deepspeed_where_its_config_does_not(knowledge: Knowledge) -> None:
    facts = XTUNER | {"optimizer.max_grad_norm": "none"}

    assert values(knowledge, facts)["optimizer.max_grad_norm"] == 1.0
    assert "optimizer.max_grad_norm" not in values(knowledge, facts | {"deepspeed.enabled": False})
    assert "optimizer.max_grad_norm" not in values(knowledge, XTUNER | {"optimizer.max_grad_norm": 0.5})


def test_deepspeed_keeps_float32_masters_of_any_frameworks_weights(knowledge: Knowledge) -> None:
    facts: dict[str, Plain] = {"deepspeed.enabled": True, "deepspeed.bf16": "on", "framework.name": "trl"}

    assert values(knowledge, facts) == {"precision.weights": "float32"}
    assert values(knowledge, facts | {"deepspeed.enabled": False}) == {}
    assert values(knowledge, facts | {"deepspeed.bf16": "auto"}) == {}


def test_an_answer_is_not_overruled_and_counts_for_what_follows(knowledge: Knowledge) -> None:
    answered = {"precision.compute", "framework.trainer"}

    assert {d.id: d.value for d in kb.derive(knowledge, XTUNER, answered)} == {"precision.weights": "float32"}


def test_nothing_follows_from_nothing(knowledge: Knowledge) -> None:
    assert kb.derive(knowledge, {}) == ()
    assert Derived("a", None, ()).value is None


def test_a_format_left_to_the_gpu_is_what_the_gpu_computes_in(knowledge: Knowledge) -> None:
    auto = {"framework.name": "axolotl", "precision.auto": True}

    assert [d.value for d in kb.derive(knowledge, auto | {"gpu.bf16": True})] == ["bfloat16"]
    assert [d.value for d in kb.derive(knowledge, auto | {"gpu.bf16": False})] == ["float16"]
    assert kb.derive(knowledge, auto) == ()
