from probes.syntax import recognise
from probes.syntax.toml_table import edit, settings

TEXT = """\
# a config
title = "a # b"
[train]
lr = 1e-4  # the rate
steps = 1_000
fused = true
kinds = ["a", "b"]
"""


def test_what_the_sections_set():
    assert [(one.path, one.value, one.line) for one in settings(TEXT)] == [
        ("title", "a # b", 2),
        ("train.lr", 1e-4, 4),
        ("train.steps", 1000, 5),
        ("train.fused", True, 6),
        ("train.kinds", '["a", "b"]', 7),
    ]
    assert all(TEXT[one.start : one.end] for one in settings(TEXT))


def test_it_is_known_from_its_sections():
    assert recognise(TEXT) == "toml"
    assert recognise("values = [1]\n[print(value) for value in values]\nlr = 1e-4\n") == "python"


def test_one_value_is_changed_and_nothing_else():
    assert edit(TEXT, {"train.lr": 1e-5}) == TEXT.replace("1e-4", "1e-5")
    assert edit(TEXT, {"train.lr": None}) == TEXT.replace("lr = 1e-4  # the rate\n", "")
    assert edit(TEXT, {"train.clip": 0.5}) == TEXT.replace("[train]\n", "[train]\nclip = 0.5\n")
    assert edit(TEXT, {"other.on": False}) == TEXT + "\n[other]\non = false\n"
