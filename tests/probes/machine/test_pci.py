import struct

import pytest

from probes.machine.pci import HOW, acs, facts
from probes.report import Fact, Unknown

VALIDATE, REDIRECT = 0x01, 0x0C


def config(control, first=(0x0001, 0x148)):
    """4 KiB of a bridge's configuration: error reporting at 0x100, access control behind it."""
    space = bytearray(4096)
    struct.pack_into("<I", space, 0x100, first[0] | 1 << 16 | first[1] << 20)
    struct.pack_into("<IHH", space, 0x148, 0x000D | 1 << 16, 0x1F, control)
    return bytes(space)


@pytest.fixture
def tree(tmp_path):
    """A /sys with GPUs below bridges: `tree(config of each bridge, type of their iommu group or None)`."""

    def build(configs, iommu="DMA-FQ", vendor="0x10de"):
        devices = tmp_path / "bus/pci/devices"
        devices.mkdir(parents=True)
        for number, space in enumerate(configs):
            bridge = tmp_path / f"devices/pci0000:00/0000:00:0{number}.0"
            gpu = bridge / f"0000:0{number}:00.0"
            gpu.mkdir(parents=True)
            (bridge / "config").write_bytes(space)
            (gpu / "config").write_bytes(bytes(64))
            (gpu / "vendor").write_text(f"{vendor}\n")
            (gpu / "class").write_text("0x030200\n")
            if iommu is not None:
                group = tmp_path / f"kernel/iommu_groups/{number}"
                group.mkdir(parents=True)
                if iommu:
                    (group / "type").write_text(f"{iommu}\n")
                (gpu / "iommu_group").symlink_to(group)
            (devices / gpu.name).symlink_to(gpu)
        return tmp_path

    return build


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        (config(VALIDATE), False),
        (config(VALIDATE | REDIRECT), True),
        (config(REDIRECT, first=(0x0001, 0)), False),
        (config(0, first=(0x0001, 0x100)), False),
        (config(REDIRECT)[:64], None),
        (b"", None),
    ],
    ids=["validates only", "redirects", "not in the list", "a ring", "not root", "unreadable"],
)
def test_a_bridges_access_control(space, expected):
    assert acs(space) is expected


def test_two_gpus_under_a_redirecting_bridge(tree):
    assert facts(tree([config(REDIRECT), config(0)])) == [
        Fact("machine.iommu", "translating", "the kernel's iommu groups"),
        Fact("machine.acs", True, "1 of 2 bridges above GPUs"),
    ]


@pytest.mark.parametrize(
    ("iommu", "expected"), [(None, "off"), ("identity", "passthrough"), ("DMA", "translating")]
)
def test_the_iommus_mode(tree, iommu, expected):
    answers = facts(tree([config(0), config(0)], iommu))

    assert answers == [
        Fact("machine.iommu", expected, "the kernel's iommu groups"),
        Fact("machine.acs", False, "2 bridges above GPUs"),
    ]


def test_what_an_old_kernel_or_a_plain_user_is_not_told_is_unknown(tree):
    assert facts(tree([config(0)[:64], config(0)], iommu="")) == [
        Unknown("machine.iommu", "the kernel does not tell the mode", "cat /proc/cmdline"),
        Unknown("machine.acs", "only root may read the bridges' settings", HOW),
    ]


def test_one_gpu_sends_to_nobody(tree):
    assert facts(tree([config(REDIRECT)])) == []


def test_a_machine_without_such_a_tree_says_nothing(tmp_path):
    assert facts(tmp_path) == []


def test_other_cards_do_not_count(tree):
    assert facts(tree([config(REDIRECT), config(REDIRECT)], vendor="0x1a03")) == []
