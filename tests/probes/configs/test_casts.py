from __future__ import annotations

import pytest

from probes import configs


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("model = model.half()", "float16"),
        ("m = AutoModelForCausalLM.from_pretrained('x').half().cuda()", "float16"),
        ("self.model = self.model.to(dtype=torch.bfloat16)", "bfloat16"),
        ("unet.to(device, torch.float16)", "float16"),
        ("net.bfloat16()", "bfloat16"),
        ("model.to(device)", None),
        ("model.to(dtype=weight_dtype)", None),
        ("images = images.half()", None),
        ("teacher_model.half()", None),
        ("vae.to(torch.float16)", None),
        ("text_encoder.half()", None),
        ("def evaluate(model):\n    model.half()", None),
        ("model = get_peft_model(model, LoraConfig(r=8))\nmodel = model.half()", None),
    ],
)
def test_the_trained_model_alone_counts(text, weights):
    assert configs.read(text, "x.py").values().get("precision.weights") == weights


def test_a_cast_undoes_the_default_of_loading():
    text = (
        "args = TrainingArguments(learning_rate=1e-5)\nmodel = AutoModel.from_pretrained('x')\nmodel.half()\n"
    )
    facts = {fact.id: (fact.value, fact.source) for fact in configs.read(text, "x.py").facts}

    assert facts["precision.weights"] == ("float16", "x.py:3")
    assert facts["precision.compute"] == ("float16", "x.py:3")
