"""What docs/generate.py makes is what lies in the repository; the editor's schemas agree with the loader."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs import generate

ROOT = Path(__file__).parent.parent
FILES = {
    "cause": "causes/*/*.yaml",
    "fix": "fixes/*.yaml",
    "advisory": "advisories/*/*.yaml",
    "facts": "facts.yaml",
    "tree": "tree.yaml",
    "policy": "policy.yaml",
}


def errors(kind: str, data: Any) -> list[str]:
    """What the editor would underline."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema, which comes with altair, is not there")
    schema = json.loads((ROOT / "kb" / "schema" / f"{kind}.json").read_text(encoding="utf-8"))
    # As JSON has it: true and 2 as keys are texts, and so is a day.
    found = jsonschema.Draft202012Validator(schema).iter_errors(json.loads(json.dumps(data, default=str)))
    return [error.message for error in found]


def test_nothing_generated_is_stale() -> None:
    command = [sys.executable, "-m", "docs.generate", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_a_stale_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "same.md").write_text("text", encoding="utf-8")
    (tmp_path / "other.md").write_text("old", encoding="utf-8")
    texts = {"same.md": "text", "other.md": "new", "missing.json": "{}"}

    assert generate.stale(texts, tmp_path) == ["other.md", "missing.json"]


@pytest.mark.parametrize("kind", FILES)
def test_the_knowledge_fits_the_schemas(kind: str) -> None:
    paths = [p for p in (ROOT / "kb").glob(FILES[kind]) if not p.name.endswith(".test.yaml")]

    assert paths
    assert {p.name: e for p in paths if (e := errors(kind, yaml.safe_load(p.read_text("utf-8"))))} == {}


def test_a_schema_takes_the_seven_words_and_nothing_else_for_a_probability() -> None:
    policy = {"escalate_minutes": 480}

    assert errors("policy", {**policy, "assumed": "usually"}) == []
    assert errors("policy", {**policy, "assumed": 0.7}) == []
    assert len(errors("policy", {**policy, "assumed": "perhaps"})) == 1
    assert len(errors("policy", {**policy, "assumed": 1.5})) == 1
    assert len(errors("policy", {**policy, "asumed": 0.7})) == 1


def test_every_option_of_the_probe_is_described() -> None:
    """`whynan probe` has its own parser: the probes know nothing of whynan."""
    command = [sys.executable, "-m", "probes", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    described = page.partition("`python probe.pyz …`")[2]

    assert {o for o in re.findall(r"--[a-z-]+", said) if f"`{o}" not in described} == {"--help"}


def test_the_pages_point_to_files_that_are_there() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    links = {
        (page.relative_to(ROOT).as_posix(), target)
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in target
    }

    assert {
        (page, target) for page, target in links if not (ROOT / page).parent.joinpath(target).exists()
    } == set()
