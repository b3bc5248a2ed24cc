"""The command line as a user meets it: output, exit status, one line for bad input."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from kb.load import HERE


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        status = main(list(words))
    except SystemExit as exit_:
        status = int(str(exit_.code))
    out, err = capsys.readouterr()
    return status, out, err


def diagnosed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(capsys, "diagnose", *words, "--format", "json")[1])
    return found


def test_the_documents_run_ends_in_bf16_and_a_patch(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    status, out, err = run(capsys, "diagnose", str(broken / "config.py"), str(broken / "train.log"))

    assert (status, err) == (1, "")
    assert "[fp16-overflow]" in out
    assert "+    dtype='bfloat16')" in out


def test_json_has_the_contracts_form(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    data = diagnosed(capsys, str(broken))

    assert list(data) == [
        "schema",
        "kb",
        "facts",
        "unknown",
        "causes",
        "fixes",
        "next",
        "path",
        "link",
        "explanation",
    ]
    assert data["schema"] == 1
    symptom = next(fact for fact in data["facts"] if fact["id"] == "loss.symptom")
    assert symptom == {
        "id": "loss.symptom",
        "value": "nan-after-steps",
        "state": "measured",
        "source": "train.log:2",
        "unit": "",
    }
    assert data["causes"][0]["id"] == "fp16-overflow"
    assert sum(cause["probability"] for cause in data["causes"]) <= 1.001
    best = data["fixes"][0]
    assert (best["id"], best["rank"], best["possible"], best["document"]) == (
        "use-bf16",
        1,
        True,
        "solutions-1",
    )
    assert best["patch"]["framework"] == "xtuner"
    assert data["next"]["do"] in ("ask", "try", "stop")
    assert data["link"].startswith("?d=2")


def test_a_link_goes_on_where_it_was_made(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    first = diagnosed(capsys, str(broken))
    again = diagnosed(capsys, "--link", first["link"])

    assert [c["probability"] for c in again["causes"]] == [c["probability"] for c in first["causes"]]
    assert again["link"] == first["link"]


def test_what_was_tried_without_help_is_not_proposed_again(
    capsys: pytest.CaptureFixture[str], broken: Path
) -> None:
    data = diagnosed(capsys, str(broken), "--tried", "use-bf16=no-change")

    assert "use-bf16" not in [fix["id"] for fix in data["fixes"]]


def test_a_fix_that_the_gpu_cannot_do_is_marked_and_goes_below(
    capsys: pytest.CaptureFixture[str], broken: Path
) -> None:
    data = diagnosed(capsys, str(broken), "--set", "gpu.bf16=false")

    by_id = {fix["id"]: fix for fix in data["fixes"]}
    assert by_id["use-bf16"]["possible"] is False
    assert data["fixes"][0]["possible"] is True


def test_set_and_a_path_may_stand_in_any_order(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    data = diagnosed(capsys, "--set", "gpu.bf16=true", str(broken))

    assert {"gpu.bf16", "loss.symptom"} <= {fact["id"] for fact in data["facts"]}


def test_a_healthy_run_is_status_0(capsys: pytest.CaptureFixture[str], calm: Path) -> None:
    status, out, _ = run(capsys, "diagnose", str(calm))

    assert status == 0
    assert out.startswith("Nothing abnormal was found.")


def test_without_a_symptom_the_config_alone_is_status_2(
    capsys: pytest.CaptureFixture[str], broken: Path
) -> None:
    status, out, err = run(capsys, "diagnose", str(broken / "config.py"))

    assert status == 2
    assert "[use-bf16]" in out
    assert err.count("\n") == 1


def test_pasted_text_comes_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted = io.TextIOWrapper(io.BytesIO("训练 20 步之后 loss 变成 nan，用的是 fp16。".encode()))
    monkeypatch.setattr("sys.stdin", pasted)

    data = diagnosed(capsys, "--text", "-", "--lang", "zh")

    values = {fact["id"]: fact["value"] for fact in data["facts"]}
    assert values["loss.symptom"] == "nan-after-steps"
    assert values["precision.compute"] == "float16"


@pytest.mark.parametrize("form", ["md", "html", "issue"])
def test_exports_hold_the_first_fix_and_the_link(
    capsys: pytest.CaptureFixture[str], broken: Path, form: str
) -> None:
    out = run(capsys, "diagnose", str(broken), "--format", form)[1]

    assert "use-bf16" in out
    assert "?d=2" in out


def test_a_batch_is_a_line_a_folder_and_never_reads_the_label(
    capsys: pytest.CaptureFixture[str], broken: Path, tmp_path: Path
) -> None:
    case = tmp_path / "cases" / "one"
    (case / "artifacts").mkdir(parents=True)
    (case / "artifacts" / "train.log").write_text((broken / "train.log").read_text())
    (case / "case.yaml").write_text("symptom: zero\n")
    (tmp_path / "cases" / "two").mkdir()
    (tmp_path / "cases" / "two" / "bad.json").write_text('{"a": ')

    status, out, err = run(capsys, "diagnose", "--batch", str(tmp_path / "cases"), "--format", "jsonl")

    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["case"] for line in lines] == ["one", "two"]
    assert status == 1
    assert err.startswith("whynan: two: bad.json")


def test_facts_are_a_line_a_file(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    status, out, _ = run(capsys, "facts", str(broken), "--format", "jsonl")

    config, log = map(json.loads, out.splitlines())
    assert status == 0
    assert config["path"] == str(broken / "config.py")
    assert config["facts"]["precision.compute"] == "float16"
    assert config["where"]["precision.compute"] == "config.py:19"
    assert log["facts"]["loss.first_bad_step"] == 20


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["diagnose"], "nothing to diagnose"),
        (["diagnose", "no-such-file"], "no-such-file: cannot be read"),
        (["diagnose", "--set", "loss.symptm=zero"], "did you mean loss.symptom?"),
        (["diagnose", "--set", "loss.symptom=boom"], "is one of healthy"),
        (["diagnose", "--tried", "use-bf61=worked"], "did you mean use-bf16?"),
        (["diagnose", "--tried", "use-bf16=maybe"], "no outcome is called so"),
        (["diagnose", "--link", "?d=1AAAA"], "The link"),
        (["diagnose", "--batch", "no-such-folder"], "there is no such folder"),
        (["diagnose", "--kb", "no-such-folder"], "cannot be read"),
        (["diagnose", "--format", "pdf"], "invalid choice"),
        (["facts", "no-such-file"], "cannot be read"),
        (["kb", "show", "nonsense"], "there is no such cause"),
        (["kb", "--kb", "no-such-folder", "check"], "there is no facts.yaml"),
        (["pack", "-o", "/no/such/folder/probe.pyz"], "cannot be written"),
        (["serve", "--port", "99999"], "a port is 0 to 65535"),
        (["serve", "--host", "203.0.113.1"], "nothing can listen there"),  # an address of documentation's own
        (["diagnose", "--link", "http://[x"], "no address that can be read"),
        (["kb", "new", "cause", "rays", "--topic", "/dev/null"], "cannot be written"),
        (["dance"], "invalid choice"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    status, _, err = run(capsys, *words)

    assert status == 2
    assert said in err
    assert (err.startswith("whynan: "), err.count("\n")) == (True, 1)


def test_the_knowledge_is_checked_shown_walked_and_exported(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "kb", "check")[0] == 0
    assert "float16 overflows" in run(capsys, "kb", "show", "fp16-overflow")[1]
    assert "symptom: loss.symptom" in run(capsys, "kb", "tree")[1]
    assert "use-bf16" in json.loads(run(capsys, "kb", "export")[1])["fixes"]


def test_a_new_entry_is_begun_and_not_begun_twice(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "kb"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))

    status, out, _ = run(
        capsys, "kb", "--kb", str(folder), "new", "cause", "cosmic-rays", "--topic", "environment"
    )

    assert status == 0
    assert out.count("made; fill in the TODOs") == 2
    assert (folder / "causes/environment/cosmic-rays.yaml").is_file()
    assert run(capsys, "kb", "--kb", str(folder), "new", "cause", "fp16-overflow")[0] == 2


def test_the_claims_beside_the_causes_are_drafted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "kb"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    cases = folder / "causes/environment/summed-loss.test.yaml"
    whole = cases.read_text()
    cases.write_text(whole.partition("- name: what each answer says of it")[0])

    status, out, _ = run(capsys, "kb", "--kb", str(folder), "check", "--update")

    assert status == 0
    assert f"{cases}: claims made anew; read what has changed" in out
    assert cases.read_text() == whole


def test_the_shared_cases_run_through(capsys: pytest.CaptureFixture[str], shared: Path) -> None:
    status, out, err = run(capsys, "diagnose", "--batch", str(shared / "cases"), "--format", "jsonl")

    assert len(out.splitlines()) == len(list((shared / "cases").glob("*/case.yaml")))
    assert (status, err) == (1, "")


def test_every_step_of_a_log_is_a_row(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("step 1: loss 1.5\nstep 2: loss nan, grad_norm 0.5\n")

    assert run(capsys, "series", str(log)) == (0, "step,loss,grad_norm\n1,1.5,nan\n2,nan,0.5\n", "")


@pytest.mark.parametrize("text", [None, "no loss here\n", "step 1: loss 1.5\n".encode("utf-16")])
def test_a_log_without_a_series_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | bytes | None
) -> None:
    log = tmp_path / "train.log"
    if text is not None:
        log.write_bytes(text if isinstance(text, bytes) else text.encode())

    status, out, err = run(capsys, "series", str(log))

    assert (status, out) == (2, "")
    assert err.startswith("whynan: train.log: ")
    assert err.count("\n") == 1
