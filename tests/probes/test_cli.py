import json
import sys

import pytest

from probes import cli, machine, shell
from probes.report import Fact, Report, Unknown, to_json

NO_TORCH = ("torch is not installed in this Python", "run the probe with the Python that trains")
REPORT = Report(
    name="this machine",
    kind="machine",
    facts=(
        Fact("gpu.name", "NVIDIA A100-SXM4-80GB", "NVML"),
        Fact("gpu.bf16", True, "compute capability, NVML"),
        Fact("numerics.bfloat16_overflows_at", 3.39617752923046e38, "self-test on cuda:0"),
    ),
    unknown=(
        Unknown("version.torch", *NO_TORCH),
        Unknown("gpu.memory_gib", "NVML does not tell it"),
        Unknown("gpu.numerics", *NO_TORCH),
    ),
)

TEXT = """\
this machine

  gpu.name                        NVIDIA A100-SXM4-80GB  NVML
  gpu.bf16                        yes                    compute capability, NVML
  numerics.bfloat16_overflows_at  3.39618e+38            self-test on cuda:0

not known

  version.torch, gpu.numerics
      torch is not installed in this Python; run the probe with the Python that trains
  gpu.memory_gib
      NVML does not tell it
"""


@pytest.fixture
def probed(monkeypatch):
    """Put a report in the place of this machine's; gives the list of depths that were asked for."""

    def put(report):
        asked = []

        def probe(tests, progress):
            asked.append(tests)
            progress("gpu", 0, 2)
            progress("arithmetic", 1, 2)
            return report

        monkeypatch.setattr(machine, "probe", probe)
        return asked

    return put


def test_the_text_is_in_columns_and_groups_what_is_unknown_for_the_same_reason(probed, capsys):
    asked = probed(REPORT)

    assert cli.main([]) == 0
    assert capsys.readouterr() == (TEXT, "")
    assert asked == ["quick"]


def test_long_reasons_are_wrapped_and_commands_stay_whole():
    why = "a reason " * 20 + "python -c nothing-is-broken-at-a-hyphen"

    text = cli.text(Report("this machine", "machine", unknown=(Unknown("gpu.name", why),)))

    assert max(map(len, text.splitlines())) <= 100
    assert "nothing-is-broken-at-a-hyphen" in text


def test_json_is_the_report(probed, capsys):
    asked = probed(REPORT)

    assert cli.main(["--format", "json", "--tests", "full"]) == 0
    assert json.loads(capsys.readouterr().out) == to_json(REPORT)
    assert asked == ["full"]


def test_progress_is_a_json_line_a_step_on_standard_error(probed, capsys):
    probed(REPORT)

    cli.main(["--progress"])

    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"step": "gpu", "done": 0, "of": 2},
        {"step": "arithmetic", "done": 1, "of": 2},
    ]


@pytest.mark.parametrize(("value", "status"), [("ok", 0), ("wrong", 1), ("unstable", 1)])
def test_a_gpu_that_computes_wrong_is_status_1(probed, value, status, capsys):
    probed(Report("this machine", "machine", (Fact("gpu.numerics", value, "self-test on cuda:0"),)))

    assert cli.main([]) == status


@pytest.mark.parametrize("arguments", [["--format", "xml"], ["--tests", "all"], ["--no-such"], ["word"]])
def test_bad_arguments_are_one_line_and_status_2(arguments, capsys):
    assert cli.main(arguments) == 2

    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("whynan: ")
    assert err.endswith(", in the arguments of the probe, see --help\n")


def test_help_says_what_each_step_touches(capsys):
    assert cli.main(["--help"]) == 0

    said = capsys.readouterr().out
    assert [step.name for step in machine.STEPS if f"  {step.name}: {step.touches}\n" not in said] == []


def test_an_interruption_is_one_line(monkeypatch, capsys):
    def interrupted(tests, progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(machine, "probe", interrupted)

    assert cli.main([]) == 130
    assert capsys.readouterr().err == "whynan: interrupted, nothing was reported, start the probe again\n"


def test_python_m_probes_probes_this_machine():
    ended = shell.run((sys.executable, "-m", "probes", "--format", "json", "--tests", "none"), 120)

    assert (ended.status, ended.err) == (0, "")
    assert json.loads(ended.out)["kind"] == "machine"
