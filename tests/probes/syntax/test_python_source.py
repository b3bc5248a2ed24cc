from pathlib import Path

import pytest

from probes.syntax import UnreadableError
from probes.syntax.python_source import edit, settings
from probes.syntax.setting import Setting


def values(text):
    return {
        setting.path: setting.value
        for setting in settings(text)
        if setting.decided and not setting.path.startswith("import ")
    }


def undecided(text):
    return {setting.path for setting in settings(text) if not setting.decided}


def test_a_setting_points_at_the_literal_that_decides_it():
    text = "lr = 2e-4\n# 学习率\noptim_wrapper = dict(optimizer=dict(lr=lr))\n"
    assert settings(text) == (
        Setting("lr", 2e-4, 1, 5, 9),
        Setting("optim_wrapper.optimizer.lr", 2e-4, 1, 5, 9),
    )


def test_positions_count_characters_and_not_bytes():
    text = "name = '书生', dict(lr=1)\nx = dict(名='浦语', lr=3e-4)"
    assert [text[s.start : s.end] for s in settings(text) if s.path == "x.lr"] == ["3e-4"]


def test_arithmetic_strings_and_conditions_are_worked_out():
    text = (
        "epochs = 3\nratio = 0.03\nend = ratio * epochs\nlength = int(2048 - (336 / 14)**2)\n"
        "root = './data/'\npath = root + 'x.json'\nrun = f'{root}{epochs}'\nparallel = 1\n"
        "kind = 'many' if parallel > 1 else 'one'\nsteps = 16\nsteps *= parallel\nneg = -1\nflag = not True\n"
        "both = True and 'yes'\npart = [1, 2][1]\nkey = dict(a=7)['a']\n"
    )
    assert values(text) == {
        "epochs": 3,
        "ratio": 0.03,
        "end": 0.09,
        "length": 1472,
        "root": "./data/",
        "path": "./data/x.json",
        "run": "./data/3",
        "parallel": 1,
        "kind": "one",
        "steps": 16,
        "neg": -1,
        "flag": False,
        "both": "yes",
        "part": 2,
        "key": 7,
    }


def test_a_name_of_something_imported_is_a_symbol_by_its_last_part():
    text = "import torch\nmodel = dict(dtype=torch.float16, type=AutoModel.from_pretrained, optim=AdamW)"
    found = {s.path: (s.value, getattr(s.value, "written", "")) for s in settings(text)}
    assert found["model.dtype"] == ("float16", "torch.float16")
    assert found["model.type"] == ("from_pretrained", "AutoModel.from_pretrained")
    assert found["model.optim"] == ("AdamW", "AdamW")


def test_a_call_is_known_by_its_class_wherever_it_stands():
    text = (
        "import transformers\n\ndef main():\n    more = dict(bf16=False)\n"
        "    run(transformers.TrainingArguments('out', fp16=True, **more))\n"
    )
    assert values(text) == {
        "more.bf16": False,
        "run()": "run",
        "TrainingArguments()": "TrainingArguments",
        "TrainingArguments.0": "out",
        "TrainingArguments.fp16": True,
        "TrainingArguments.bf16": False,
    }


def test_what_the_text_does_not_decide_is_no_setting():
    text = "args = parse()\nTrainingArguments(lr=args.lr, steps=steps(), n=N, **rest)\n"
    assert {path for path in values(text) if not path.endswith("()")} == {"TrainingArguments.n"}
    assert undecided(text) == {
        "args",
        "TrainingArguments.lr",
        "TrainingArguments.steps",
        "TrainingArguments.**",
    }


def test_a_name_bound_in_one_branch_of_an_open_condition_is_undecided():
    text = "if torch.cuda.is_available():\n    dtype = 1\nelse:\n    dtype = 2\nmodel = dict(dtype=dtype)\n"
    assert "model.dtype" in undecided(text)


def test_defaults_of_parameters_options_and_fields_count():
    text = (
        "def train(lr: float = 3e-4, *, steps=5):\n    TrainingArguments(learning_rate=lr)\n"
        "parser.add_argument('--weight-decay', type=float, default=0.1)\n"
        "class Arguments:\n    length: int = field(default=2048, metadata={'help': 'x'})\n    self.bits = 4\n"
    )
    found = {path: value for path, value in values(text).items() if not path.endswith("()")}
    assert found == {
        "train.lr": 3e-4,
        "train.steps": 5,
        "TrainingArguments.learning_rate": 3e-4,
        "weight_decay": 0.1,
        "Arguments.length": 2048,
        "Arguments.bits": 4,
    }


def test_entries_of_a_list_go_by_their_types_where_these_differ():
    text = "schedule = [dict(type=LinearLR, end=1), dict(type=CosineLR, begin=1)]\n"
    text += "sets = [dict(type=A), dict(type=A)]"
    assert list(values(text)) == [
        "schedule.LinearLR.type",
        "schedule.LinearLR.end",
        "schedule.CosineLR.type",
        "schedule.CosineLR.begin",
        "sets.0.type",
        "sets.1.type",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("    lr = 1\n    steps = 2", {"lr": 1, "steps": 2}),
        ("fp16=True,\nlr=1e-5,", {"fp16": True, "lr": 1e-5}),
        ("lr=1e-5, batch_size=1", {"lr": 1e-5, "batch_size": 1}),
        ("{'fp16': True, 'lr': 1e-5}", {"fp16": True, "lr": 1e-5}),
        ("!pip install trl\n%cd x\nlr = 1", {"lr": 1}),
        ("```python\nlr = 1\n```", {"lr": 1}),
    ],
)
def test_a_fragment_is_read_as_far_as_it_goes(text, expected):
    assert values(text) == expected


def test_code_is_never_run(tmp_path):
    made = tmp_path / "made"
    text = f"__import__('os').system('touch {made}')\nx = eval('1')\nlr = 1\n"
    assert values(text)["lr"] == 1
    assert not Path(made).exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = 9**9**9", 2),
        ("a = 'x' * 10**9", 1),
        ("a = 10**9 * 'x'", 1),
        ("a = [0]\n" + "a = a + a\n" * 60, 15),
        ("a = f'{1}'\n" + "a = f'{a}{a}'\n" * 60, 15),
        ("x = " + "(" * 5000, 1),
        ("x = " + "-" * 100_000 + "1", 1),
        ("x = 1" + " + 1" * 50_000, 1),
        ("a = dict(x=1, y=1)\n" + "".join(f"a = dict(p{n}=a, q{n}=a)\n" for n in range(40)), 1),
    ],
    ids=["power", "string", "turned", "list", "f-string", "brackets", "signs", "sum", "references"],
)
def test_a_bomb_ends_in_one_line(text, line):
    with pytest.raises(UnreadableError) as caught:
        settings(text)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


def test_broken_code_names_its_line():
    with pytest.raises(UnreadableError, match=r"line 2: not valid Python \(.*\), mend that line"):
        settings("lr = 1\nx = dict(a=1\ny = = 2\n")


def test_what_is_called_later_is_named_for_what_it_is():
    text = "a = partial(AdamW, lr=1e-4)\nb = run.Config(nl.Strategy, size=2)\nc = Config(name, depth=2)\n"
    found = values(text)
    assert (found["AdamW.lr"], found["Strategy.size"], found["Config.depth"]) == (1e-4, 2, 2)
    assert edit(text, {"Strategy.kind": 3}).splitlines()[1].endswith("size=2, kind=3)")


def test_a_control_character_ends_no_line_of_broken_code():
    text = "x = 1\nname = 'a\x0b\x0b\x1d\x1d'\nz = = 2\nlr = 3e-4\n"
    assert {one.path: one.value for one in settings(text)}["lr"] == 3e-4
    assert next(one.line for one in settings(text) if one.path == "lr") == 4
