import math
import random

import pytest

from probes.logs import series
from probes.logs.figures_numpy import THERE

HEAD = "07/18 09:12:01 - mmengine - INFO - "
# How the formats print step `s` of `n` with loss `x` and gradient norm `g`.
LINES = {
    "mmengine": HEAD + "Iter(train) [{s:>6}/{n}]  grad_norm: {g:.4f}  loss: {x:.4f}\n",
    "epochs": HEAD + "Epoch(train) [{e}][{s:>6}/{n}]  grad_norm: {g}  loss: {x:.4f}\n",
    "trainer": "{{'loss': {x:.4f}, 'grad_norm': {g}, 'learning_rate': 2e-05, 'epoch': 0.5}}\n",
    "JSON": '{{"current_steps": {s}, "total_steps": {n}, "loss": {x:.4f}, "grad_norm": {g:.3e}}}\n',
    "Megatron": " iteration {s:>8}/{n:>8} | lm loss: {x:.6E} | grad norm: {g:.3f} | "
    "number of skipped iterations:   0 | number of nan iterations: {m:>3} |\n",
    "nanoGPT": "step {s}: loss {x:.4f}, aux_loss 0.0000, grad_norm {g:.3f}\n",
    "DeepSpeed": "steps: {s} loss: {x:.4f} iter time (s): 3.213 samples/sec: 4.980\n",
}
COUNT = 3_000


def log(line):
    """A made log: losses and norms of many sizes, some NaN and Inf, other lines in between, a restart."""
    chance = random.Random(line)
    for index in range(COUNT):
        step = index if index < 2_000 else index - 500
        loss, norm = (chance.lognormvariate(0, 3) for _ in range(2))
        bad = chance.random() < 0.01 or index > 2_900
        if bad and "nan iterations" not in line:
            loss, norm = chance.choice([math.nan, math.inf]), math.nan
        yield line.format(s=step + 9, n=9_000, x=loss, g=norm, m=int(bad), e=step // 1_000 + 1)
        if chance.random() < 0.2:
            yield "WARNING: the loss of a worker was not classified, 16 passes\n"


def columns(path, small):
    rows = [
        tuple(map(float, row))
        for points in series.read(path, small=small)
        for row in zip(*points, strict=True)
    ]
    return [tuple("nan" if math.isnan(number) else number for number in row) for row in rows]


@pytest.mark.skipif(not THERE, reason="without numpy both are read line by line")
@pytest.mark.parametrize("name", LINES)
def test_many_lines_at_once_say_what_each_says(tmp_path, monkeypatch, name):
    monkeypatch.setattr(series, "STRETCH", 50_000)
    path = tmp_path / "train.log"
    path.write_text("".join(log(LINES[name])))

    fast, slow = columns(path, small=0), columns(path, small=10**9)

    assert len(slow) == COUNT
    assert fast == slow


def test_steps_in_a_stamp_are_not_taken_for_the_step(tmp_path):
    path = tmp_path / "train.log"
    lines = [
        f"2024/07/18 09:{index // 60 % 60:02}:{index % 60:02} - mmengine - INFO - Iter(train) "
        f"[{index + 9:>6}/9000]  grad_norm: 1.5  loss: {2 - index / 10_000:.4f}\n"
        for index in range(3_000)
    ]
    path.write_text("".join(lines))

    assert [row[0] for row in columns(path, small=0)] == [index + 9 for index in range(3_000)]


def test_a_log_without_losses_has_no_points(tmp_path):
    path = tmp_path / "train.log"
    path.write_text("nothing\n" * 100)

    assert columns(path, small=0) == columns(path, small=10**9) == []
