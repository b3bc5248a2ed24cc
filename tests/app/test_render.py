from __future__ import annotations

import pytest

from app import render, terminal
from app.conclusion import ABNORMAL, HEALTHY, UNJUDGED, Conclusion, conclude
from app.session import Session
from kb.model import Knowledge
from probes.report import Fact, Report

NASTY = "<img src=x onerror=alert(1)>|`x`"


def concluded(knowledge: Knowledge, **facts: object) -> Conclusion:
    session = Session()
    for name, value in facts.items():
        session = session.answer(name.replace("__", "."), value)  # type: ignore[arg-type]
    return conclude(knowledge, session)


def test_the_verdict_says_whether_anything_abnormal_is_known(knowledge: Knowledge) -> None:
    assert concluded(knowledge).verdict == UNJUDGED
    assert concluded(knowledge, loss__symptom="healthy").verdict == HEALTHY
    assert concluded(knowledge, loss__symptom="zero").verdict == ABNORMAL
    assert concluded(knowledge, gpu__numerics="wrong").verdict == ABNORMAL


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_markdown_and_terminal_have_causes_fixes_and_link(knowledge: Knowledge, lang: str) -> None:
    shown = concluded(knowledge, loss__symptom="nan-after-steps", precision__compute="float16")

    for text in (
        render.markdown(shown, knowledge, "?d=1x", lang),
        terminal.text(shown, knowledge, "?d=1x", lang),
    ):
        assert "fp16-overflow" in text
        assert knowledge.fixes["use-bf16"].title[lang] in text
        assert "?d=1x" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_issue_folds_the_facts_and_fits_into_github(knowledge: Knowledge, lang: str) -> None:
    shown = concluded(knowledge, loss__symptom="nan-after-steps", precision__compute="float16")
    text = render.issue(shown, knowledge, "?d=1x", lang)

    before, _, after = text.partition("<details>")
    assert "(`loss.symptom`) |" not in before
    assert "(`loss.symptom`) |" in after.partition("</details>")[0]
    assert "\n?d=1x\n" in after.partition("</details>")[2]
    assert "?d=1x" in render.issue(shown, knowledge, "?d=1x", lang)[: render.MOST_ISSUE]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_issue_says_the_next_step_first_and_how_the_first_fix_is_done(
    knowledge: Knowledge, lang: str
) -> None:
    shown = concluded(knowledge, loss__symptom="nan-after-steps", precision__compute="float16")
    address = "https://why.example.org/?d=1x"
    lines = render.issue(shown, knowledge, address, lang).splitlines()

    assert lines[2].startswith("**Next**: " if lang == "en" else "**下一步**：")
    first = knowledge.fixes[shown.fixes[0].entry.id]
    (step,) = (line for line in lines if line.startswith("   - A checkpoint") or "救不回来" in line)
    assert step.strip() in first.steps[lang]
    assert any(first.references[0].url in line for line in lines)
    assert f"<{address}>" in lines


def test_an_example_of_a_change_names_no_file(knowledge: Knowledge) -> None:
    shown = concluded(knowledge, loss__symptom="zero", precision__compute="float16", framework__name="xtuner")
    text = render.markdown(shown, knowledge, "?d=1x")

    assert "+++ b/" not in text
    assert "An example for" in text
    assert "+optim_wrapper = dict(type=AmpOptimWrapper, dtype='bfloat16')" in text.replace("   +", "+")


def test_a_healthy_run_gets_no_causes(knowledge: Knowledge) -> None:
    shown = concluded(knowledge, loss__symptom="healthy")

    assert "fp16-overflow" not in render.markdown(shown, knowledge, "?d=1x")
    assert "fp16-overflow" not in terminal.text(shown, knowledge, "?d=1x")


def test_what_a_file_said_is_inert_in_exports(knowledge: Knowledge) -> None:
    report = Report("a", "config", (Fact("framework.name", NASTY, "a:1"),))
    shown = conclude(knowledge, Session().read(report))

    page = render.html(shown, knowledge, "?d=1x")
    assert "<img" not in page
    assert "&lt;img" in page
    assert f"| `{NASTY.replace('|', '/').replace('`', chr(39))}` |" in render.markdown(
        shown, knowledge, "?d=1x"
    )


def test_json_leaves_out_the_folders_of_a_model_s_path(knowledge: Knowledge) -> None:
    shown = concluded(knowledge, loss__symptom="zero", model__name="/home/ada/models/Llama-2-7b-hf")

    data = render.to_json(shown, knowledge, "?d=1x")

    assert {fact["id"]: fact["value"] for fact in data["facts"]}["model.name"] == "Llama-2-7b-hf"
    assert "/home/ada" not in str(data)
