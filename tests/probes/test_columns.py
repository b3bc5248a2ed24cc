from __future__ import annotations

import pytest

from probes.columns import cells, prose, table, wrap


def test_a_line_of_words_is_broken_at_spaces_and_its_indent_kept():
    said = "  the loss is nan from the very first step on"
    assert wrap(said, 40) == ["  the loss is nan from the very first", "  step on"]
    assert wrap(said, 40, hang=6) == ["  the loss is nan from the very first", "      step on"]


def test_a_file_or_a_pipe_gets_whole_lines():
    assert wrap("a line " * 40, None) == ["a line " * 40]


def test_wide_characters_take_two_columns_and_punctuation_stays_with_its_word():
    assert cells("损失 nan") == 8
    lines = wrap("检查点损坏或用错，应从原始权重（未经训练）重新开始。", 20)
    assert lines == ["检查点损坏或用错，应", "从原始权重（未经训", "练）重新开始。"]
    assert max(map(cells, lines)) <= 20


@pytest.mark.parametrize("command", ["`python -m x --all --fast`", "whynan headroom MODEL --first-skips"])
def test_a_command_is_never_broken(command):
    lines = wrap(f"to know more run {command}, on the node", 40)

    assert len(lines) > 1
    assert [line for line in lines if command in line] != []
    assert " ".join(lines) == f"to know more run {command}, on the node"


def test_what_is_longer_than_the_terminal_stands_on_a_line_of_its_own():
    address = "https://github.com/" + "x" * 60
    assert wrap(f"see {address} there", 30) == ["see", address, "there"]


def test_a_deep_indent_leaves_room():
    assert wrap(" " * 50 + "a word and another", 60, hang=50)[1:] == [" " * 36 + "another"]


def test_prose_is_set_anew_for_a_terminal_and_stays_as_written_elsewhere():
    text = "The first line\nand the second.\n\n- an item that is\n  longer\n- 检查点\n  损坏\n"

    assert list(prose(text, 40, "  ")) == [
        "  The first line and the second.",
        "",
        "  - an item that is longer",
        "  - 检查点损坏",
    ]
    assert list(prose(text, None))[:2] == ["The first line", "and the second."]
    assert list(prose("- " + "word " * 12, 40))[1].startswith("  word")


def test_a_long_value_does_not_push_the_other_rows_apart():
    rows = [("a.fact", "x" * 30, "train.log:1"), ("b", "损失", "a source of many words, on two lines")]

    assert list(table(rows, 50)) == [
        f"  a.fact  {'x' * 30}",
        "                train.log:1",
        "  b       损失  a source of many words, on two",
        "                lines",
    ]
    assert list(table(rows, None))[1] == f"  b       损失{' ' * 26}  a source of many words, on two lines"
