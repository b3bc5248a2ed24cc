"""The entry that docs/adding-an-entry.md shows is a good one: it passes the check and its own cases."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import pytest

import kb
from app.conclusion import conclude
from app.inputs import Inputs, paste
from app.session import Session
from kb.cases import cases
from kb.check import check
from kb.load import HERE, Problem

ROOT = Path(__file__).parent.parent
EXAMPLE = re.compile(r"^ *```yaml\n( *# (kb/\S+\.yaml)\n.*?)^ *```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """whynan's knowledge with the example added."""
    root = tmp_path_factory.mktemp("adding")
    shutil.copytree(HERE, root / "kb", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for text, name in EXAMPLE.findall((ROOT / "docs" / "adding-an-entry.md").read_text(encoding="utf-8")):
        (root / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return root / "kb"


def test_the_example_is_valid_knowledge(base: Path) -> None:
    knowledge = kb.load(base)

    assert check(base) == []
    assert knowledge.causes.keys() - kb.load().causes.keys() == {"frozen-adapter"}
    assert knowledge.fixes.keys() - kb.load().fixes.keys() == {"load-adapter-trainable"}


def test_the_example_passes_its_own_cases(base: Path) -> None:
    knowledge, problems = kb.load(base), list[Problem]()
    found = []
    for case in cases(base / "causes" / "model" / "frozen-adapter.yaml", base, problems):
        session = Session().read(*sum((paste(t, name) for name, t in case.files.items()), Inputs()).reports)
        for fact, value in case.facts.items():
            session = session.answer(fact, value)
        conclusion = conclude(knowledge, session)
        first = conclusion.causes[0].entry.id == "frozen-adapter"
        low = {cause.entry.id: cause.probability for cause in conclusion.causes}["frozen-adapter"] < 0.1
        found.append((case.expect, first, low, case.first_fix in (None, conclusion.fixes[0].entry.id)))

    assert (found, problems) == ([("first", True, False, True), ("low", False, True, True)], [])
