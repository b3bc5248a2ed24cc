import pytest

from probes.gpu_condition import Condition, Links, ecc, facts, program, remapped_in_words, throttled
from probes.report import Fact


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(0), None),
        (Condition(0, ecc=False), "off"),
        (Condition(0, ecc=True), None),
        (Condition(0, ecc=True, corrected=0, uncorrected=0), "clean"),
        (Condition(0, ecc=True, corrected=9, uncorrected=0), "corrected"),
        (Condition(0, ecc=True, corrected=9, uncorrected=1), "uncorrected"),
    ],
)
def test_error_correction(condition, expected):
    assert ecc(condition) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (None, None),
        (0x1, "none"),
        (0x4, "power"),
        (0x80, "hardware"),
        (0x8 | 0x40, "heat"),
        (0x4 | 0x20, "heat"),
    ],
)
def test_why_a_clock_is_held_down(limits, expected):
    assert throttled(Condition(0, limits=limits)) == expected


def test_the_worst_gpu_decides_and_is_named():
    good = Condition(0, free_gib=79.5, ecc=True, corrected=0, uncorrected=0, remapped="none", celsius=40)
    bad = Condition(1, free_gib=3.5, ecc=True, corrected=0, uncorrected=2, remapped="failed", celsius=88)

    assert facts([good, bad], Links(), "NVML") == [
        Fact("gpu.memory_free_gib", 3.5, "NVML, GPU 1"),
        Fact("gpu.ecc", "uncorrected", "NVML, GPU 1"),
        Fact("gpu.remapped", "failed", "NVML, GPU 1"),
        Fact("gpu.temperature", 88, "NVML, GPU 1"),
    ]


def test_a_gpu_that_does_not_tell_hides_good_news_but_not_bad():
    silent = Condition(1)

    assert facts([Condition(0, remapped="none"), silent], Links(), "NVML") == []
    assert facts([Condition(0, remapped="done"), silent], Links(), "NVML") == [
        Fact("gpu.remapped", "done", "NVML, GPU 0")
    ]


def test_alike_gpus_are_said_once():
    alike = [Condition(index, pcie=(4, 16, 5, 16), watts=(71.5, 400), programs=()) for index in range(8)]
    odd = Condition(8, pcie=(1, 4, 5, 16), watts=(71.5, 400), programs=("python3 (pid 7)",))

    assert facts([*alike, odd], Links("sockets", False, 8, None), "nvidia-smi") == [
        Fact("gpu.power", "72 of 400 W", "nvidia-smi"),
        Fact("gpu.pcie", "gen 4 x16 of gen 5 x16 + gen 1 x4 of gen 5 x16", "nvidia-smi"),
        Fact("gpu.programs", "GPU 8: python3 (pid 7)", "nvidia-smi"),
        Fact("gpu.topology", "sockets", "nvidia-smi"),
        Fact("gpu.p2p", False, "nvidia-smi"),
        Fact("gpu.nvlink", "8 links up", "nvidia-smi"),
    ]


def test_without_a_gpu_nothing_is_said():
    assert facts([], Links(), "NVML") == []


def test_a_program_is_named_without_its_folders():
    assert program("/home/somebody/env/bin/python3 train.py --token x", 7, None) == "python3 (pid 7)"
    assert program(r"C:\Users\somebody\python.exe", 7, 1.25) == "python.exe (pid 7), 1.2 GiB"
    assert program("", 7, None) == "a program (pid 7)"


@pytest.mark.parametrize(
    ("words", "pages", "expected"),
    [
        (("0", "0", "No", "No"), "", "none"),
        (("1", "0", "No", "No"), "", "done"),
        (("0", "0", "0", "1"), "", "failed"),
        (("N/A",) * 4, "Yes", "pending"),
        (("[N/A]",) * 4, "No", "none"),
        (("",) * 4, "[N/A]", None),
    ],
)
def test_worn_memory_in_nvidia_smis_words(words, pages, expected):
    assert remapped_in_words(words, pages) == expected
