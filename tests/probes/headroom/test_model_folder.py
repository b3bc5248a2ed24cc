import sys

import pytest

from probes.headroom import model_folder
from probes.report import ReadError


def test_a_folder_without_a_config_is_one_line(tmp_path):
    with pytest.raises(ReadError, match=r"there is no config\.json in it"):
        model_folder.measure(tmp_path)


@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_a_missing_package_is_named(tmp_path, monkeypatch, missing):
    (tmp_path / "config.json").write_text("{}")
    if missing == "transformers":
        pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(ReadError, match=f"needs {missing}, which is not here"):
        model_folder.measure(tmp_path)


def saved(folder):
    """A small model and its tokenizer, in a folder."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    config = transformers.LlamaConfig(
        vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder, safe_serialization=True)
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0, "the": 1}, unk_token="?"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    transformers.PreTrainedTokenizerFast(tokenizer_object=words).save_pretrained(folder)


def test_a_model_is_loaded_and_measured(tmp_path):
    saved(tmp_path)

    report = model_folder.measure(tmp_path)

    assert report.values() == {"probe.headroom": "safe"}
    assert "model.layers.0.mlp.down_proj" in dict(report.peaks)


def test_one_backward_pass_tells_the_first_skips(tmp_path):
    saved(tmp_path)

    report = model_folder.measure(tmp_path, first_skips=True)

    values = report.values()
    assert values["probe.headroom"] == "safe"
    assert values["probe.first_skips"] in range(9)


def test_a_model_that_does_not_load_is_one_line(tmp_path):
    pytest.importorskip("transformers", reason="transformers is not installed")
    (tmp_path / "config.json").write_text("{}")

    with pytest.raises(ReadError, match="transformers does not load it"):
        model_folder.measure(tmp_path)
