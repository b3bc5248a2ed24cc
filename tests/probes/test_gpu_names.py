import pytest

from probes import gpu_names, report


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("Tesla V100-SXM2-32GB", ("7.0", False)),
        ("Tesla T4", ("7.5", False)),
        ("Quadro RTX 8000", ("7.5", False)),
        ("NVIDIA A800-SXM4-80GB", ("8.0", True)),
        ("NVIDIA A10G", ("8.6", True)),
        ("NVIDIA RTX A6000", ("8.6", True)),
        ("GeForce RTX 3090 Ti", ("8.6", True)),
        ("NVIDIA L40S", ("8.9", True)),
        ("NVIDIA RTX 6000 Ada Generation", ("8.9", True)),
        ("NVIDIA H800", ("9.0", True)),
        ("NVIDIA GH200 480GB", ("9.0", True)),
        ("NVIDIA B200", ("10.0", True)),
        ("NVIDIA GeForce RTX 5090", ("12.0", True)),
        ("NVIDIA GeForce RTX 2080 Ti", ("7.5", False)),
        ("Ascend 910B3", ("", True)),
        ("Ascend 910A", ("", False)),
        ("AMD Instinct MI300X", ("", True)),
        ("Voodoo 5", None),
    ],
)
def test_a_cards_name_tells_its_capability_and_bfloat16(name, card):
    assert gpu_names.find(name) == card


def test_what_follows_from_a_name_says_so():
    assert gpu_names.facts("Tesla T4", "env.txt:3") == (
        report.Fact("gpu.name", "Tesla T4", "env.txt:3"),
        report.Fact("gpu.bf16", False, "env.txt:3, from the name"),
        report.Fact("gpu.capability", "7.5", "env.txt:3, from the name"),
    )


def test_a_strangers_name_is_all_that_is_known():
    assert gpu_names.facts("Voodoo 5", "env.txt:3") == (report.Fact("gpu.name", "Voodoo 5", "env.txt:3"),)
