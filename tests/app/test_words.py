from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
import yaml

import app
from app import phrases
from app.words import LANGS, word

FOLDER = Path(app.__file__).parent
WORDS = yaml.safe_load((FOLDER / "words.yaml").read_text(encoding="utf-8"))
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.py"))

# Names that are put together from a value: word(f"state.{fact.state}", lang).
FAMILIES = {
    "state": ("measured", "answered", "assumed"),
    "outcome": ("worked", "no-change", "worse", "other-symptom"),
    "chance": ("always", "usually", "often", "sometimes", "seldom", "rarely", "never"),
    "kind": phrases.KINDS,
    "trial": (
        "title",
        "fp16-drift",
        "fp16-rare-batch",
        "zero2-garbage",
        "exploding-gradients",
        "lr-too-high",
        "as-it-is",
        "zero-stage-1",
        "zero-stage-3",
        "raise-clipping-threshold",
        "lower-clipping-threshold",
        "clipping",
    ),
    "share": ("md", "html", "json", "issue.md", "capsule.json"),
    "browse": (
        "causes",
        "fixes",
        "advisories",
        "sections",
        "traced.both",
        "traced.fix",
        "traced.thread",
    ),
    "find": ("symptom", "framework", "package"),
    "one": ("cause", "fix", "advisory", "section"),
    "part": (
        "signs",
        "proof",
        "cured_by",
        "cures",
        "cures_bugs",
        "under",
        "finer",
        "bugs",
        "patches",
        "document",
        "references",
    ),
}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_a_word_has_both_languages_with_the_same_places():
    assert [name for name, texts in WORDS.items() if tuple(texts) != LANGS] == []
    assert [name for name, texts in WORDS.items() if not all(map(str.strip, texts.values()))] == []
    assert [name for name, texts in WORDS.items() if fields(texts["en"]) != fields(texts["zh"])] == []


def test_every_word_that_is_used_is_there():
    used = set(re.findall(r"""["']([a-z_]+\.[a-z_-]+)["']""", SOURCES))
    families = {name.split(".")[0] for name in WORDS}
    facts = {"gpu.numerics", "loss.symptom", "loss.first_bad_step", "framework.name"}
    named = {name for name in used - facts if name.split(".")[0] in families}

    assert {name for name in named if not name.endswith((".py", ".md", ".yaml", ".css", ".json"))} - set(
        WORDS
    ) == set()


def test_every_word_of_a_family_is_there():
    assert {f"{family}.{name}" for family, names in FAMILIES.items() for name in names} - set(WORDS) == set()


def used(name: str) -> bool:
    return f'"{name}"' in SOURCES or f"'{name}'" in SOURCES


def test_no_word_is_left_over():
    made = {f"{family}.{name}" for family, names in FAMILIES.items() for name in names}

    assert [name for name in WORDS if name not in made and not used(name)] == []


def test_places_are_filled_in():
    assert word("report.step", "en", step=20) == "first bad step 20"


def test_a_name_that_is_not_there_is_a_key_error():
    with pytest.raises(KeyError):
        word("no.such.word", "en")
