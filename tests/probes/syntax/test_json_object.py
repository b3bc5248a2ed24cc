import json

import pytest

from probes.syntax import NULL, UnreadableError
from probes.syntax.json_object import edit, settings
from probes.syntax.setting import Setting

TEXT = """{
  // for two nodes
  "zero_optimization": {
    "stage": 2,   # as before
    "overlap_comm": true,
  },
  "fp16": {"enabled": "auto"},
  "sizes": [1, 5e8]
}
"""


def test_settings_have_their_paths_values_and_places():
    assert settings(TEXT) == (
        Setting("zero_optimization.stage", 2, 4, 59, 60),
        Setting("zero_optimization.overlap_comm", True, 5, 96, 100),
        Setting("fp16.enabled", "auto", 7, 129, 135),
        Setting("sizes.0", 1, 8, 150, 151),
        Setting("sizes.1", 5e8, 8, 153, 156),
    )


def test_pairs_that_lost_their_braces_are_read():
    found = {s.path: s.value for s in settings('"bf16": {"enabled": true},\n"stage": null')}
    assert found == {"bf16.enabled": True, "stage": None}


def test_only_the_changed_lines_change():
    changes = {
        "zero_optimization.stage": 1,
        "zero_optimization.contiguous_gradients": False,
        "fp16.enabled": None,
        "bf16.enabled": True,
        "sizes": NULL,
    }
    assert (
        edit(TEXT, changes)
        == """{
  // for two nodes
  "zero_optimization": {
    "stage": 1,   # as before
    "overlap_comm": true,
    "contiguous_gradients": false,
  },
  "sizes": null,
  "bf16": {"enabled": true}
}
"""
    )


def test_a_strict_file_stays_strict():
    text = json.dumps({"fp16": {"enabled": True, "loss_scale": 0}, "a": {}}, indent=2)
    result = json.loads(edit(text, {"fp16": None, "a.b.c": 1e-5, "n": "x"}))
    assert result == {"a": {"b": {"c": 1e-5}}, "n": "x"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": tru}', 1),
        ('{"a": 1\n "b": 2}', 2),
        ('{\n"a": 1', 2),
        ('{"a": "x', 1),
        ("{'a': 1}", 1),
        ('{"a": 1} more', 1),
        ('{"a": ' * 100, 1),
        ("[" * 100_000, 1),
        ('{"a": "\\x"}', 1),
    ],
)
def test_broken_json_names_its_line(text, line):
    with pytest.raises(UnreadableError) as caught:
        settings(text)
    assert caught.value.line == line
