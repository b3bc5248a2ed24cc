"""The commands and pages that facts.yaml names exist, with the options that it names."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import kb
from app.cli import parser
from probes import cli as probe
from probes.report import Report

ROOT = Path(__file__).parent.parent
CHECKS = sorted({fact.check for fact in kb.load().facts.values() if fact.check})


@pytest.mark.parametrize("check", CHECKS)
def test_the_command_that_tells_a_fact_exists(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if page := re.fullmatch(r"import \w+ \((docs/\w+\.md)\)", check):  # what stands in a person's own script
        assert (ROOT / page[1]).is_file()
        return
    name, verb, *words = shlex.split(check)

    assert name == "whynan"
    if verb == "probe":  # which describes its own arguments
        monkeypatch.setattr(probe.machine, "probe", lambda *_: Report("nothing is measured", "machine"))
        assert probe.main(words) == 0
    else:  # argparse exits where a command or an option is not known
        assert parser().parse_args([verb, *words]).command == verb


def test_what_the_tree_asks_for_has_a_question_or_a_command() -> None:
    knowledge = kb.load()
    asked = {node.fact for node in knowledge.tree.nodes.values()}

    assert {
        name for name in asked if not (knowledge.facts[name].question or knowledge.facts[name].check)
    } == set()
