import json
from pathlib import Path

import pytest

from app import capsule
from app.cli import main
from app.conclusion import conclude
from app.session import Session
from probes import files
from probes.report import ReadError, Report

CAPSULES = Path(__file__).parent / "capsules"
# Each was written by an early version of whynan, v1-h100 on a real machine: its verdict, and what was told.
GOLDEN = {
    "v1-run.json": ("abnormal", ["run.last_change", "data.same_batch"], {"clip-gradients": "no-change"}),
    "v1-machine.json": ("unjudged", [], {}),
    "v1-h100.json": ("unjudged", [], {}),
    "v1-worn-gpu.json": ("abnormal", [], {}),
}


def opened(text):
    return Session().read(*files.read_text(text, "case.json"))


@pytest.mark.parametrize("name", GOLDEN)
def test_a_capsule_opens_for_ever(knowledge, name):
    text = (CAPSULES / name).read_text("utf-8")
    verdict, answers, tried = GOLDEN[name]
    recorded = json.loads(text)

    session = opened(text)

    again = json.loads(capsule.text(session))
    assert [report for report in again["reports"] if report["kind"] != "told"] == [
        report for report in recorded.get("reports", [recorded]) if report["kind"] != "told"
    ]
    assert ([fact for fact, _ in session.answers], dict(session.tried)) == (answers, tried)
    assert conclude(knowledge, session).verdict == verdict


def test_every_recorded_capsule_is_opened():
    assert {path.name for path in CAPSULES.iterdir()} == set(GOLDEN)


@pytest.fixture
def diagnosed(capsys, tmp_path):
    """What `whynan diagnose` prints."""

    def run(*arguments):
        status = main(["diagnose", *map(str, arguments)])
        return status, capsys.readouterr().out

    return run


def test_a_capsule_replays_the_diagnosis(diagnosed, tmp_path, log, config):
    (tmp_path / "train.log").write_text(log)
    (tmp_path / "config.py").write_text(config)
    told = ["--set", "run.last_change=first-run", "--tried", "clip-gradients=no-change"]
    given = [tmp_path / "train.log", tmp_path / "config.py", *told]
    status, text = diagnosed(*given, "--format", "capsule")
    (tmp_path / "case.json").write_text(text)

    first, again = (diagnosed(*paths, "--format", "json") for paths in (given, [tmp_path / "case.json"]))

    assert (status, first[0], again[0]) == (1, 1, 1)
    original, replayed = (json.loads(out) for _, out in (first, again))
    for data in (original, replayed):
        for fix in data["fixes"]:
            del fix["patch"]  # that of the user's own file needs the file
    assert original == replayed


def test_no_text_of_a_file_is_in_it(tmp_path, log, config):
    marked = config + "\nsecret = 'hunter2'  # of nobody else\n"

    text = capsule.text(
        Session().read(*files.read_text(marked, "config.py"), *files.read_text(log, "train.log"))
    )

    assert "hunter2" not in text
    assert "of nobody else" not in text


def test_what_a_person_told_comes_back_and_a_later_word_counts():
    told = Session().answer("gpu.bf16", True).answer("run.last_change", None).outcome("use-bf16", "worse")

    session = opened(capsule.text(told))

    assert session == told
    assert session.answer("gpu.bf16", False).read(*session.reports).answers == (
        ("run.last_change", None),
        ("gpu.bf16", False),
    )
    assert Session().answer("gpu.bf16", False).read(told.told()).answers == told.answers


@pytest.mark.parametrize("reports", [[], {}, "x", [1], [{"whynan": 2}], [{"whynan": 1, "name": "a"}]])
def test_a_damaged_capsule_is_refused_in_one_line(reports):
    with pytest.raises(ReadError, match=r"^case\.json: [^\n]+$"):
        files.read_text(json.dumps({"whynan": 1, "reports": reports}), "case.json")


def test_an_empty_session_is_a_capsule_too():
    assert opened(capsule.text(Session())) == Session()
    assert Session().told() == Report("answers", "told")
