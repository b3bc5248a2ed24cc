from pathlib import Path

import pytest
import yaml

SAMPLES = yaml.safe_load(
    (Path(__file__).parent.parent / "samples/loss_code.yaml").read_text(encoding="utf-8")
)
LOOP = """\
import torch
opt = torch.optim.AdamW(p, lr=1e-3)
for b in data:
    loss = model(**b).loss
    loss.backward()
"""


@pytest.mark.parametrize("code", SAMPLES["own"].values(), ids=SAMPLES["own"])
def test_a_loss_of_ones_own_is_seen(known, code):
    said, _ = known("import torch\n" + code, "python")
    assert said["loss.custom"] is True


@pytest.mark.parametrize("code", SAMPLES["library"].values(), ids=SAMPLES["library"])
def test_a_trainer_without_one_takes_the_models(known, code):
    said, assumed = known("import torch\n" + code, "python")
    assert "loss.custom" not in said
    assert assumed["loss.custom"] is False


def test_a_loop_with_the_models_loss_says_nothing(known):
    said, assumed = known(LOOP, "python")
    assert not {"loss.custom", "loss.mistake"} & {*said, *assumed}
