from __future__ import annotations

import json

import pytest

from app.link import decode, encode
from app.session import Session
from probes.report import Fact, Report, to_json


def titles(at) -> list[str]:
    return [element.value for element in at.markdown if element.value.startswith("#")]


def first_fix(at) -> str:
    return next(title.removeprefix("#### 1. ") for title in titles(at) if title.startswith("#### 1. "))


def test_the_first_fix_comes_first_with_what_it_is_worth(open_page, fp16):
    at = open_page("diagnosis.py", fp16)

    assert titles(at)[0] == "## Normal at first and NaN later"
    assert first_fix(at) == "Compute in bfloat16"
    assert [caption.value for caption in at.caption if "Solution 1" in caption.value] != []


def test_a_fix_that_did_not_help_makes_way_for_the_next_and_can_be_taken_back(open_page, fp16):
    at = open_page("diagnosis.py", fp16)
    at.button(key="tried-use-bf16-no-change").click().run()

    assert not at.exception
    assert first_fix(at) != "Compute in bfloat16"
    assert decode(at.query_params["d"]).tried == (("use-bf16", "no-change"),)

    at.button(key="untry-use-bf16").click().run()
    assert first_fix(at) == "Compute in bfloat16"


def test_a_fix_that_worked_ends_it(open_page, fp16):
    at = open_page("diagnosis.py", fp16)
    at.button(key="tried-use-bf16-worked").click().run()

    assert [success.value for success in at.success] == ["Solved."]


def test_what_is_not_possible_here_says_why(open_page, fp16):
    at = open_page("diagnosis.py", fp16.answer("gpu.bf16", False))
    assert first_fix(at) != "Compute in bfloat16"

    at.toggle(key="all-fixes").set_value(True).run()
    assert [warning.value for warning in at.warning if "bfloat16 natively? No" in warning.value] != []


def test_the_change_is_to_the_users_own_file_and_an_example_after_a_reload(open_page, config):
    at = open_page("start.py")
    at.file_uploader[0].upload("my_config.py", config.encode()).run()
    at.get("pills")[0].set_value("nan-after-steps").run()
    at.switch_page("diagnosis.py").run()
    diffs = [code.value for code in at.code if code.language == "diff"]
    assert diffs[0].startswith("--- a/my_config.py\n+++ b/my_config.py\n")
    assert "+    dtype='bfloat16')" in diffs[0]

    fresh = open_page("diagnosis.py", d=at.query_params["d"])
    diffs = [code.value for code in fresh.code if code.language == "diff"]
    assert diffs[0].startswith("@@ ")  # the head of an example names no file of anybody's
    assert [caption.value for caption in fresh.caption if "drop your file" in caption.value] != []


def test_the_evidence_names_fact_value_and_source(open_page):
    report = Report("run.log", "log", (Fact("loss.symptom", "nan-after-steps", "run.log:2"),))
    at = open_page("diagnosis.py", Session().read(report).answer("precision.compute", "float16"))
    ledger = next(item.value for item in at.markdown if item.value.startswith("| Factor"))

    rows = [[cell.replace("\\", "").strip() for cell in line.split(" | ")] for line in ledger.splitlines()]
    assert [cell.strip("| ") for cell in rows[0]] == ["Factor", "Fact", "How known"]
    assert {row[1]: row[2].strip("| ") for row in rows[2:]} == {
        "computing format: float16": "answered",
        "symptom: Normal at first and NaN later": "log, line 2",
    }


def test_the_curve_is_told_to_those_who_do_not_see_it(open_page):
    facts = (Fact("loss.symptom", "nan-after-steps", "log:2"), Fact("loss.first_bad_step", 20, "log:2"))
    curve = ((10, 1.825), (20, float("nan")), (30, float("nan")))
    at = open_page("diagnosis.py", Session().read(Report("log", "log", facts, curve=curve)))

    text = "Steps 10 to 30, 2 without a number. Loss 1.825 to 1.825. The first bad step is 20."
    assert text in [caption.value for caption in at.caption]
    assert [chart.proto.alt for chart in at.get("vega_lite_chart")] == [text]


@pytest.mark.parametrize(
    "curve",
    [
        ((1, float("nan")), (2, float("nan"))),
        ((1, 0.0), (2, 0.0)),
        ((1, 1e-3), (2, 5e4), (3, float("inf"))),
        ((7, 2.0),),
    ],
)
def test_curves_of_any_kind_are_drawn(open_page, curve):
    report = Report("log", "log", (Fact("loss.symptom", "spike", "log:2"),), curve=curve)

    assert len(open_page("diagnosis.py", Session().read(report)).get("vega_lite_chart")) == 1


def test_the_path_is_told_to_those_who_do_not_see_it(open_page, fp16):
    charts = open_page("diagnosis.py", fp16).get("echarts_chart")

    assert charts[0].proto.alt.startswith("symptom: Normal at first and NaN later → computing format:")


def test_the_link_starts_with_the_public_address(open_page, fp16, monkeypatch):
    monkeypatch.setenv("WHYNAN_URL", "https://gpu.example.org/whynan/")
    at = open_page("diagnosis.py", fp16)

    assert f"https://gpu.example.org/whynan/?d={encode(fp16)}" in [code.value for code in at.code]


def test_the_preview_shows_all_that_leaves(open_page, fp16):
    at = open_page("diagnosis.py", fp16)
    preview = next(code.value for code in at.code if code.language == "json")

    assert '"loss.symptom": "nan-after-steps"' in preview


def test_nothing_private_of_a_file_leaves_and_the_preview_shows_all_that_does(open_page, config):
    private = config.replace("meta-llama/Meta-Llama-3-8B", "/mnt/disk/anna-b/llama").replace(
        "lr = 2e-5", "lr = 2e-5  # WANDB_API_KEY=abc1234567 of anna-b@example.org"
    )
    at = open_page("start.py")
    at.file_uploader[0].upload("anna-b@example.org.py", private.encode()).run()
    at.get("pills")[0].set_value("nan-after-steps").run()
    at.switch_page("diagnosis.py").run()
    link, text = (next(c.value for c in at.code if c.language == of) for of in ("json", "markdown"))

    assert json.loads(link)["facts"] == [
        {"id": fact.id, "value": fact.value, "source": fact.source, "state": fact.state}
        for report in decode(at.query_params["d"]).reports
        for fact in report.facts
    ]
    assert '"value": "llama"' in link
    assert "```diff" in text
    assert [word for word in ("anna-b", "abc1234567", "disk") if word in link + text] == []


def test_a_healthy_run_is_said_to_be_healthy(open_page):
    at = open_page("diagnosis.py", Session().answer("loss.symptom", "healthy"))

    assert titles(at)[0] == "## Nothing abnormal was found\\."
    assert [button.key for button in at.button if button.key.startswith("tried-")] == []


def test_without_a_symptom_what_is_usual_is_shown(open_page):
    at = open_page("diagnosis.py", Session().answer("precision.compute", "float16"))

    assert titles(at)[0].startswith("## Nothing says what the loss does")


def test_without_anything_there_is_a_way_to_begin(open_page):
    assert titles(open_page("diagnosis.py")) == ["## There is nothing to diagnose yet."]


def test_markup_in_a_forged_link_stays_text(open_page):
    forged = "![x](https://evil.example/a.png)<script>"
    session = Session().answer("loss.symptom", forged).answer("model.name", forged)
    at = open_page("diagnosis.py", session)

    assert [element.value for element in at.markdown if forged in element.value] == []
    assert [element.value for element in at.caption if forged in element.value] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_fix_can_be_shown(open_page, fp16, lang):
    at = open_page("diagnosis.py", fp16, lang=lang)
    at.toggle(key="all-fixes").set_value(True).run()

    assert not at.exception
    assert len([e for e in at.expander if e.proto.label.startswith("**")]) == 31


def test_a_report_of_the_headroom_shows_its_bars(open_page):
    peaks = (("layers.0", 12.0), ("layers.1", 1e5), ("head", float("inf")))
    report = Report("toy", "headroom", (Fact("probe.headroom", "exceeds", "toy"),), peaks=peaks)
    at = open_page("start.py")
    at.file_uploader[0].upload("headroom.json", json.dumps(to_json(report)).encode()).run()
    at.switch_page("diagnosis.py").run()

    assert not at.exception
    captions = [caption.value for caption in at.caption if "65504" in caption.value]
    assert captions == [
        "3 modules; the largest magnitude is inf, at head; 2 are beyond 65504, where float16 ends."
    ]
