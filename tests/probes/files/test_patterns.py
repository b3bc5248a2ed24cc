"""Every pattern of prose.yaml against the sentences beside it."""

import pathlib

import pytest
import yaml

from probes.files import prose

TREE = yaml.safe_load((pathlib.Path(prose.__file__).parent / "prose.yaml").read_text("utf-8"))
VOCABULARY = yaml.safe_load((pathlib.Path(__file__).parents[3] / "kb" / "facts.yaml").read_text("utf-8"))
SECTIONS = ("told", "settings", "comparisons", "tried")


def _name(item):
    return f"tried.{item['fix']}" if "fix" in item else item["fact"]


def _cases(key):
    for section in SECTIONS:
        for item in TREE[section]:
            for text in item[key]:
                expected = item[key][text] if isinstance(item[key], dict) else item.get("value")
                yield pytest.param(_name(item), expected, text, id=f"{_name(item)}: {text}")


@pytest.mark.parametrize(("fact", "expected", "text"), list(_cases("example")))
def test_an_example_gives_the_fact(fact, expected, text):
    values = prose.read_prose(text, "report").values()

    assert fact in values
    assert expected is None or values[fact] == expected


@pytest.mark.parametrize(("fact", "expected", "text"), list(_cases("counterexample")))
def test_a_counterexample_does_not(fact, expected, text):
    values = prose.read_prose(text, "report").values()

    assert fact not in values or (expected is not None and values[fact] != expected)
