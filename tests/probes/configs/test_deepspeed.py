import json

import pytest

from probes import configs
from probes.configs.deepspeed import refer
from probes.configs.findings import Findings


def test_a_json_with_decided_blocks(known):
    said, assumed = known("""{
  "zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}, "offload_param": {"device": "nvme"},
                        "contiguous_gradients": false},
  "bf16": {"enabled": true},
  "gradient_clipping": 0,
  "optimizer": {"type": "AdamW", "params": {"lr": 1e-5, "eps": 1e-6}},
  "scheduler": {"type": "WarmupLR"},
  "train_micro_batch_size_per_gpu": 4,
  "gradient_accumulation_steps": 2
}""")  # noqa: E501
    assert said == {
        "deepspeed.enabled": True,
        "deepspeed.stage": 3,
        "deepspeed.contiguous_gradients": False,
        "deepspeed.bf16": "on",
        "deepspeed.offload": "both",
        "precision.compute": "bfloat16",
        "optimizer.max_grad_norm": "none",
        "optimizer.name": "adamw",
        "optimizer.learning_rate": 1e-5,
        "optimizer.epsilon": 1e-6,
        "schedule.warmup": True,
        "batch.per_device": 4,
        "batch.accumulation": 2,
    }
    assert assumed == {"deepspeed.fp16": "off", "deepspeed.overlap_comm": True, "deepspeed.hpz": False}


def test_auto_gives_no_fact_but_its_own(known):
    said, assumed = known(
        json.dumps(
            {
                "gradient_clipping": "auto",
                "gradient_accumulation_steps": "auto",
                "optimizer": {"type": "AdamW", "params": {"lr": "auto"}},
                "zero_optimization": {"stage": 2, "overlap_comm": True, "cpu_offload": True},
                "fp16": {"enabled": "auto", "loss_scale": 0},
                "bf16": {"enabled": "auto"},
            }
        )
    )
    assert said == {
        "deepspeed.enabled": True,
        "deepspeed.stage": 2,
        "deepspeed.overlap_comm": True,
        "deepspeed.offload": "optimizer",
        "deepspeed.fp16": "auto",
        "deepspeed.bf16": "auto",
        "precision.loss_scale": "dynamic",
        "optimizer.name": "adamw",
    }
    assert assumed == {"deepspeed.contiguous_gradients": True, "deepspeed.hpz": False}


def test_no_zero_block_is_stage_0(known):
    said, assumed = known('{"fp16": {"enabled": true, "loss_scale": 4096}}')
    assert said["precision.loss_scale"] == "static"
    assert assumed["deepspeed.stage"] == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("examples/deepspeed/ds_z3_offload_config.json", {"deepspeed.stage": 3, "deepspeed.offload": "both"}),
        ("./scripts/zero2.json", {"deepspeed.stage": 2}),
        ("deepspeed_configs/zero3_bf16.json", {"deepspeed.stage": 3}),
        ("ds_zero2_offload.json", {"deepspeed.stage": 2, "deepspeed.offload": "optimizer"}),
        ("stage1.json", {"deepspeed.stage": 1}),
        ("ds_config_16.json", {}),
    ],
)
def test_a_name_lets_expect_a_stage(name, expected):
    found = Findings("x")
    refer(name, found)
    assert {fact.id: fact.value for fact in found.facts.values()} == expected
    assert [item.how for item in found.unknown.values()] == ([] if expected else [f"give {name} too"])


def test_a_json_names_no_framework(known):
    report = configs.read('{"zero_optimization": {"stage": 2}}', "ds.json")
    assert "framework.name" not in report.values()
