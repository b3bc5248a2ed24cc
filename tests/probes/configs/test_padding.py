import pytest

from probes import configs

TOKENIZER = "from transformers import AutoTokenizer\ntokenizer = AutoTokenizer.from_pretrained('a/b'{})\n"


@pytest.mark.parametrize(
    ("text", "padding"),
    [
        (TOKENIZER.format(", padding_side='left'"), "left"),
        (TOKENIZER.format("") + "tokenizer.padding_side = 'right'\n", "right"),
        (TOKENIZER.format(""), None),
        (
            TOKENIZER.format(", padding_side='left'")
            + "from trl import SFTConfig\nargs = SFTConfig(packing=True)\n",
            "packed",
        ),
    ],
)
def test_the_tokenizers_side_is_read_and_packing_comes_first(text, padding):
    facts = {fact.id: fact.value for fact in configs.read(text, "train.py").facts}

    assert facts.get("data.padding") == padding
