from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kb.check import check


def problems(folder: Path) -> list[str]:
    return [str(problem) for problem in check(folder)]


def swap(folder: Path, name: str, before: str, after: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_our_own_knowledge_is_clean() -> None:
    assert [str(problem) for problem in check()] == []


def test_what_is_missing_from_a_bare_folder_is_said_once_each(folder: Path) -> None:
    found = [problem.partition(": ")[2] for problem in problems(folder)]

    assert sorted(found) == [
        "overflow.test.yaml is missing: give it a case",
        "say where this is known from",
        "say where this is known from",
        "too-fast.test.yaml is missing: give it a case",
    ]


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        (
            "causes/precision/overflow.yaml",
            "float16: always",
            "float17: always",
            "precision has no value 'float17'",
        ),
        (
            "causes/precision/overflow.yaml",
            "  use-bf16: usually",
            "  use-bf17: usually",
            "no fix is called 'use-bf17'",
        ),
        ("causes/precision/overflow.yaml", "  precision:", "  precison:", "no fact is called 'precison'"),
        (
            "causes/precision/overflow.yaml",
            "fixes:",
            "proved:\n  use-bf17: {runs: 1, cured: 1, guess: .5}\nfixes:",
            "use-bf17 is not among the fixes of this cause",
        ),
        ("tree.yaml", "fact: bf16", "fact: bf17", "no fact is called 'bf17'"),
        ("tree.yaml", "float16:\n", "float17:\n", "precision has no value 'float17'"),
        ("tree.yaml", "start:\n- symptom", "start:\n- rate", "no answer leads to symptom"),
        ("fixes/use-bf16.yaml", "bf16: true", "bf16: 3", "bf16 has no value '3'"),
        (
            "fixes/use-bf16.yaml",
            "steps:\n  en: text",
            "steps:\n  en: see https://x.org",
            "an address belongs under",
        ),
        ("fixes/use-bf16.yaml", "steps:\n  en: text", "steps:\n  en: 改用", "Chinese in the English text"),
        (
            "fixes/use-bf16.yaml",
            "steps:\n  en: text",
            "steps:\n  en: <b>text</b>",
            "HTML is shown as it is written",
        ),
        ("fixes/use-bf16.yaml", "steps:\n  en: text", "steps:\n  en: ' '", "the text is empty"),
        ("fixes/use-bf16.yaml", "steps:\n  en: text", "steps:\n  en: TODO", "a TODO is left to fill in"),
        (
            "fixes/use-bf16.yaml",
            "minutes:",
            "minutes_where: {bf16: {3: 5}}\nminutes:",
            "bf16 has no value '3'",
        ),
        (
            "fixes/use-bf16.yaml",
            "minutes:",
            "minutes_where: {bf16: {true: 0}}\nminutes:",
            "Input should be greater than 0",
        ),
        (
            "facts.yaml",
            "rate:\n",
            "rate:\n  told_by: {precision: [float17]}\n",
            "precision has no value 'float17'",
        ),
        (
            "facts.yaml",
            "rate:\n",
            "rate:\n  weighed_as: [{from: {precision: float17}, value: unknown}]\n",
            "precision has no value 'float17'",
        ),
        ("facts.yaml", "nan: 0.5", "nan: 0.7", "typical adds up to 1.20"),
        ("facts.yaml", "usual: ..1e-3", "usual: 5..1", "holds no number"),
        ("policy.yaml", "none_of_these: 0.1", "none_of_these: 0.5", "the causes' priors add up to 0.90"),
    ],
)
def test_a_mistake_is_found_and_placed(
    folder: Path, name: str, before: str, after: str, message: str
) -> None:
    clean = set(problems(folder))
    swap(folder, name, before, after)

    found = [problem for problem in problems(folder) if problem not in clean]

    assert any(message in problem and problem.startswith(f"{name}:") for problem in found), found


TEXT = {"en": "text", "zh": "文本"}
ADVISORY = {
    "id": "bug",
    "title": TEXT,
    "explanation": TEXT,
    "package": "lib",
    "affected": ">=1.2,<1.4",
    "fixed": "1.4",
    "also": {"lib": ">=1"},
    "when": {"model": "~gpt-?2"},
    "cause": "overflow",
    "references": [{"title": "lib#1", "url": "https://x.org/1"}],
}


@pytest.mark.parametrize(
    ("changed", "messages"),
    [
        ({}, []),
        ({"explanation": None}, ["an explanation is missing"]),
        ({"affected": "1.2 and up"}, ["'1.2 and up' is no version range such as '>=0.15,<0.15.4'"]),
        ({"fixed": "1.3.1"}, ["'1.3.1' is no version outside of >=1.2,<1.4"]),
        ({"fixed": "soon"}, ["'soon' is no version outside of >=1.2,<1.4"]),
        ({"also": {"other": ">=1"}}, ["no fact is called 'version.other'"]),
        ({"when": {"mood": "~bad"}}, ["no fact is called 'mood'"]),
        ({"when": {"model": "~("}}, ["is no regular expression"]),
        ({"when": {"precision": "float16"}}, ["a setting belongs under signs"]),
        ({"references": []}, ["say where this is known from"]),
        ({"references": [{"title": "lib#1", "url": "http://x.org/1"}]}, ["is no https address"]),
    ],
)
def test_a_mistake_in_an_advisory_is_found(
    folder: Path, changed: dict[str, Any], messages: list[str]
) -> None:
    with (folder / "facts.yaml").open("a", encoding="utf-8") as facts:
        facts.write("version.lib: {kind: text}\nmodel: {kind: text}\n")
    (folder / "advisories/lib").mkdir(parents=True)
    entry = yaml.safe_dump({**ADVISORY, **changed}, allow_unicode=True)
    (folder / "advisories/lib/bug.yaml").write_text(entry, encoding="utf-8")

    found = [problem for problem in problems(folder) if problem.startswith("advisories/lib/bug.yaml:")]

    assert len(found) == len(messages), found
    assert all(message in problem for message, problem in zip(messages, found, strict=True)), found


def test_a_circle_in_the_tree_is_found(folder: Path) -> None:
    swap(
        folder,
        "tree.yaml",
        "  bf16:\n    fact: bf16",
        "  bf16:\n    fact: bf16\n    branches:\n      '*': [precision]",
    )

    assert any("the tree runs in a circle: " in problem for problem in problems(folder))


def test_a_cause_needs_a_case_to_win_and_one_to_stay_low_in(folder: Path, files: dict[str, Any]) -> None:
    path = folder / "causes/precision/overflow.test.yaml"
    path.write_text("- name: a\n  facts: {wether: 1}\n  expect: first\n  first_fix: pray\n")

    found = problems(folder)

    beside = "causes/precision/overflow.test.yaml:1:1: "
    assert f"{beside}give it a case in which overflow must be low" in found
    assert f"{beside}a: no fact is called 'wether'" in found
    assert f"{beside}a: no fix is called 'pray'" in found
