import pytest

from probes import shell
from probes.machine import smi

TOPOLOGY = """\
\t\x1b[4mGPU0\tGPU1\tGPU2\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\x1b[0m
GPU0\t X \tNV12\tSYS\tPXB\t0-63\t0\t\tN/A
GPU1\tNV12\t X \tNODE\tNODE\t0-63\t0\t\tN/A
GPU2\tSYS\tNODE\t X \tSYS\t64-127\t1\t\tN/A
NIC0\tPXB\tNODE\tSYS\t X \t\t\t\t

Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)
"""
PEERS = """\
 \tGPU0\tGPU1\t
 GPU0\tX\tCNS\t
 GPU1\tCNS\tX\t

Legend:

  X    = Self
  OK   = Status Ok
  CNS  = Chipset not supported
"""


def test_a_table_is_rows_whatever_stands_around_it():
    table = (
        "WARNING: infoROM is corrupted\nname, memory.free [MiB], uuid\nTesla T4, 15102 MiB, GPU-1\n\nno row\n"
    )

    assert smi.rows(table) == [{"name": "Tesla T4", "memory.free": "15102 MiB", "uuid": "GPU-1"}]


@pytest.mark.parametrize("text", ["", "NVIDIA-SMI has failed because, well, …", "name"])
def test_what_is_no_table_has_no_rows(text):
    assert smi.rows(text) is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("15360 MiB", 15360),
        ("71.50 W", 71.5),
        ("-3", -3),
        ("[N/A]", None),
        ("", None),
        (None, None),
        ("8.0x", None),
    ],
)
def test_a_cells_number(cell, expected):
    assert smi.number(cell) == expected


def test_a_matrix_is_read_without_its_headings_and_cards_of_other_kinds():
    assert smi.matrix(TOPOLOGY) == {
        (0, 1): "NV12", (0, 2): "SYS", (1, 0): "NV12", (1, 2): "NODE", (2, 0): "SYS", (2, 1): "NODE",
    }  # fmt: skip
    assert smi.matrix(PEERS) == {(0, 1): "CNS", (1, 0): "CNS"}
    assert smi.matrix("no such option\n") == {}


def test_an_old_driver_is_asked_again_without_what_it_refuses():
    asked = []

    def run(*options):
        asked.append(options)
        refused = "memory.used" in options[0]
        return shell.Completed(
            2 if refused else 0, 'Field "memory.used" is not a valid field' if refused else "fine", ""
        )

    assert smi.query(run, "gpu", ("name", "memory.used"))[0].out == "fine"
    assert asked == [
        ("--query-gpu=name,memory.used", "--format=csv"),
        ("--query-gpu=name", "--format=csv"),
    ]


def test_columns_go_by_the_names_they_were_asked_with():
    table = "pid, used_gpu_memory [MiB]\n4711, 38912 MiB\n"

    answer = smi.ask(lambda *options: shell.Completed(0, table, ""), "compute-apps", ("pid", "used_memory"))

    assert answer == [{"pid": "4711", "used_memory": "38912 MiB"}]
    assert smi.ask(lambda *options: shell.Completed(9, table, ""), "compute-apps", ("pid", "x")) is None


def test_a_table_that_was_damaged_on_its_way_is_no_traceback():
    assert smi.rows("name, memory.total [MiB]\nTesla\rT4, 15360 MiB\n") == [
        {"name": "TeslaT4", "memory.total": "15360 MiB"}
    ]
    assert smi.rows("name, memory.total [MiB]\n" + "x" * 200_000 + ", 1 MiB\n") is None
