import hypothesis
import pytest
from hypothesis import strategies

from probes.files import pieces, sniff

REPORT = """\
My loss is 0 with DeepSpeed. The command:
deepspeed --num_gpus 8 train.py \\
    --bf16 True \\
    --learning_rate 2e-5
{'loss': 0.0, 'learning_rate': 2e-05, 'epoch': 0.1}
  1%|          | 10/1000 [00:10<10:00,  1.2it/s]
Config:
model_name_or_path: Qwen/Qwen2-7B
bf16: true
{
  "zero_optimization": {"stage": 2}
}
- `transformers` version: 4.49.0
torch==2.5.1
8 x A100, bf16
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    main()
RuntimeError: probability tensor contains either inf or nan
tokenizer.pad_token = "[PAD]"
Problem: it is NaN
What can I do?
"""


def lines(kind):
    return [
        number
        for piece in pieces.cut(REPORT)
        if piece.kind == kind
        for number, line in enumerate(piece.text.splitlines(), start=1)
        if line
    ]


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (sniff.PROSE, [1, 7, 15, 19, 21, 22]),
        (sniff.COMMAND, [2, 3, 4]),
        (sniff.LOG, [5, 6]),
        (sniff.CONFIG, [8, 9, 10, 11, 12, 20]),
        (sniff.ENVIRONMENT, [13, 14, 15]),
    ],
)
def test_each_line_goes_to_its_reader_and_keeps_its_number(kind, where):
    assert lines(kind) == where


@pytest.mark.parametrize(
    "line",
    [
        "loss=nan from the first step, why?",
        "The loss at the end: 0.5 and then nan",
        "参数：lr=1e-5，batch_size=1，别的没动。",
        "LoRA training of Qwen2.5 1.5B on one card",
        "Python is 3.10 here and the loss is nan",
    ],
)
def test_a_sentence_with_numbers_in_it_is_prose(line):
    assert [piece.kind for piece in pieces.cut(line)] == [sniff.PROSE]


@hypothesis.given(strategies.text(max_size=500))
def test_no_piece_has_more_lines_than_the_text(text):
    for piece in pieces.cut(text):
        assert piece.text.count("\n") < max(1, len(text.splitlines()))


@pytest.mark.parametrize(
    "unit", ["a=", "a: ", "--a ", "{", "step 1 ", "loss ", "'a':", "a.", "# ", "f(", "1%|", "A=1 "]
)
def test_no_text_takes_minutes(unit):  # as it would if a pattern were quadratic: pytest-timeout ends it
    text = (unit * 100_000)[:100_000]

    pieces.cut(text)
    pieces.cut(text.replace(" ", "\n"))


def test_each_fence_holds_a_configuration_of_its_own():
    text = 'I use\n```yaml\nlr: 1\nbf16: true\n```\nand\n```json\n{\n  "a": 1\n}\n```\n'

    configurations = [piece.text for piece in pieces.cut(text) if piece.kind == sniff.CONFIG]
    assert configurations == [
        "\n\nlr: 1\nbf16: true\n\n\n\n\n\n\n",
        '\n\n\n\n\n\n\n{\n  "a": 1\n}\n',
    ]


def test_a_paragraph_keeps_its_lines():
    assert pieces.blocks("a:\n  b: 1\n\n\nc: 2\n") == ["a:\n  b: 1", "\n\n\n\nc: 2"]


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("My loss is nan.\n{'loss': nan}\n", True),
        ("{'loss': nan}\n请问怎么解决\n", True),
        ("{'loss': nan}\nloss: 1\nI/O error\n{'loss': nan}\n", False),
        ("Loading checkpoint shards\n{'loss': nan}\nSaving the model, this may take a while.\n", False),
        ("", False),
    ],
)
def test_a_person_is_told_from_a_program(text, speaks):
    assert pieces.somebody_speaks(text) == speaks


def test_a_sentence_that_quotes_a_warning_is_prose():
    quoted = 'loss is 0.0 and "tokenization mismatch: 102 vs. 104. (ignored)" with my model'
    logged = "WARNING: tokenization mismatch: 102 vs. 104. (ignored)"

    assert [piece.kind for piece in pieces.cut(quoted)] == [pieces.PROSE]
    assert [piece.kind for piece in pieces.cut(logged)] == [pieces.LOG]
