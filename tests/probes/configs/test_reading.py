import pytest

from probes import configs
from probes.report import ReadError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "lr = 1\nx = dict(a=1\ny = = 2\n",
            "x.conf:2: not valid Python ('(' was never closed), mend that line or give the whole file",
        ),
        (
            "a: 1\nb: [1\nc: 2\n",
            "x.conf:3: not valid YAML (expected ',' or ']', but got ':'), mend that line",
        ),
        (
            '{"a": 1,\n "b": tru}',
            "x.conf:2: not valid JSON, a value is missing before 'tru}', mend that line",
        ),
        ("lr = 9**9**9", "x.conf:1: this expression is too large to work out, write its value down"),
        ("", "x.conf: neither Python, JSON, YAML nor a command, give the config as plain text"),
        (
            "Nothing but a sentence that tells how bad it is.",
            "x.conf: neither Python, JSON, YAML nor a command, give the config as plain text",
        ),
        ("lr = 1\n" * 20_000, "x.conf: more than 100,000 characters, give the config alone"),
    ],
)
def test_bad_input_ends_in_one_line(text, message):
    with pytest.raises(ReadError) as caught:
        configs.read(text, "x.conf")
    assert str(caught.value) == message


def test_a_text_without_known_settings_says_nothing():
    report = configs.read("colour: red\n", "x.yaml")
    assert (report.kind, report.facts, report.unknown) == ("config", (), ())


def test_code_in_a_config_is_never_run(tmp_path):
    made = tmp_path / "made"
    text = f"import os\nos.system('touch {made}')\n__import__('os').system('touch {made}')\nfp16 = True\n"
    assert configs.read(text, "x.py").values()["precision.compute"] == "float16"
    assert not made.exists()


def test_a_command_among_configs_is_known_as_one():
    assert configs.read("torchrun train.py --fp16 True", "x").kind == "command"


def test_of_a_broken_script_the_whole_statements_are_read_without_defaults():
    text = (
        "from transformers import TrainingArguments\n"
        "args = TrainingArguments(\n    fp16=True,\n    learning_rate=2e-4,\n)\n"
        "model = AutoModel.from_pretrained('a/b', torch_dtype=torch.float16\n"
        "trainer.train()\n"
    )
    report = configs.read(text, "x.py")

    assert report.values() == {
        "framework.name": "transformers",
        "precision.compute": "float16",
        "optimizer.learning_rate": 2e-4,
    }
    assert report.problem == (
        "x.py:6: not valid Python ('(' was never closed), mend that line or give the whole file; "
        "the rest of it was read"
    )


def test_what_somebody_left_out_of_a_call_is_passed_over():
    report = configs.read("args = TrainingArguments(\n    fp16=True,\n    ...\n)\n", "x.py")

    assert (report.values()["precision.compute"], report.problem) == ("float16", "")


def test_of_broken_yaml_each_pair_is_read():
    report = configs.read("optimizer: Adam: {}\nlearning_rate: 0.001\nother: [1\n", "x.yml")

    assert report.values() == {"optimizer.learning_rate": 0.001}
    assert report.problem.startswith("x.yml:1: not valid YAML")
