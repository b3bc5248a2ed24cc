from __future__ import annotations

from pathlib import Path

from app.inputs import paste, read


def test_a_folder_is_read_file_by_file_and_a_bad_one_costs_only_a_line(broken: Path) -> None:
    (broken / "empty.log").write_text("")
    (broken / ".hidden").write_text("loss: nan")

    found = read([broken])

    assert [report.name for report in found.reports] == ["config.py", "train.log"]
    assert [name for name, _ in found.texts] == ["config.py"]
    assert found.problems == ("empty.log: is empty, give the log or the config itself",)


def test_pasted_text_is_told_apart_by_its_content() -> None:
    assert [r.kind for r in paste("{'loss': 1.5}\n{'loss': nan}\n").reports] == ["log"]
    assert [r.kind for r in paste('{"fp16": {"enabled": true}}').reports] == ["config"]
    assert paste('{"fp16": {"enabled": true}}').texts == (("pasted text", '{"fp16": {"enabled": true}}'),)
    assert paste("   ").problems == ("pasted text: is empty, give the log or the config itself",)


def test_a_sentence_before_or_after_a_pasted_config_is_read_with_it(config: str) -> None:
    for text in (
        f"the loss is nan after 20 steps\n{config}",
        f"{config}\nloss is nan at step 20, any idea?",
        f"{config}\n训练到 20 步后 loss 变成 nan",
    ):
        found = paste(text)
        values = {fact.id: fact.value for report in found.reports for fact in report.facts}

        assert found.problems == ()
        assert values["loss.symptom"] == "nan-after-steps"
        assert values["precision.compute"] == "float16"
    assert paste("import torch\nlr = (\n").problems != ()
