import pytest

from probes.configs import FORMATS, arguments, transformers
from probes.configs.defaults import Defaults, assume
from probes.configs.findings import Findings
from probes.report import Fact

ALL = [
    value
    for module in (arguments, *FORMATS.values())
    for value in vars(module).values()
    if isinstance(value, Defaults)
]


def test_a_default_names_framework_versions_and_what_is_written():
    found = Findings("x")
    assume(found, transformers.LOADING)
    assert found.facts["precision.compute"] == Fact(
        "precision.compute",
        "float32",
        "transformers' default (before 5.0): neither fp16 nor bf16, and from_pretrained loads float32",
        "assumed",
    )


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.framework} {one.versions}")
def test_every_default_says_where_it_was_read(one):
    assert (one.framework and one.versions and one.source) != ""
    assert all(written for _, written in one.values.values())


def test_what_the_text_says_is_not_overridden(known):
    said, assumed = known("import torch\nTrainer(precision='bf16-true', accumulate_grad_batches=2)")
    assert (said["precision.compute"], said["batch.accumulation"]) == ("bfloat16", 2)
    assert "precision.compute" not in assumed
