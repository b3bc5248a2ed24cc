from __future__ import annotations

import json
import sys
import time

import pytest

from app import jobs
from app.link import decode, encode
from app.session import Session
from probes.report import Fact, Report, to_json


def titles(at) -> list[str]:
    return [element.value for element in at.markdown if element.value.startswith("#")]


def texts(at) -> list[str]:
    return [element.value for element in at.text]


def test_a_symptom_that_is_chosen_is_an_answer_in_the_address(open_page):
    at = open_page("start.py")
    at.get("pills")[0].set_value("nan-after-steps").run()

    assert not at.exception
    assert decode(at.query_params["d"]).answers == (("loss.symptom", "nan-after-steps"),)


def test_a_symptom_that_is_chosen_no_more_is_no_answer(open_page):
    at = open_page("start.py")
    at.get("pills")[0].set_value("zero").run()
    at.get("pills")[0].set_value(None).run()

    assert "d" not in at.query_params


def test_files_are_read_with_their_lines_and_a_bad_one_is_one_line(open_page, log, config):
    at = open_page("start.py")
    uploader = at.file_uploader[0]
    uploader.upload("train.log", log.encode())
    uploader.upload("broken.bin", b"\x00\x01\x02" * 500)
    uploader.upload("config.py", config.encode()).run()

    assert not at.exception
    lines = [line.replace("\\", "") for item in at.markdown for line in item.value.splitlines()]
    rows = {cells[0]: tuple(cells[1:]) for line in lines if len(cells := line.strip("| ").split(" | ")) == 3}
    assert rows["first bad step"] == ("20", "2")
    assert rows["computing format"] == ("float16", "19")
    assert [line for line in texts(at) if line.startswith("broken.bin")] != []
    assert {report.kind for report in decode(at.query_params["d"]).reports} == {"config", "log"}


def test_no_name_and_no_text_of_a_file_is_in_the_address(open_page, log):
    at = open_page("start.py")
    at.file_uploader[0].upload("secret-project.log", log.encode()).run()

    session = decode(at.query_params["d"])
    assert "secret" not in repr(session)
    assert "mmengine - INFO" not in repr(session)


def test_a_file_can_be_removed_again(open_page, log, config):
    at = open_page("start.py")
    at.file_uploader[0].upload("train.log", log.encode()).run()
    at.file_uploader[0].upload("config.py", config.encode()).run()
    at.button(key="drop-log-train.log").click().run()

    assert [report.kind for report in decode(at.query_params["d"]).reports] == ["config"]


def test_pasted_text_is_read(open_page, log):
    at = open_page("start.py")
    at.text_area[0].set_value(log)
    at.button[[button.label for button in at.button].index("Read it")].click().run()

    assert not at.exception
    assert decode(at.query_params["d"]).reports[0].values()["loss.first_bad_step"] == 20


def test_the_way_on_leads_to_the_question_that_is_worth_most(open_page, log):
    at = open_page("start.py")
    at.file_uploader[0].upload("train.log", log.encode()).run()
    at.button(key="go").click().run()

    assert not at.exception
    assert [button.key for button in at.button if button.key.startswith("answer-")] != []


def test_a_link_from_outside_is_read_only_until_one_goes_on(open_page, fp16):
    at = open_page("start.py", fp16)
    keys = [button.key for button in at.button]
    assert "continue" in keys
    assert [key for key in keys if key.startswith("tried-")] == []
    assert "#### 1. Compute in bfloat16" in titles(at)

    at.button(key="continue").click().run()
    assert at.query_params["d"] == encode(fp16)
    assert "continue" not in [button.key for button in at.button]


@pytest.mark.parametrize("page", ["start.py", "wizard.py", "diagnosis.py"])
def test_a_damaged_link_is_one_sentence(open_page, fp16, page):
    link = encode(fp16)
    at = open_page(page, d=link[:-3] + ("A" if link[-3] != "A" else "B") + link[-2:])

    assert [error.value.splitlines() for error in at.error] == [[at.error[0].value]]
    assert "damaged" in at.error[0].value


def test_a_link_of_another_knowledge_says_so(open_page, fp16):
    at = open_page("start.py", fp16.stamp("0123456789"))

    assert [caption.value for caption in at.caption if "0123456789" in caption.value] != []


def test_a_read_only_server_takes_no_files_and_measures_nothing(open_page, monkeypatch):
    monkeypatch.setenv("WHYNAN_READ_ONLY", "1")
    at = open_page("start.py")

    assert len(at.file_uploader) == 0
    assert "probe" not in [button.key for button in at.button]
    assert len(at.get("pills")) == 1


def test_without_probes_this_machine_is_left_alone(open_page, monkeypatch):
    monkeypatch.setenv("WHYNAN_NO_PROBES", "1")

    assert "probe" not in [button.key for button in open_page("start.py").button]


def test_the_page_speaks_chinese(open_page):
    assert "## 你的训练出了什么问题？" in titles(open_page("start.py", lang="zh"))


def test_the_other_language_keeps_the_place(open_page, fp16):
    at = open_page("diagnosis.py", fp16)
    at.button(key="language").click().run()

    assert (at.query_params["lang"], at.query_params["d"]) == ("zh", encode(fp16))
    assert "#### 1. 改用 bfloat16 计算" in titles(at)


def waited(at, job: str) -> None:
    while jobs.view(job).state == jobs.RUNNING:
        time.sleep(0.05)
    at.run()


def test_a_probe_of_this_machine_joins_the_session(open_page, monkeypatch, tmp_path):
    report = Report("this machine", "machine", (Fact("gpu.bf16", True, "nvidia-smi"),))
    go = tmp_path / "go"  # it ends once the page has been seen with it under way
    wait = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)\n"
    code = f"{wait}print({json.dumps(to_json(report))!r})"
    start = jobs.start
    monkeypatch.setattr(jobs, "start", lambda what, _: start(what, [sys.executable, "-c", code]))
    at = open_page("start.py")
    at.button(key="probe").click().run()
    assert not at.exception
    assert "cancel" in [button.key for button in at.button]

    go.touch()
    waited(at, at.query_params["job"])
    assert not at.exception
    assert decode(at.query_params["d"]).reports[0].values() == {"gpu.bf16": True}
    assert "job" not in at.query_params


def test_a_probe_that_fails_says_why(open_page, monkeypatch):
    start = jobs.start
    code = "import sys; sys.exit('whynan: no driver, on this machine, install one')"
    monkeypatch.setattr(jobs, "start", lambda what, _: start(what, [sys.executable, "-c", code]))
    at = open_page("start.py")
    at.button(key="probe").click().run()
    if "job" in at.query_params:
        waited(at, at.query_params["job"])

    assert "whynan: no driver, on this machine, install one" in texts(at)


def test_a_job_that_nobody_knows_is_no_traceback(open_page):
    at = open_page("start.py", Session().answer("loss.symptom", "zero"), job="gone")

    assert not at.exception
