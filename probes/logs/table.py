"""Tables with a head: CSV exports, the Trainer's table in a notebook, Markdown.

Step    Training Loss   Validation Loss          | Step | Training Loss |        step,loss,grad_norm
10      1.825000        1.790000                 |   10 |      1.825000 |        10,1.825,0.9
"""

from __future__ import annotations

import re
import typing

from probes.logs.point import NAMES, NUMBER, Point, from_pairs

HIDES_NAN = True  # the notebook's table and exports of the Trainer's charts went through its filter

SEPARATORS = (re.compile(r"\|"), re.compile(r"\t"), re.compile(r","), re.compile(r"\s{2,40}"))
PLAIN = re.compile(NUMBER)
WIDEST = 2_000  # characters of a head or row; a wider one is no table of losses

# TensorBoard's page exports one tag, and only the file's name says which.
EXPORT = ["wall time", "step", "value"]
TAGS = (
    ("learning_rate", "lr"),
    ("grad_norm", "norm"),
    ("eval_loss", "eval"),
    ("eval_loss", "val"),
    ("loss", "loss"),
)


def reader(name: str = "") -> typing.Callable[[str, int], Point | None]:
    """A function of a line's text and number, which remembers the table's head; `name` is the file's."""
    separator: re.Pattern[str] | None = None
    names: list[str] = []

    def point(text: str, line: int) -> Point | None:
        nonlocal separator, names
        if len(text) > WIDEST:
            return None
        if "tep" in text or "iter" in text or "poch" in text:
            head = _head(text, name)
            if head:
                separator, names = head
                return None
        if separator is None:
            return None
        row = _cells(text, separator)
        if len(row) != len(names):
            return None
        pairs = [(column, cell) for column, cell in zip(names, row) if PLAIN.fullmatch(cell)]
        found = from_pairs(pairs, line)
        return found if found and (found.step is not None or found.epoch is not None) else None

    return point


def _head(text: str, file: str) -> tuple[re.Pattern[str], list[str]] | None:
    """How the head's cells are separated and what they are called, where it names a step and a loss."""
    for separator in SEPARATORS:
        # W&B puts the run before the name: "my-run - train/loss".
        names = [cell.rsplit(" - ", 1)[-1].lower() for cell in _cells(text, separator)]
        if names == EXPORT:
            tag = next((field for field, part in TAGS if part in file.lower()), "")
            return separator, [*EXPORT[:2], tag]
        names = [_called(name, names) for name in names]
        fields = {NAMES.get(name) for name in names}
        if fields & {"step", "epoch"} and fields & {"loss", "eval_loss"}:
            return separator, names
    return None


def _called(name: str, names: typing.Sequence[str]) -> str:
    """W&B's own count is the step where there is no other. Lightning's monitor adds the optimizer's name."""
    if name == "_step" and not any(NAMES.get(other) == "step" for other in names):
        return "step"
    return "lr" if name.startswith("lr-") else name


def _cells(text: str, separator: re.Pattern[str]) -> list[str]:
    return [cell.strip(' \t"*') for cell in separator.split(text.strip().strip("|"))]
