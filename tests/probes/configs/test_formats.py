from pathlib import Path

import pytest
import yaml

from probes.configs import FORMATS

FACTS = yaml.safe_load((Path(__file__).parents[3] / "kb" / "facts.yaml").read_text(encoding="utf-8"))
TABLES = [
    (name, path, fact)
    for name, module in FORMATS.items()
    for path, (fact, _) in getattr(module, "TABLE", {}).items()
]


def test_the_first_format_that_recognises_a_text_reads_it_and_the_last_takes_any():
    assert list(FORMATS)[-1] == ""


# They train with what the vocabulary names: Megatron, DeepSpeed, torch.
BUILT_ON = ("", "accelerate", "nemo", "nemo2", "openrlhf", "torchtitan", "verl")


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in BUILT_ON])
def test_a_format_is_a_framework_of_the_vocabulary(name):
    assert name in FACTS["framework.name"]["typical"]


def test_every_fact_of_the_tables_stands_in_the_vocabulary():
    assert [row for row in TABLES if row[2] not in FACTS] == []
