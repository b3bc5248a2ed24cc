import json

from probes import checkpoints
from probes.checkpoints.listing import Finding

A, B = "base_model.model.q_proj.lora_A.weight", "base_model.model.q_proj.lora_B.weight"


def adapter(write, rank=2, second=(0.1, 0.2)):
    path = write(
        "adapter_model.safetensors", {A: ("F32", [2, 1], [0.5, 0.6]), B: ("F32", [1, 2], list(second))}
    )
    (path.parent / "adapter_config.json").write_text(json.dumps({"r": rank, "lora_alpha": 4}))
    return path.parent


def test_a_trained_adapter_is_clean_and_says_that_lora_is_on(write):
    found = checkpoints.scan(adapter(write))

    assert (found.kind, found.findings) == ("adapter", ())
    assert checkpoints.report(found).values() == {
        "checkpoint.scan": "clean",
        "checkpoint.largest": 0.6000000238418579,
        "lora.enabled": True,
        "checkpoint.adapter": "trained",
    }


def test_an_adapter_of_zeros_is_abnormal_and_not_damaged(write):
    found = checkpoints.scan(adapter(write, second=(0.0, 0.0)))

    assert found.grade == "abnormal"
    facts = checkpoints.report(found).values()
    assert (facts["checkpoint.scan"], facts["checkpoint.adapter"]) == ("clean", "zero")


def test_a_rank_that_is_not_the_configs_is_told(write):
    found = checkpoints.scan(adapter(write, rank=8))

    assert found.findings == (
        Finding("abnormal", "adapter_model.safetensors", A, "has rank 2, adapter_config.json says 8"),
    )


def test_a_config_without_tensors_is_damage(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")

    assert checkpoints.scan(tmp_path).findings == (
        Finding("damage", "adapter_config.json", "", "is there, and no adapter_model.safetensors beside it"),
    )
