"""Each mistake once as it is made, and once as it is avoided."""

from pathlib import Path

import pytest
import yaml

from probes import configs
from probes.configs.loss_mistakes import MISTAKES

SAMPLES = yaml.safe_load(
    (Path(__file__).parent.parent / "samples/loss_code.yaml").read_text(encoding="utf-8")
)
BAD = SAMPLES["bad"]


def mistake(code):
    return configs.read(f"import torch\n{code}\n", "train.py", "python").values().get("loss.mistake")


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in BAD.items() for code in codes])
def test_a_mistake_is_named_at_its_line(kind, code):
    preamble = "model = AutoModelForCausalLM.from_pretrained('a')\n"
    report = configs.read(f"import torch\n{preamble}{code}\n", "train.py", "python")
    fact = next(fact for fact in report.facts if fact.id == "loss.mistake")
    assert fact.value == kind
    assert 2 < int(fact.source.rpartition(":")[2]) <= 2 + len(code.splitlines())


@pytest.mark.parametrize("code", SAMPLES["good"])
def test_code_that_keeps_out_of_it_has_none(code):
    assert mistake(code) in (None, "none")


def test_every_mistake_has_an_example_and_a_word_in_the_vocabulary(knowledge):
    assert list(BAD) == list(MISTAKES)
    assert [value for value in knowledge.facts["loss.mistake"].values if value != "none"] == list(MISTAKES)


def test_labels_of_a_model_that_is_not_causal_need_no_shift():
    code = BAD["unshifted-labels"][0]
    assert mistake(f"model = AutoModelForTokenClassification.from_pretrained('a')\n{code}") == "none"


def test_a_name_that_stands_for_itself_is_no_end_of_the_search():
    assert mistake("def my_loss(x, n):\n    n = n.to(x.device)\n    return x.sum() / n") == "none"
