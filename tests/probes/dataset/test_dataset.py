import json
import sys

import pytest

from probes import dataset, files
from probes.report import Fact, ReadError, Unknown

GOOD = {"instruction": "Add 1 and 2.", "output": "3"}


def lines(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'{"instruction": "a", "output": "b"}\n', True),
        (b'[\n  {"conversations": [{"from": "human", "value": "a"}]}', True),
        (b'\xef\xbb\xbf{"text": "a"}\n', True),
        (b'{"messages": [{"role": "user", "content": "' + b"x" * 1000, True),
        (b"PAR1\x15\x04", True),
        (b'{"loss": 1.5, "step": 10, "text": "x"}\n', False),
        (b'{"zero_optimization": {"stage": 2}}', False),
        (b'{"current_steps": 10, "loss": 1.5}\n', False),
        (b"[1, 2]", False),
        (b"learning_rate: 1e-4", False),
    ],
)
def test_a_data_set_is_known_by_its_first_row(head, known):
    assert dataset.recognises(head) == known


def test_a_raw_set_says_what_is_certain_and_leaves_the_rest_unknown(tmp_path):
    path = lines(tmp_path / "x.jsonl", GOOD, {"instruction": "a", "output": ""}, GOOD)
    (report,) = files.read_file(path)

    assert report.facts == (
        Fact("data.empty_answers", "some", "x.jsonl, line 2"),
        Fact("data.nonfinite", False, "x.jsonl"),
        Fact("data.duplicates", 1 / 3, "x.jsonl, line 3"),
    )
    assert [unknown.id for unknown in report.unknown] == ["data.fully_masked", "data.truncated"]


@pytest.mark.parametrize(
    ("labels", "value"), [([[-100, 1]] * 2, "none"), ([[-100, 1], [-100] * 2], "some"), ([[-100]] * 2, "all")]
)
def test_labels_that_are_all_masked_are_a_share(tmp_path, labels, value):
    path = lines(tmp_path / "x.jsonl", *({"input_ids": [5, 6], "labels": one} for one in labels))

    assert files.read_file(path)[0].values()["data.fully_masked"] == value


def test_answers_that_the_maximum_length_takes_away_leave_no_label(tmp_path):
    row = {"input_ids": [1, 2, 3], "labels": [-100, -100, 3]}
    path = lines(tmp_path / "x.jsonl", row, {**row, "labels": [1, 2, 3]})
    found = dataset.read(path, max_length=2)
    facts = dataset.report(found, "x.jsonl").values()

    assert (facts["data.fully_masked"], facts["data.truncated"]) == ("some", True)
    assert dataset.abnormal(found)


def test_a_few_long_rows_and_duplicates_are_not_abnormal(tmp_path):
    rows = [{"input_ids": [i] * 3, "labels": [1, 2, 3]} for i in range(40)]
    path = lines(tmp_path / "x.jsonl", *rows, rows[0], {"input_ids": [7] * 9, "labels": [1] * 9})

    assert not dataset.abnormal(dataset.read(path, max_length=8))
    assert dataset.abnormal(dataset.read(path, max_length=2))


def test_unknown_facts_say_why_and_how():
    (masked, truncated) = dataset.report(dataset.survey.Survey(), "x").unknown

    assert masked == Unknown(
        "data.fully_masked",
        "the rows are texts: the chat template and the maximum length decide which labels count",
        dataset.HOW,
    )
    assert truncated.why == "the maximum length, or the tokenizer, is not known"


def test_a_tokenizer_that_cannot_be_used_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)

    with pytest.raises(
        ReadError, match="--tokenizer, needs a package that is not here, pip install tokenizers"
    ):
        dataset.read(lines(tmp_path / "x.jsonl", GOOD), 10, tmp_path / "tokenizer.json")


def test_a_tokenizer_counts_the_tokens_of_texts(tmp_path):
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0}, unk_token="?"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    words.save(str(tmp_path / "tokenizer.json"))
    path = lines(tmp_path / "x.jsonl", GOOD, {"prompt": "a b c d e", "response": "f"})
    found = dataset.read(path, 5, tmp_path / "tokenizer.json")

    assert (found.count(dataset.survey.TOO_LONG), found.count(dataset.survey.NO_ANSWER_LEFT)) == (1, 1)
