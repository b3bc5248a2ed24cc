from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import kb
from kb.load import KnowledgeError


def test_words_become_numbers_and_values_become_keys(folder: Path) -> None:
    knowledge = kb.load(folder)

    assert knowledge.causes["overflow"].signs["precision"] == {"float16": 0.98}
    assert knowledge.facts["bf16"].typical == {"true": 0.8, "false": 0.2}


def test_the_same_files_have_the_same_version_and_cases_do_not_count(folder: Path) -> None:
    before = kb.load(folder).version
    (folder / "causes/precision/overflow.test.yaml").write_text("[]")

    assert kb.load(folder).version == before

    (folder / "policy.yaml").write_text("none_of_these: 0.2\n")

    assert kb.load(folder).version != before


def test_all_errors_come_at_once_each_with_its_line_and_column(folder: Path) -> None:
    (folder / "policy.yaml").write_text("none_of_these: 0.1\nescalate_minuts: 3\n")
    (folder / "fixes/use-bf16.yaml").write_text(
        "id: bf16\ntitle:\n  en: a\nminutes: 10\nsteps: {en: a, zh: b}\n"
    )
    (folder / "causes/precision/overflow.yaml").write_text("id: overflow\nid: overflow\n")
    (folder / "tree.yaml").write_text("start: [a\n")

    with pytest.raises(KnowledgeError) as error:
        kb.load(folder)

    assert [str(problem) for problem in error.value.problems] == [
        "causes/precision/overflow.yaml:2:1: key 'id' is given twice",
        "fixes/use-bf16.yaml:1:1: id must be 'use-bf16', the file's name",
        "fixes/use-bf16.yaml:2:1: title.zh: Field required",
        "policy.yaml:2:1: escalate_minuts: Extra inputs are not permitted",
        "tree.yaml:2:1: not YAML: did not find expected ',' or ']'",
    ]


def test_a_probability_that_is_no_word_of_ours_is_named(folder: Path, files: dict[str, Any]) -> None:
    path = folder / "causes/precision/overflow.yaml"
    path.write_text(path.read_text().replace("float16: always", "float16: mostly"))

    with pytest.raises(
        KnowledgeError, match=r"overflow.yaml:\d+:\d+: signs.precision.float16: 'mostly' is neither"
    ):
        kb.load(folder)


def test_nothing_in_a_folder_is_executed(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    (folder / "policy.yaml").write_text(f"none_of_these: !!python/object/apply:os.system ['touch {trap}']\n")

    with pytest.raises(KnowledgeError, match=r"policy.yaml:1:16: not YAML"):
        kb.load(folder)
    assert not trap.exists()


def test_a_folder_without_files_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"facts.yaml:1:1: cannot be read"):
        kb.load(tmp_path)


# Each line repeats the one above nine times.
BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join(9 * [f'*{before}'])}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "1:1: has more than 200000 values, aliases (*name) among them"),
        ("a: &a [*a]\n", "1:1: has more than 200000 values, aliases (*name) among them"),
        ("[" * 60_000, "1:1: has more than 10000 lists and mappings, split it"),
        ("[" * 3_000 + "]" * 3_000, "1:1: is nested too deeply"),
        ("a" * 600_000, "1:1: is larger than 500 kB, split it"),
    ],
    ids=["bomb", "in itself", "deep beyond libyaml's stack", "deep", "large"],
)
def test_a_hostile_file_is_a_line_and_not_the_end_of_the_process(
    folder: Path, text: str, message: str
) -> None:
    (folder / "fixes/use-bf16.yaml").write_text(text)

    with pytest.raises(KnowledgeError) as error:
        kb.load(folder)

    assert str(error.value.problems[0]) == f"fixes/use-bf16.yaml:{message}"


def test_an_alias_that_repeats_a_text_is_fine(folder: Path) -> None:
    path = folder / "fixes/use-bf16.yaml"
    data = yaml.safe_load(path.read_text())
    path.write_text(
        f"title: &text {{en: A, zh: B}}\nsteps: *text\nid: use-bf16\nminutes: {data['minutes']}\n"
    )

    assert kb.load(folder).fixes["use-bf16"].steps == kb.load(folder).fixes["use-bf16"].title
