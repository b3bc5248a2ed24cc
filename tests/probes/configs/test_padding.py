import pytest

from probes import configs


@pytest.mark.parametrize(
    ("text", "padding"),
    [
        ('from transformers import AutoTokenizer\ntok = AutoTokenizer.from_pretrained("a/b", padding_side="left")\n', "left"),
        ('from transformers import AutoTokenizer\ntok = AutoTokenizer.from_pretrained("a/b")\ntok.padding_side = "right"\n', "right"),
        ('from transformers import AutoTokenizer\ntok = AutoTokenizer.from_pretrained("a/b")\n', None),
        (
            "from transformers import AutoTokenizer\nfrom trl import SFTConfig\n"
            'tok = AutoTokenizer.from_pretrained("a/b", padding_side="left")\nargs = SFTConfig(packing=True)\n',
            "packed",
        ),
    ],
)  # fmt: skip
def test_the_tokenizers_side_is_read_and_packing_comes_first(text, padding):
    facts = {fact.id: fact.value for fact in configs.read(text, "train.py").facts}

    assert facts.get("data.padding") == padding
