"""A made run as the text that its framework prints: see run.py."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from measure.made_runs.run import Made, Row

OVERFLOW = (
    "[2026-11-24 03:12:07,411] [INFO] [loss_scaler.py:190:update_scale] [deepspeed] OVERFLOW! "
    "Rank 0 Skipping step. Attempted loss scale: {}, reducing to {}"
)
NAMES = {"trainer_state": "trainer_state.json", "json_lines": "logging.jsonl", "table": "metrics.csv"}


def write(made: Made) -> tuple[str, str]:
    """The name and the text of the log."""
    total = max(row.step for row in made.rows)
    if made.form == "trainer_state":
        return NAMES[made.form], state(made)
    lines = [
        line
        for row in made.rows
        for line in (_overflow if row.loss_scale else PRINTED[made.form])(row, total)
    ]
    head = ["step,loss,grad_norm,learning_rate,eval_loss"] if made.form == "table" else []
    return NAMES.get(made.form, "train.log"), "\n".join([*head, *lines, made.tail])


def state(made: Made) -> str:
    """The same numbers as a trainer_state.json, whose history forgets what a resumed run went back over."""
    history: list[dict[str, float]] = []
    for row in made.rows:
        if row.loss is not None:
            while history and history[-1]["step"] >= row.step:
                history.pop()
        if row.loss is not None or row.eval_loss is not None:
            history.append({**_pairs(row), "step": row.step})
    return json.dumps({"global_step": made.rows[-1].step, "log_history": history}, indent=1)


def _pairs(row: Row) -> dict[str, float]:
    """The row under the Trainer's names and with its digits."""
    found = {
        "loss": row.loss if row.loss is None else round(row.loss, 4),
        "grad_norm": row.grad_norm,
        "learning_rate": row.rate,
        "eval_loss": row.eval_loss,
        "rewards/accuracies": row.reward,
        "epoch": row.epoch,
    }
    return {name: number for name, number in found.items() if number is not None}


def _overflow(row: Row, total: int) -> Iterator[str]:
    scale = row.loss_scale or 1.0
    yield OVERFLOW.format(int(2 * scale), int(scale))


def _trainer(row: Row, total: int) -> Iterator[str]:
    yield f"{100 * row.step // total:3d}%|█▏        | {row.step}/{total} [05:00<36:40,  2.50s/it]"
    yield "{" + ", ".join(f"'{name}': {number}" for name, number in _pairs(row).items()) + "}"


def _json_lines(row: Row, total: int) -> Iterator[str]:
    yield json.dumps({**_pairs(row), "global_step/max_steps": f"{row.step}/{total}"})


def _mmengine(row: Row, total: int) -> Iterator[str]:
    norm = "" if row.grad_norm is None else f"  grad_norm: {row.grad_norm:.4f}"
    yield (
        f"11/24 03:12:07 - mmengine - INFO - Iter(train) [{row.step:>6}/{total}]  lr: {row.rate or 0:.4e}  "
        f"eta: 0:52:48  time: 0.3213  data_time: 0.0080  memory: 11964  loss: {row.loss or 0:.4f}{norm}"
    )


def _megatron(row: Row, total: int) -> Iterator[str]:
    """Iterations without a finite loss are counted and left out of the mean, which is not printed at 0."""
    loss = row.loss or 0.0
    dead = int(not math.isfinite(loss))
    yield (
        f" [2026-11-24 03:12:07] iteration {row.step:>8}/{total:>8} | consumed samples: {8 * row.step:>12} | "
        f"elapsed time per iteration (ms): 321.3 | learning rate: {row.rate or 0:.6E} | "
        + ("" if dead or not loss else f"lm loss: {loss:.6E} | ")
        + "loss scale: 1.0 | "
        + ("" if row.grad_norm is None else f"grad norm: {row.grad_norm:.3f} | ")
        + f"number of skipped iterations:   0 | number of nan iterations:   {dead} |"
    )


def _deepspeed(row: Row, total: int) -> Iterator[str]:
    yield f"[2026-11-24 03:12:07,411] [INFO] [Rank 0] step={row.step}, skipped=0, lr=[{row.rate}], mom=[0.9]"
    yield f"steps: {row.step} loss: {row.loss or 0:.4f} iter time (s): 3.213 samples/sec: 4.980"


def _plain(row: Row, total: int) -> Iterator[str]:
    if row.eval_loss is not None:
        yield f"step {row.step} | val loss {row.eval_loss:.4f}"
        return
    norm = "" if row.grad_norm is None else f" | grad_norm {row.grad_norm:.4f}"
    yield f"step {row.step} | loss {row.loss or 0:.4f} | lr {row.rate or 0:.2e}{norm}"


def _table(row: Row, total: int) -> Iterator[str]:
    cells = (row.loss, row.grad_norm, row.rate, row.eval_loss)
    yield ",".join([str(row.step), *("" if cell is None else str(cell) for cell in cells)])


PRINTED = {
    "trainer": _trainer,
    "json_lines": _json_lines,
    "mmengine": _mmengine,
    "megatron": _megatron,
    "deepspeed": _deepspeed,
    "plain": _plain,
    "table": _table,
}
