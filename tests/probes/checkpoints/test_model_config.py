import json

import pytest

from probes import checkpoints

ROWS = [0.1, -0.2, 0.3, 0.1, 0.0, 0.0]
EMBED = {"model.embed_tokens.weight": ("F32", [3, 2], ROWS)}
LAYERS = {f"model.layers.{layer}.mlp.weight": ("F32", [1], [0.5]) for layer in (0, 2)}


def findings(path):
    return [(finding.grade, finding.what) for finding in checkpoints.scan(path).findings]


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"vocab_size": 3, "hidden_size": 2}, []),
        ({"vocab_size": 5}, [("damage", "has 3 rows, config.json has vocab_size 5")]),
        ({"text_config": {"hidden_size": 4}}, [("damage", "has 2 columns, config.json has hidden_size 4")]),
        ({"hidden_size": 4, "word_embed_proj_dim": 2}, []),
        ({"vocab_size": "many"}, []),
        ([1], []),
    ],
)
def test_the_embedding_has_the_size_that_the_config_says(write, config, found):
    path = write("model.safetensors", EMBED)
    (path.parent / "config.json").write_text(json.dumps(config))

    assert findings(path) == [*found, ("note", "1 of 3 rows were never trained: 2")]


def test_a_layer_without_a_tensor_is_missing_from_the_whole_and_from_no_shard(write):
    path = write("model.safetensors", LAYERS)
    (path.parent / "config.json").write_text('{"num_hidden_layers": 4}')
    shard = write("model-00001-of-00002.safetensors", LAYERS)

    assert findings(path) == [("damage", "layers 1, 3 of 4 have no tensor")]
    assert findings(shard) == []


def test_the_tokens_of_the_chat_template_have_trained_rows(write):
    path = write("model.safetensors", EMBED)
    tokens = {"1": {"content": "<s>"}, "2": {"content": "<|header|>"}, "9": {"content": "<new>"}}
    tokenizer = {"added_tokens_decoder": tokens, "chat_template": "{{ '<|header|>' + message['role'] }}"}
    (path.parent / "tokenizer_config.json").write_text(json.dumps(tokenizer))

    assert findings(path) == [
        ("abnormal", "has 3 rows, none for <new> of the tokenizer"),
        ("abnormal", "the chat template writes <|header|>, whose rows were never trained"),
        ("note", "1 of 3 rows were never trained: 2"),
    ]
    facts = checkpoints.report(checkpoints.scan(path)).values()
    assert (facts["tokens.added"], facts["checkpoint.rows"]) == (True, "untrained")
