import math
import random

import pytest

from probes.logs import extremes, figures, large, source
from probes.logs.large import read_file
from probes.report import Fact, to_json

# How the formats print step `s` of `n` with loss `x` and gradient norm `g`.
LINES = {
    "mmengine": lambda s, x, g, n: (
        f"07/18 09:12:01 - mmengine - INFO - Iter(train) [{s:>6}/{n}]  lr: 2.0000e-05  grad_norm: {g:.4f}  "
        f"loss: {x:.4f}\n"
    ),
    "trainer": lambda s, x, g, n: (
        f"{{'loss': {x:.4f}, 'grad_norm': {g}, 'learning_rate': 2e-05, 'epoch': {s / n:.2f}}}\n"
    ),
    "trainer with a bar": lambda s, x, g, n: (
        f"\r {100 * s // n:>2}%|██        | {s}/{n} [05:00<36:40,  2.50s/it]\r{{'loss': '{x:.4f}', "
        f"'grad_norm': '{g:.4f}', 'learning_rate': '2e-05'}}\n"
    ),
    "JSON": lambda s, x, g, n: (
        f'{{"current_steps": {s}, "total_steps": {n}, "loss": {x:.4f}, "grad_norm": {g:.4f}}}\n'.replace(
            "nan", "NaN"
        )
    ),
    "Megatron": lambda s, x, g, n: (
        f" iteration {s:>8}/{n:>8} | lm loss: {1.5 if math.isnan(x) else x:.6E} | grad norm: {g:.3f} | "
        f"number of skipped iterations:   0 | number of nan iterations: {math.isnan(x):>3} |\n"
    ),
    "with an auxiliary loss": lambda s, x, g, n: (
        f"step {s}: loss {x:.4f}, aux_loss 0.0000, grad_norm {g:.3f}\n"
    ),
    "steps of an epoch": lambda s, x, g, n: (
        f"epoch {s // 500} step {s % 500} loss {x:.4f} grad_norm {g:.4f}\n"
    ),
    "torchtune": lambda s, x, g, n: f"Step {s} | loss:{x} lr:2e-05 grad_norm:{g} \n",
}
OVERFLOW = "[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768\n"
COUNT = 1_000
DECIDED = (
    "loss.symptom",
    "loss.first_bad_step",
    "loss.last_good",
    "loss.before",
    "loss.hidden_nan",
    "gradient.trend",
    "log.message",
)


def log(line, fault, seed):
    """A made log in which the fault begins, or happens, in some place."""
    chance = random.Random(seed)
    at = chance.randrange(COUNT // 4, COUNT // 2)
    for step in range(COUNT):
        loss, norm = 1.2 + math.exp(-step / 500) + chance.gauss(0, 0.03), abs(chance.gauss(1, 0.1))
        if (fault == "nan" and step >= at) or (fault == "one nan" and step == at):
            loss = norm = math.nan
        if fault == "zero" and step >= at:
            loss, norm = 0.0, math.nan
        if fault == "gradient" and step >= at:
            norm = math.nan
        if fault == "inf" and step >= at:
            loss = math.inf if step < at + 3 else math.nan
        if step == at:
            yield {"overflow": OVERFLOW, "message": "tokenization mismatch: 385 vs. 399. (ignored)\n"}.get(
                fault, ""
            )
        yield line(step, loss, norm, COUNT)
        if chance.random() < 0.1:
            yield "\x1b[33mWARNING\x1b[0m: the loss of a worker was not classified, 16 passes\n"


def decided(report, *facts):
    return {fact: value for fact, value in report.values().items() if fact in facts}


@pytest.mark.parametrize(
    "fault", ["none", "nan", "one nan", "zero", "gradient", "inf", "overflow", "message"]
)
@pytest.mark.parametrize("name", LINES)
def test_a_large_log_says_what_it_says_read_line_by_line(tmp_path, monkeypatch, name, fault):
    monkeypatch.setattr(large, "AROUND", 4_000)
    path = tmp_path / "train.log"
    path.write_bytes("".join(log(LINES[name], fault, f"{name} {fault}")).encode())

    whole, picked = read_file(path, small=10**9), read_file(path, small=0, stretches=20)

    assert decided(picked, *DECIDED) == decided(whole, *DECIDED)
    placed = ("loss.first_bad_step", "log.message")
    assert [fact for fact in picked.facts if fact.id in placed] == [
        fact for fact in whole.facts if fact.id in placed
    ]


LONG = 6_000
EVALUATION = "{{'eval_loss': {loss}, 'eval_runtime': 12.3, 'epoch': 0.5}}\n"


def long_log(line, fault, seed):
    """A made log in which every stretch holds many lines."""
    chance = random.Random(seed)
    at = chance.randrange(LONG // 3, LONG - LONG // 8)
    falls = {
        "scale falls": range(at, LONG, 40),
        "first skips": range(0, 60, 10),
        "steady scale": range(0, at, 1_500),
    }
    restart = chance.randrange(at // 2, at - 10)
    for index in range(LONG):
        step = index if fault != "restart" or index < at else index - at + restart
        loss, norm = 1.2 + math.exp(-step / 2_000) + chance.gauss(0, 0.02), abs(chance.gauss(1, 0.1))
        if fault == "late gradient" and index >= at:
            norm = math.nan
        if fault == "intermittent" and index in (at, at + 400, at + 401):
            loss = math.nan
        if fault == "zero" and index >= at:
            loss, norm = 0.0, math.nan
        if fault == "zero without norms" and index >= at:
            loss, norm = 0.0, 0.0
        if fault in ("restart", "nan") and index >= LONG - 300:
            loss = norm = math.nan
        if fault == "spike" and at <= index < at + 3:
            loss *= 6
        if index in falls.get(fault, ()):
            scale = 65_536 if fault == "steady scale" else 2 ** (16 - min(15, falls[fault].index(index)))
            yield OVERFLOW.replace("65536", str(scale)).replace("32768", str(scale // 2))
        yield line(step, loss, norm, LONG)
        if step % 500 == 499:
            yield EVALUATION.format(
                loss="nan" if fault == "evaluation" and step > at else f"{loss + 0.05:.4f}"
            )


@pytest.mark.parametrize(
    "fault",
    [
        *("none", "late gradient", "intermittent", "zero", "zero without norms", "restart", "nan", "spike"),
        *("scale falls", "first skips", "steady scale", "evaluation"),
    ],
)
@pytest.mark.parametrize("name", ["mmengine", "trainer", "JSON", "Megatron"])
def test_many_lines_a_stretch_say_the_same_too(tmp_path, monkeypatch, name, fault):
    monkeypatch.setattr(large, "AROUND", 8_000)
    path = tmp_path / "train.log"
    path.write_text("".join(long_log(LINES[name], fault, f"{name} {fault}")))

    whole, picked = read_file(path, small=10**9), read_file(path, small=0, stretches=100)

    facts = (*DECIDED, "loss_scale.trend")
    assert decided(picked, *facts) == decided(whole, *facts)
    placed = ("loss.first_bad_step", "log.message")
    assert [fact for fact in picked.facts if fact.id in placed] == [
        fact for fact in whole.facts if fact.id in placed
    ]


@pytest.mark.parametrize("name", ["mmengine", "trainer"])
def test_it_says_the_same_without_numpy(tmp_path, monkeypatch, name):
    path = tmp_path / "train.log"
    path.write_bytes("".join(log(LINES[name], "nan", 1)).encode())

    fast = read_file(path, small=0, stretches=20)
    monkeypatch.setattr(extremes, "FIGURES", figures)
    monkeypatch.setattr(source, "np", None)

    assert to_json(read_file(path, small=0, stretches=20)) == to_json(fast)


def test_a_restart_and_its_second_fault_are_found_in_their_place(tmp_path):
    path = tmp_path / "train.log"
    steps = [*range(2_000), *range(1_950, 4_000)]
    path.write_text(
        "".join(
            f"{step}: step {step} loss: {'nan' if index == 3_333 else 2 - step / 4_000:.4}\n"
            for index, step in enumerate(steps)
        )
    )

    report = read_file(path, small=0, stretches=40)

    assert Fact("loss.first_bad_step", steps[3_333], "train.log:3334") in report.facts


@pytest.mark.parametrize("small", [0, 10**9])
def test_progress_goes_on_through_the_file(tmp_path, monkeypatch, small):
    monkeypatch.setattr(large, "OFTEN", 1_000)
    path = tmp_path / "train.log"
    path.write_text("".join(log(LINES["mmengine"], "none", 1)))
    told = []

    read_file(path, small=small, stretches=20, progress=lambda done, of: told.append((done, of)))

    done = [one for one, _ in told]
    assert len(done) >= 19
    assert done == sorted(done)
    assert {of for _, of in told} == {path.stat().st_size}
