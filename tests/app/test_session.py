from __future__ import annotations

from app.session import Session, known
from kb.model import Knowledge
from probes.report import ANSWERED, Fact, Report, Unknown


def report(*facts: tuple[str, object], kind: str = "config", name: str = "config.py") -> Report:
    return Report(name, kind, tuple(Fact(i, v, f"{name}:1") for i, v in facts))  # type: ignore[arg-type]


def test_a_session_is_a_value_and_each_step_gives_the_next() -> None:
    first = Session()
    second = first.answer("loss.symptom", "zero")

    assert first == Session()
    assert second.back() == first
    assert second.retract("loss.symptom") == first
    assert second.answer("loss.symptom", "inf").answers == (("loss.symptom", "inf"),)
    assert second.outcome("use-bf16", "worse").outcome("use-bf16", "") == second


def test_an_answer_beats_what_was_read(knowledge: Knowledge) -> None:
    session = Session().read(report(("precision.compute", "float16"))).answer("precision.compute", "bfloat16")

    (fact,) = known(session, knowledge).facts
    assert (fact.value, fact.state) == ("bfloat16", ANSWERED)


def test_not_knowing_leaves_what_was_read(knowledge: Knowledge) -> None:
    read = Session().read(report(("precision.compute", "float16")))

    assert known(read.answer("precision.compute", None), knowledge).values() == {
        "precision.compute": "float16"
    }
    assert known(Session().answer("precision.compute", None), knowledge).skipped == ("precision.compute",)


def test_the_same_file_read_again_replaces_itself(knowledge: Knowledge) -> None:
    session = (
        Session()
        .read(report(("precision.compute", "float16")))
        .read(report(("precision.compute", "bfloat16")))
    )

    assert known(session, knowledge).values() == {"precision.compute": "bfloat16"}


def test_what_follows_from_several_facts_names_them(knowledge: Knowledge) -> None:
    facts = [
        ("framework.name", "xtuner"),
        ("deepspeed.enabled", True),
        ("deepspeed.fp16", "auto"),
        ("deepspeed.bf16", "auto"),
    ]
    session = Session().read(report(*facts, ("precision.compute", "float16")))

    undecided = known(session, knowledge)
    assert "precision.compute" not in undecided.values()
    assert [item.id for item in undecided.unknown] == ["precision.compute"]

    decided = known(session.answer("gpu.bf16", True), knowledge)
    assert decided.values()["precision.compute"] == "bfloat16"
    source = next(fact.source for fact in decided.facts if fact.id == "precision.compute")
    assert source.startswith("follows from framework.trainer (follows from framework.name (config.py:1)); ")
    assert source.endswith("gpu.bf16 (answer)")


def test_what_is_known_after_all_is_no_longer_unknown(knowledge: Knowledge) -> None:
    machine = Report(
        "this machine", "machine", unknown=(Unknown("gpu.bf16", "no GPU", "run it on the node"),)
    )
    session = Session().read(machine)

    assert [item.id for item in known(session, knowledge).unknown] == ["gpu.bf16"]
    assert known(session.answer("gpu.bf16", True), knowledge).unknown == ()


def test_what_prose_says_was_tried_counts_as_tried(knowledge: Knowledge) -> None:
    session = Session().read(
        report(("tried.use-bf16", "no-change"), ("tried.prayer", "worked"), kind="report")
    )

    assert known(session, knowledge).tried == (("use-bf16", "no-change"),)
    assert known(session.outcome("use-bf16", "worse"), knowledge).tried == (("use-bf16", "worse"),)


def test_a_fix_that_a_report_says_worked_stays_to_be_proposed(knowledge: Knowledge) -> None:
    session = Session().read(report(("tried.use-bf16", "worked"), kind="report"))

    assert known(session, knowledge).tried == ()
    assert known(session.outcome("use-bf16", "worked"), knowledge).tried == (("use-bf16", "worked"),)


def test_facts_that_the_vocabulary_does_not_know_are_left_out(knowledge: Knowledge) -> None:
    assert known(Session().read(report(("weather", "rain"))).answer("mood", "bad"), knowledge).facts == ()
