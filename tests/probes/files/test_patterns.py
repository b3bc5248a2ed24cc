"""Every pattern of prose.yaml against the sentences beside it."""

import pathlib
import time

import pytest
import yaml

from probes.files import patterns, prose, sentences

ROOT = pathlib.Path(__file__).parents[3]
TREE = yaml.safe_load((ROOT / "probes" / "files" / "prose.yaml").read_text("utf-8"))
VOCABULARY = yaml.safe_load((ROOT / "kb" / "facts.yaml").read_text("utf-8"))
FIXES = {path.stem for path in (ROOT / "kb" / "fixes").glob("*.yaml")}
RULES = patterns.load()
SECTIONS = ("told", "settings", "comparisons", "tried")
ITEMS = [(section, item) for section in SECTIONS for item in TREE[section]]
COMPILED = [pattern for section in SECTIONS for pattern in getattr(RULES, section)]


def name(item):
    return f"tried.{item['fix']}" if "fix" in item else item["fact"]


def cases(key):
    for section, item in ITEMS:
        usual = {"comparisons": key != "same"}.get(section, item.get("value"))
        for text in item.get(key, ()):
            expected = item[key][text] if isinstance(item[key], dict) else usual
            yield pytest.param(name(item), expected, text, id=f"{name(item)}: {text}")


@pytest.mark.parametrize(("fact", "expected", "text"), [*cases("example"), *cases("same")])
def test_an_example_gives_the_fact(fact, expected, text):
    values = prose.read_prose(text, "report").values()

    assert fact in values
    assert expected is None or values[fact] == expected


@pytest.mark.parametrize(("fact", "expected", "text"), list(cases("counterexample")))
def test_a_counterexample_does_not(fact, expected, text):
    values = prose.read_prose(text, "report").values()

    assert fact not in values or (expected is not None and values[fact] != expected)


def test_every_pattern_has_both_kinds_of_examples():
    assert [
        name(item) for _, item in ITEMS if not item.get("example") or not item.get("counterexample")
    ] == []


def test_every_language_has_an_example():
    def chinese(text):
        return any("\u4e00" <= character <= "\u9fff" for character in text)

    without = [
        (name(item), item.get("value"), language)
        for _, item in ITEMS
        for language, is_of in (("en", lambda text: not chinese(text)), ("zh", chinese))
        if language in item and not any(map(is_of, item["example"]))
    ]

    assert without == []


def test_every_fact_and_value_is_in_the_vocabulary():
    unknown = [
        (item["fact"], item.get("value"))
        for section, item in ITEMS
        if section != "tried"
        and (
            item["fact"] not in VOCABULARY
            or (
                VOCABULARY[item["fact"]]["kind"] == "choice"
                and item.get("value", "") not in VOCABULARY[item["fact"]]["typical"]
                and item["fact"] != "deepspeed.stage"  # a number of the text
            )
        )
    ]

    assert unknown == []


def test_every_fix_is_one_of_the_knowledge_base():
    assert {item["fix"] for item in TREE["tried"]} - FIXES == set()


def test_what_has_a_precedence_is_said_by_some_pattern():
    said = {(item["fact"], str(item.get("value"))) for section, item in ITEMS if section != "tried"}
    ranked = {
        (fact, value.removeprefix("weak ")) for fact, ranks in RULES.precedence.items() for value in ranks
    }

    assert ranked - said == set()


ADVERSARIAL = [
    "loss ",
    "loss is nan ",
    "nan ",
    "损失变为",
    "A100 ",
    "llama-",
    "gradient norm ",
    "a-",
    "0.",
    "lr 1",
    "not ",
]


@pytest.mark.parametrize("pattern", COMPILED, ids=lambda pattern: f"{pattern.fact}={pattern.value}")
def test_no_pattern_takes_long(pattern):
    repeats = [(unit * sentences.LONGEST)[: sentences.LONGEST] for unit in ADVERSARIAL]
    rounds = 100_000 // (sentences.LONGEST * len(repeats))

    began = time.process_time()
    for text in repeats * rounds:
        for side in pattern.sides:
            for expression in side:
                list(expression.finditer(text))

    assert time.process_time() - began < 1
