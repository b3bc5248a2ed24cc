import json

from app import jobs
from app.ui import read_large
from probes.logs import large
from probes.report import from_json


def test_a_log_that_was_sent_is_printed_as_reports_that_the_page_reads(tmp_path, capsys):
    path = tmp_path / "train.log"
    path.write_text("".join(f"step {step}: loss {2 - step / 2_000:.5f}\n" for step in range(2_000)))

    assert read_large.main(str(path)) == 0

    (report,) = [from_json(one, "train.log") for one in json.loads(capsys.readouterr().out)]
    assert report.values()["loss.symptom"] == "healthy"
    assert report.curve[0] == (0, 2.0)


def test_what_cannot_be_read_is_one_line_and_a_status(tmp_path, capsys):
    assert read_large.main(str(tmp_path / "missing.log")) == 2

    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    assert error.startswith("missing.log: ")


def test_how_far_it_is_goes_to_standard_error_as_jobs_read_it(tmp_path, capsys, monkeypatch):
    path = tmp_path / "train.log"
    path.write_text("".join(f"step {step}: loss {2 - step / 20_000:.5f}\n" for step in range(20_000)))
    monkeypatch.setattr(read_large, "MEGABYTE", 100_000)
    monkeypatch.setattr(large, "OFTEN", 10_000)

    read_large.main(str(path))

    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [one["done"] for one in told] == [0, 1, 2, 3, 4]
    assert {one["of"] for one in told} == {path.stat().st_size // 100_000}
    assert jobs._step(json.dumps(told[1])) == jobs.Step("read", 1, 4)
