import pytest

from probes.syntax import NULL, UnreadableError, yaml_mapping
from probes.syntax.yaml_mapping import edit, settings

TEXT = """\
### model
model_name_or_path: meta-llama/Meta-Llama-3-8B  # the base
fp16: true
learning_rate: 1e-4

deepspeed_config:
    zero_stage: 2
    offload: {device: cpu, pin: true}
fsdp:
  - full_shard
  - auto_wrap
prompt: |
  Answer
  briefly.
adapter:
quoted: "1e-4"
"""


def test_numbers_without_a_point_are_numbers_and_quoted_ones_are_text():
    assert {s.path: (s.value, s.line) for s in settings(TEXT)} == {
        "model_name_or_path": ("meta-llama/Meta-Llama-3-8B", 2),
        "fp16": (True, 3),
        "learning_rate": (1e-4, 4),
        "deepspeed_config.zero_stage": (2, 7),
        "deepspeed_config.offload.device": ("cpu", 8),
        "deepspeed_config.offload.pin": (True, 8),
        "fsdp.0": ("full_shard", 10),
        "fsdp.1": ("auto_wrap", 11),
        "prompt": ("Answer\nbriefly.\n", 12),
        "adapter": (None, 15),
        "quoted": ("1e-4", 16),
    }


def test_only_the_changed_lines_change():
    changes = {
        "model_name_or_path": "x: y",
        "fp16": None,
        "bf16": True,
        "learning_rate": 2e-5,
        "deepspeed_config.zero_stage": 3,
        "deepspeed_config.offload.nvme": False,
        "deepspeed_config.clipping": 1.0,
        "adapter": "lora",
        "quoted": "auto",
        "prompt": NULL,
    }
    assert (
        edit(TEXT, changes)
        == """\
### model
model_name_or_path: "x: y"  # the base
learning_rate: 2.0e-5

deepspeed_config:
    zero_stage: 3
    offload: {device: cpu, pin: true, nvme: false}
    clipping: 1.0
fsdp:
  - full_shard
  - auto_wrap
prompt: null
adapter: lora
quoted: "auto"
bf16: true
"""
    )


def test_an_emptied_mapping_goes_and_a_missing_one_comes():
    assert edit("a: 1\nb:\n  c: 2\n", {"b.c": None}) == "a: 1\n"
    assert edit("a: 1", {"b.c.d": "off"}) == 'a: 1\nb:\n  c:\n    d: "off"\n'
    assert edit("a:\n", {"a.b": 1}) == "a:\n  b: 1\n"
    assert edit("", {"a": 1}) == "a: 1\n"


def test_merged_and_aliased_mappings_are_followed():
    text = "base: &base {lr: 1}\nrun:\n  <<: *base\n  steps: 2\n"
    assert {s.path: s.value for s in settings(text)} == {"base.lr": 1, "run.lr": 1, "run.steps": 2}


def test_multiplied_aliases_end_in_one_line():
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 9))
    with pytest.raises(UnreadableError, match="aliases multiply"):
        settings("l0: &l0 [1]\n" + layers)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: 1\nb: [1, 2\nc: 3\n", 3), ("a: 1\n b: 2\n", 2), ("a: \x07", 1), ("a: " + "[" * 5000, 1)],
)
def test_broken_yaml_names_its_line(text, line):
    with pytest.raises(UnreadableError) as caught:
        settings(text)
    assert caught.value.line == line


def test_without_pyyaml_the_way_out_is_said(monkeypatch):
    monkeypatch.setattr(yaml_mapping, "yaml", None)
    with pytest.raises(UnreadableError, match="pip install pyyaml"):
        settings("a: 1")


def test_references_stand_for_what_they_name_and_others_stay():
    text = "base: a/b\nmodel: ${base}\npath: ${base}/x\nhome: ${env:HOME}\nloop: ${loop}\n"
    found = {s.path: (s.value, s.line) for s in settings(text)}
    assert found == {
        "base": ("a/b", 1),
        "model": ("a/b", 1),
        "path": ("a/b/x", 3),
        "home": ("${env:HOME}", 4),
        "loop": ("${loop}", 5),
    }
    assert edit(text, {"model": "c"}).splitlines()[1] == "model: c"


def test_underscores_part_the_digits_of_a_number():
    assert [s.value for s in settings("a: 500_000\nb: 1_a\nc: _1")] == [500_000, "1_a", "_1"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"list.0.lr": 2}, "list:\n  - lr: 2\n    name: a\n  - plain\n"),
        ({"list.1": "other"}, "list:\n  - lr: 1\n    name: a\n  - other\n"),
        ({"list.0.eps": 3}, "list:\n  - lr: 1\n    name: a\n    eps: 3\n  - plain\n"),
        ({"list.0.lr": None}, "list:\n  - name: a\n  - plain\n"),
        ({"list.1": None}, "list:\n  - lr: 1\n    name: a\n  - plain\n"),
        ({"list.1.key": 1}, "list:\n  - lr: 1\n    name: a\n  - plain\n"),
    ],
)
def test_entries_of_lists_are_reached_by_their_place(changes, expected):
    assert edit("list:\n  - lr: 1\n    name: a\n  - plain\n", changes) == expected
