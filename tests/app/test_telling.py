from __future__ import annotations

import pytest

from app.link import LinkError, encode
from app.session import Session
from app.telling import BadInputError, concluded, opened, tell


def test_what_is_told_becomes_answers_in_their_own_type(knowledge):
    session = tell(
        knowledge,
        Session(),
        [("gpu.bf16", "yes"), ("optimizer.learning_rate", "2e-5")],
        [("use-bf16", "worse")],
    )

    assert session.answers == (("gpu.bf16", True), ("optimizer.learning_rate", 2e-5))
    assert session.tried == (("use-bf16", "worse"),)


@pytest.mark.parametrize(
    ("facts", "tried", "line"),
    [
        ([("gpu.bf17", "yes")], [], "facts gpu.bf17=yes, there is no such fact, did you mean gpu.bf16?"),
        ([("gpu.bf16", "perhaps")], [], "facts gpu.bf16=perhaps, gpu.bf16 is true or false, not 'perhaps'"),
        ([], [("use-bf-16", "worse")], "tried use-bf-16=worse, there is no such fix, did you mean use-bf16?"),
        ([], [("use-bf16", "good")], "tried use-bf16=good, no outcome is called so, give one of worked"),
    ],
)
def test_what_nobody_knows_of_is_one_line(knowledge, facts, tried, line):
    with pytest.raises(BadInputError) as refused:
        tell(knowledge, Session(), facts, tried)

    assert str(refused.value).startswith(line)


@pytest.mark.parametrize(
    "form", ["{}", "?d={}", "https://a.example/x/wizard?d={}&lang=zh", "https://a.example/?s=abc&d={}"]
)
def test_a_link_is_opened_whole_or_in_part(form):
    session = Session().answer("loss.symptom", "zero")

    assert opened(form.format(encode(session))).answers == session.answers


def test_the_link_of_a_conclusion_stands_behind_the_address(knowledge):
    session = Session().answer("loss.symptom", "zero")

    conclusion, link = concluded(knowledge, session, {}, "https://a.example/")
    assert conclusion.known.values() == {"loss.symptom": "zero"}
    assert link.startswith("https://a.example/?d=")
    assert opened(link).answers == session.answers


def test_a_short_link_is_its_own_servers():
    with pytest.raises(LinkError, match=r"^The link is a short one, [^\n]*\.$"):
        opened("https://whynan.example/?s=abc")
