import pytest

from probes.syntax.shell_words import commands


def words(text):
    return [[word.text for word in command.words] for command in commands(text)]


def test_continuations_comments_operators_and_redirections_are_understood():
    text = "a b \\\n  c # d e\n\n(f 'g h'; i) && j > out 2>&1 | tee x\n"
    assert words(text) == [["a", "b", "c"], ["f", "g h"], ["i"], ["j"], ["tee", "x"]]


def test_a_variable_stands_for_its_value_and_an_unknown_one_for_nothing():
    assert words("X=1\nrun $X ${X}2 '$X' $Y ${Y:-3} $(date)") == [
        [],
        ["run", "1", "12", "$X", None, "3", None],
    ]


def test_prompts_and_shell_words_before_a_command_are_no_part_of_it():
    assert words("$ sudo nohup run a\n!run b\nexport A=1; then run c") == [
        ["run", "a"],
        ["run", "b"],
        [],
        ["run", "c"],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n=2\nx --a $(expr 16 / $n)", "8"),
        ("n=2\nx --a $((16/n))", None),
        ("n=2 m=4\nx --a $((64 / $n / $m))", "8"),
        ("x --a $(expr 4 \\* 2)", "8"),
        ("x --a $(expr 16 / 0)", None),
        ("x --a $(nproc)", None),
        ("x --a <your-value>", "<your-value>"),
    ],
)
def test_sums_are_worked_out_and_placeholders_are_words(text, expected):
    assert commands(text)[-1].words[-1].text == expected
