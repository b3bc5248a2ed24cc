import ast
import getpass
import platform
import re
from pathlib import Path

import pytest
import yaml

from probes import machine
from probes.machine import Step
from probes.report import Report, from_json, to_json


@pytest.fixture(scope="module")
def report():
    return machine.probe("quick")


def test_the_report_is_of_this_machine(report):
    assert (report.name, report.kind, report.curve) == ("this machine", "machine", ())
    assert report.values()["machine.python"] == platform.python_version()


def test_every_fact_and_every_unknown_is_in_the_vocabulary(report):
    vocabulary = yaml.safe_load((Path(__file__).parents[3] / "kb" / "facts.yaml").read_text("utf-8"))

    assert {item.id for item in (*report.facts, *report.unknown)} <= set(vocabulary)


def test_every_fact_that_a_probe_of_a_machine_can_tell_is_in_the_vocabulary():
    """Also those of GPUs that this machine lacks: their ids stand in the modules."""
    root = Path(__file__).parents[3]
    vocabulary = yaml.safe_load((root / "kb" / "facts.yaml").read_text("utf-8"))
    strings = {
        node.value
        for path in (*(root / "probes" / "machine").glob("*.py"), root / "probes" / "gpu_condition.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    ids = {text for text in strings if re.fullmatch(r"(gpu|machine|numerics)\.[a-z0-9_]+", text)}

    assert len(ids) > 30
    assert ids <= set(vocabulary)


def test_nothing_is_both_known_and_unknown_and_each_unknown_has_a_reason(report):
    assert not {fact.id for fact in report.facts} & {unknown.id for unknown in report.unknown}
    assert all(unknown.why for unknown in report.unknown)


def test_the_report_survives_json(report):
    assert from_json(to_json(report), "probe.json") == report


def test_neither_machine_nor_owner_is_named(report):
    said = str(to_json(report))
    for name in {platform.node(), getpass.getuser(), str(Path.home())} - {"", "root", "localhost", "/root"}:
        assert name not in said


def test_a_step_is_told_as_it_begins(monkeypatch):
    told = []
    steps = tuple(Step(name, lambda tests: [], "nothing") for name in ("one", "two"))
    monkeypatch.setattr(machine, "STEPS", steps)

    report = machine.probe("none", lambda *step: told.append(step))

    assert report == Report("this machine", "machine")
    assert told == [("one", 0, 2), ("two", 1, 2)]
