import pytest

from probes import shell
from probes.gpu_condition import Condition, Links
from probes.machine import health, nvml

# The second GPU is worn, hot and in use.
HEAD = ", ".join([*health.FIELDS[:7], "clocks_event_reasons.active", *health.FIELDS[8:]])
GPUS = f"""\
{HEAD}
0, GPU-00aa, 40326 MiB, Enabled, 0, 0, [N/A], 0x0000000000000001, 31, 53.12 W, 400.00 W, 210 MHz, 1410 MHz, \
4, 16, 4, 16
1, GPU-11bb, 1024 MiB, Enabled, 3, 1, [N/A], 0x0000000000000044, 87, 391.01 W, 400.00 W, 900 MHz, 1410 MHz, \
4, 16, 4, 16
"""
ROWS = """\
gpu_uuid, remapped_rows.correctable, remapped_rows.uncorrectable, remapped_rows.pending, remapped_rows.failure
GPU-00aa, 0, 0, 0, 0
GPU-11bb, 0, 2, Yes, No
"""
PROGRAMS = """\
gpu_uuid, pid, process_name, used_gpu_memory [MiB]
GPU-11bb, 4711, /home/somebody/env/bin/python, 38912 MiB
"""
CARDS = f"""\
{HEAD}
0, GPU-22cc, 24000 MiB, {", ".join(14 * ["[N/A]"])}
"""
WAYS = "\tGPU0\tGPU1\nGPU0\t X \tPXB\nGPU1\tPXB\t X \n"
PEERS = "\tGPU0\tGPU1\nGPU0\tX\tOK\nGPU1\tOK\tX\n"


def answers(gpus, rows="", programs="", ways="", peers=""):
    """nvidia-smi, with what it prints for each question; "" is its refusal."""
    said = {
        "--query-gpu": gpus,
        "--query-remapped-rows": rows,
        "--query-compute-apps": programs,
        "-m": ways,
        "-p2p": peers,
    }

    def run(*options):
        text = said[options[1] if options[0] == "topo" else options[0].partition("=")[0]]
        return shell.Completed(0 if text else 2, text, "")

    return run


def test_nvidia_smi_tells_the_same_as_nvml():
    found, links = health.read(answers(GPUS, ROWS, PROGRAMS, WAYS, PEERS))

    assert found == [
        Condition(0, 39.4, (), True, 0, 0, "none", 0x1, 31, (53.12, 400), (210, 1410), (4, 16, 4, 16)),
        Condition(
            1, 1.0, ("python (pid 4711), 38.0 GiB",), True, 3, 1, "pending", 0x44, 87, (391.01, 400),
            (900, 1410), (4, 16, 4, 16),
        ),
    ]  # fmt: skip
    assert links == Links(topology="switch", p2p=True)


def test_only_the_visible_gpus_count():
    found, links = health.read(answers(GPUS, ROWS, PROGRAMS, WAYS, PEERS), visible="1")

    assert ([gpu.index for gpu in found], links) == ([1], Links())


def test_a_card_that_tells_little():
    assert health.read(answers(CARDS)) == ([Condition(0, free_gib=23.4)], Links())


@pytest.mark.parametrize("table", ["", "NVIDIA-SMI has failed because it couldn't communicate\n"])
def test_a_driver_that_does_not_answer_tells_nothing(table):
    assert health.read(answers(table)) == ([], Links())


def test_a_program_that_is_missing_is_asked_once():
    asked = []

    def run(*options):
        asked.append(options)
        return shell.Completed(shell.MISSING, "", "nvidia-smi: not found")

    assert (health.read(run), len(asked)) == (([], Links()), 1)


def test_nvidia_smi_is_asked_where_nvml_fails(monkeypatch):
    class NVMLError(Exception):
        pass

    def fail():
        raise NVMLError

    library = type("Library", (), {"NVMLError": NVMLError, "nvmlInit": staticmethod(fail)})
    monkeypatch.setattr(nvml, "load", lambda: library)
    monkeypatch.setattr(health.smi, "run", answers(CARDS))

    assert [(fact.id, fact.source) for fact in health.probe("none")] == [
        ("gpu.memory_free_gib", "nvidia-smi")
    ]
