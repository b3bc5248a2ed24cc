"""Every fact and every framework has a name for people."""

from __future__ import annotations

import kb
from app.fact_names import FRAMEWORKS, VERSION, fact_name, framework, names
from app.words import LANGS

KNOWLEDGE = kb.load()


def test_every_fact_has_a_name_of_its_own_in_both_languages() -> None:
    assert set(names()) == {name for name in KNOWLEDGE.facts if not name.startswith(VERSION)}
    for lang in LANGS:
        said = [fact_name(KNOWLEDGE, name, lang) for name in KNOWLEDGE.facts]
        assert len(set(said)) == len(said)


def test_what_nobody_named_keeps_its_id() -> None:
    assert fact_name(KNOWLEDGE, "version.torch", "zh") == "torch 版本"
    assert fact_name(KNOWLEDGE, "tried.use-bf16", "en") == "tried: Compute in bfloat16"
    assert fact_name(KNOWLEDGE, "no.such", "en") == "no.such"


def test_every_framework_has_a_name() -> None:
    styles = {style for fix in KNOWLEDGE.fixes.values() for style in fix.patches}
    assert styles | set(KNOWLEDGE.facts["framework.name"].typical) <= set(FRAMEWORKS)
    assert framework("of tomorrow") == "of tomorrow"
