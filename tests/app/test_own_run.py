"""Try it: what a user's numbers become on the small model, and real runs of a few steps by the command."""

import json
import math

import pytest

from app import own_run
from app.cli import main
from app.own_run import plan
from probes.lab import Settings


def test_a_users_numbers_become_the_small_models():
    facts = {
        "precision.compute": "float16",
        "precision.weights": "float16",
        "optimizer.name": "paged_adamw_8bit",
        "optimizer.learning_rate": 2e-5,
        "optimizer.max_grad_norm": "none",
        "schedule.warmup": False,
        "batch.per_device": 32,
        "batch.accumulation": 2,
    }

    planned = plan(facts)

    assert planned.settings == Settings(
        precision="float16",
        weights="float16",
        learning_rate=1e-3,
        max_grad_norm=None,
        warmup=0,
        accumulation=2,
        headroom=0.98,
        overflows_at="residual",
        steps=60,
    )
    assert [name for name, _ in planned.notes] == [
        "tryit.note_rate",
        "tryit.note_batch",
        "tryit.note_activations",
    ]


def test_without_a_number_it_is_the_labs_healthy_run():
    assert plan({}).settings == Settings(steps=80, overflows_at="residual")


def test_lora_and_sgd_have_rates_of_their_own():
    assert plan(
        {"lora.enabled": True, "optimizer.learning_rate": 2e-4}
    ).settings.learning_rate == pytest.approx(3e-3)
    assert plan({"optimizer.name": "sgd", "optimizer.learning_rate": 0.1}).settings.learning_rate == 0.1


def test_mixed_float16_has_a_loss_scale_and_bfloat16_none():
    assert plan({"precision.compute": "float16"}).settings.loss_scale == "dynamic"
    assert plan({"precision.compute": "bfloat16"}).settings.loss_scale is None


@pytest.mark.parametrize("rate", ["fast", "nan", "-1", "0"])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match=f"^{rate} is no positive number$"):
        plan({"optimizer.learning_rate": rate})


def test_only_fixes_that_change_something_are_offered():
    fixes = plan({"precision.compute": "bfloat16"}).fixes()

    assert "use-fp32" in fixes
    assert "use-bf16" not in fixes


@pytest.fixture
def short(monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed, say `make install`")
    monkeypatch.setattr(own_run, "STEPS", dict.fromkeys(range(1, 5), 4))


def test_the_command_runs_it_with_and_without_the_fix(short, capsys):
    numbers = ["--precision", "float16", "--weights", "float16", "--learning-rate", "2e-5"]
    status = main(["lab", "run", *numbers, "--fix", "use-bf16", "--format", "json", "--progress"])

    printed = capsys.readouterr()
    found = json.loads(printed.out)
    steps = [json.loads(line) for line in printed.err.splitlines()]
    assert status == 1
    assert found["without"]["loss"][-1] == "nan"
    assert all(isinstance(loss, float) and math.isfinite(loss) for loss in found["with"]["loss"])
    assert (steps[0]["step"], steps[-1]) == ("without", {"step": "with", "done": 8, "of": 8})
    assert found["limits"]


def test_the_numbers_of_a_config_are_taken_and_an_option_comes_before_them(short, tmp_path, config, capsys):
    (tmp_path / "config.py").write_text(config)

    status = main(["lab", "run", "--from", str(tmp_path), "--learning-rate", "1e-5", "--format", "json"])

    facts = json.loads(capsys.readouterr().out)["facts"]
    assert status in (0, 1)
    assert (facts["precision.compute"], facts["optimizer.learning_rate"]) == ("float16", "1e-5")


def test_the_text_has_both_curves_side_by_side(short, capsys):
    main(["lab", "run", "--precision", "bfloat16", "--fix", "use-fp32"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["step", "as", "it", "is", "use-fp32"]
    assert lines[1].count("loss") == 2
    assert any(line.startswith("- What a small model shows") for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "neither a fault nor a number of yours"),
        (["--learning-rate", "fast"], "fast is no positive number"),
        (
            ["--precision", "float32", "--fix", "use-fp32"],
            "use-fp32 changes nothing in this run, take one of ",
        ),
        (["--from", "missing.yaml"], "missing.yaml"),
    ],
)
def test_what_cannot_be_run_is_one_line(words, said, capsys):
    assert main(["lab", "run", *words]) == 2

    line = capsys.readouterr().err
    assert line.startswith("whynan: ")
    assert said in line
    assert line.count("\n") == 1
