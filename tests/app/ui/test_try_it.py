"""The page that trains the small model: its fields, and a real run in a child process."""

import sys
import time

import pytest

from app import jobs
from app.session import Session

RESULT = {
    "fix": "use-bf16",
    "without": {"loss": [2.0, "nan"], "symptom": "nan-after-steps", "first_bad_step": 2},
    "with": {"loss": [2.0, 1.9], "symptom": "healthy", "first_bad_step": None},
}


@pytest.fixture
def ended():
    """A job that printed RESULT."""
    job = jobs.start("try it", [sys.executable, "-c", f"import json; print(json.dumps({RESULT!r}))"])
    until = time.monotonic() + 20
    while jobs.view(job).state == jobs.RUNNING and time.monotonic() < until:
        time.sleep(0.02)
    return job


def test_the_fields_hold_what_the_session_knows(open_page):
    session = Session().answer("precision.compute", "bfloat16").answer("optimizer.learning_rate", 1e-4)

    at = open_page("try_it.py", session)

    assert at.selectbox(key="precision.compute").value == "bfloat16"
    assert at.text_input(key="optimizer.learning_rate").value == "0.0001"


def test_the_best_fix_of_the_diagnosis_is_offered_first(open_page, fp16):
    at = open_page("try_it.py", fp16)

    offered = next(box for box in at.selectbox if box.key.startswith("fix-"))
    assert offered.value == "use-bf16"


def test_both_curves_and_the_verdict_are_shown(open_page, fp16, ended):
    at = open_page("try_it.py", fp16, run=ended)

    assert [box.value for box in at.success] == ["The small model breaks as it is, and not with the fix."]
    titles = [text.value for text in at.markdown if text.value.startswith("**")]
    assert titles[-2:] == [
        "**As it is**: Normal at first and NaN later",
        "**With: Compute in bfloat16**: It looks healthy",
    ]


def test_a_number_that_is_none_is_one_line(open_page):
    at = open_page("try_it.py")
    at.text_input(key="optimizer.learning_rate").set_value("fast").run()

    assert not at.exception
    assert [box.value for box in at.error] == ["fast is no positive number: give a number such as 2e-5."]


def test_the_button_starts_a_child_and_cancel_ends_it(open_page, fp16):
    at = open_page("try_it.py", fp16)
    at.button(key="train").click().run()
    job = at.query_params["run"]
    job = job[0] if isinstance(job, list) else job

    at.button(key="cancel-run").click().run()

    assert jobs.view(job).state in (jobs.CANCELLED, jobs.DONE)
    assert not at.exception


def test_a_server_that_runs_nothing_gives_the_command(open_page, fp16, monkeypatch):
    monkeypatch.setenv("WHYNAN_NO_PROBES", "1")

    at = open_page("try_it.py", fp16)

    assert "whynan lab run --precision float16" in at.info[0].value
    assert "train" not in [button.key for button in at.button]
