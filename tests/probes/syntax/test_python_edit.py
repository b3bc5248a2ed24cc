import pytest

from probes.syntax import NULL, Symbol
from probes.syntax.python_source import edit

BF16 = Symbol("bfloat16", "torch.bfloat16")


def test_a_value_is_changed_where_its_name_gets_it():
    text = "lr = 2e-4  # peak\noptim = dict(lr=lr)\n"
    assert edit(text, {"optim.lr": 2e-5}) == "lr = 2e-5  # peak\noptim = dict(lr=lr)\n"


def test_a_name_that_decides_another_setting_too_is_left_alone():
    text = "n = 4\na = dict(size=n)\nb = dict(size=n)\n"
    assert edit(text, {"a.size": 8}) == "n = 4\na = dict(size=8)\nb = dict(size=n)\n"
    assert edit(text, {"a.size": 8, "b.size": 8}) == "n = 8\na = dict(size=n)\nb = dict(size=n)\n"


def test_a_computed_value_is_written_at_the_place_of_use():
    text = "steps = 16\nsteps *= 2\nwrapper = dict(steps=steps)\n"
    assert edit(text, {"wrapper.steps": 8}) == "steps = 16\nsteps *= 2\nwrapper = dict(steps=8)\n"


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("a = dict(x='float16')", Symbol("bfloat16", "torch.bfloat16"), "a = dict(x='bfloat16')"),
        ('a = dict(x="float16")', "bfloat16", 'a = dict(x="bfloat16")'),
        ("a = dict(x=th.float16)", BF16, "a = dict(x=th.bfloat16)"),
        ("a = dict(x=torch.float16)", "bfloat16", "a = dict(x=torch.bfloat16)"),
        ("a = dict(x=None)", BF16, "a = dict(x=torch.bfloat16)"),
        ("a = dict(x=1)", NULL, "a = dict(x=None)"),
        ("a = dict(x=dict(y=1))", NULL, "a = dict(x=None)"),
        ("a = dict(x=args.x)", 1e-5, "a = dict(x=1e-5)"),
        ("a = dict(x=(2e-4))", 1e-4, "a = dict(x=(0.0001))"),
        ("a = {'x': True}", False, "a = {'x': False}"),
    ],
)
def test_a_value_is_written_in_the_manner_of_the_old_one(text, value, expected):
    assert edit(text, {"a.x": value}) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a = dict(x=1)", "a.y", "a = dict(x=1, y=5)"),
        ("a = dict()", "a.y", "a = dict(y=5)"),
        ("a = {'x': 1}", "a.y", "a = {'x': 1, 'y': 5}"),
        ("a = dict(\n    x=1,  # one\n)", "a.y", "a = dict(\n    x=1,  # one\n    y=5,\n)"),
        ("a = dict(\n    x=1  # one\n)", "a.y", "a = dict(\n    x=1,  # one\n    y=5\n)"),
        ("a = dict(\n    x=1)", "a.y", "a = dict(\n    x=1,\n    y=5)"),
        ("a = dict(x=None)", "a.x.y", "a = dict(x=dict(y=5))"),
        ("a = dict(x=1)", "a.b.c", "a = dict(x=1, b=dict(c=5))"),
        ("T(\n    fp16=True,\n    **more\n)", "T.y", "T(\n    fp16=True,\n    **more,\n    y=5\n)"),
        ("x = 1\n", "y", "x = 1\n\ny = 5\n"),
    ],
)
def test_a_missing_setting_is_put_in(text, path, expected):
    assert edit(text, {path: 5}) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a = dict(x=1, y=2)", "a.x", "a = dict(y=2)"),
        ("a = dict(x=1, y=2)", "a.y", "a = dict(x=1)"),
        ("a = dict(x=1)", "a.x", "a = dict()"),
        ("a = dict(\n    x=1,  # one\n    y=2,\n)", "a.x", "a = dict(\n    y=2,\n)"),
        ("a = dict(\n    x=1,\n    y=2)", "a.y", "a = dict(\n    x=1)"),
        ("a = dict(x=1, b=dict(c=1))", "a.b.c", "a = dict(x=1)"),
        ("a = dict(x=1, b=dict(c=1, d=2))", "a.b", "a = dict(x=1)"),
        ("x = 1\ny = 2\n", "x", "y = 2\n"),
        ("a = dict(x=1)", "a.z", "a = dict(x=1)"),
    ],
)
def test_a_setting_is_taken_out_with_its_line(text, path, expected):
    assert edit(text, {path: None}) == expected


def test_a_warmup_goes_before_the_other_entries_of_a_schedule_and_out_again():
    text = "s = [\n    dict(\n        type=CosineLR)\n]\n"
    longer = edit(text, {"s.LinearLR.type": Symbol("LinearLR"), "s.LinearLR.end": 0.1})
    assert longer == "s = [\n    dict(type=LinearLR, end=0.1),\n    dict(\n        type=CosineLR)\n]\n"
    assert edit(longer, {"s.LinearLR.type": None}) == text


def test_an_import_is_put_behind_the_others_once():
    text = "import os\n\nx = 1\n"
    line = {"import AdamW": "from torch.optim import AdamW"}
    once = edit(text, line)
    assert once == "import os\nfrom torch.optim import AdamW\n\nx = 1\n"
    assert edit(once, line) == once


def test_what_was_made_in_another_file_gets_a_line_of_its_own():
    text = "with read_base():\n    from .base import *\noptim_wrapper.optimizer.lr = 1e-5\n"
    assert edit(text, {"optim_wrapper.dtype": "bfloat16"}) == text + "optim_wrapper.dtype = 'bfloat16'\n"
    assert edit(text, {"optim_wrapper.clip_grad.max_norm": 1}) == text  # clip_grad may not be there
