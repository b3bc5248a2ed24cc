"""nvidia-smi's answers as rows: the second way to the driver, where its Python bindings are missing."""

from __future__ import annotations

import csv
import re
import typing

from probes import shell

SECONDS = 30  # the first call after a boot, without persistence mode, takes several

Run = typing.Callable[..., shell.Completed]


def run(*options: str) -> shell.Completed:
    """Call nvidia-smi on this machine."""
    return shell.run(("nvidia-smi", *options), SECONDS)


def query(run: Run, what: str, fields: typing.Sequence[str]) -> tuple[shell.Completed, list[str]]:
    """`--query-<what>=<fields>` as a table, and the fields that it has: an old driver refuses some."""
    left = list(fields)
    while True:
        answer = run(f"--query-{what}={','.join(left)}", "--format=csv")
        # A driver of the 470 series does not know compute_cap, for one.
        refused = re.search(r'Field "([\w.]+)" is not a valid field', answer.out + answer.err)
        if not refused or refused[1] not in left or len(left) == 1:
            return answer, left
        left.remove(refused[1])


def rows(table: str) -> list[dict[str, str]] | None:
    """The rows of such a table (with its header), without units in the columns' names; None where it is none.

    name, memory.total [MiB], compute_cap
    Tesla T4, 15360 MiB, 7.5
    """
    lines = (match[0] for match in re.finditer(r"[^\n]+", table))
    # What a driver has to complain of may stand above the header, and among the rows.
    header = next((line for line in lines if re.match(r"[a-z][\w.]*(?: \[\w+\])?, ", line)), None)
    if header is None:
        return None
    columns = [column.split(" [")[0] for column in header.rstrip().split(", ")]
    cells = csv.reader((line.replace("\r", "") for line in lines), skipinitialspace=True)
    try:
        return [dict(zip(columns, row)) for row in cells if len(row) == len(columns)]
    except csv.Error:  # a cell of a hundred kilobytes, or zero bytes in it
        return None


def ask(run: Run, what: str, fields: typing.Sequence[str]) -> list[dict[str, str]] | None:
    """The rows of a query by the names it was asked with; None where nvidia-smi fails.

    It heads some columns otherwise: used_memory with used_gpu_memory, and renamed ones by the new name.
    """
    answer, left = query(run, what, fields)
    found = rows(answer.out) if answer.status == 0 else None
    return None if found is None else [dict(zip(left, row.values())) for row in found]


def number(cell: str | None) -> float | None:
    """The number in a cell, whatever its unit ("15360 MiB", "71.50 W"); None for "[N/A]" and the like."""
    found = re.match(r"-?\d+(?:\.\d+)?(?= |$)", cell or "")
    return float(found[0]) if found else None


def matrix(text: str) -> dict[tuple[int, int], str]:
    """The cells between GPUs of `nvidia-smi topo -m` or `topo -p2p r`: (0, 1) -> "NV12", "SYS", "OK", "CNS".

            GPU0    GPU1    CPU Affinity
    GPU0     X      NV12    0-63
    GPU1    NV12     X      0-63
    """
    # Newer ones print it with underlined headings, by escape sequences.
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    cells = {}
    columns: list[str] = []
    for match in re.finditer(r"[^\n]+", plain):
        words = match[0].split()
        if words[:1] == ["GPU0"] and words[1:2] == ["GPU1"]:
            columns = [word for word in words if re.fullmatch(r"GPU\d+", word)]
        row = re.fullmatch(r"GPU(\d+)", words[0]) if words else None
        if row and columns and words[1:2] != ["GPU1"]:
            for column, cell in zip(columns, words[1:]):
                if cell != "X":
                    cells[int(row[1]), int(column[3:])] = cell
    return cells
