"""What stands between the GPUs and memory: the IOMMU and the access control of the PCIe bridges.

Both send what one GPU writes to another the long way round, by the processor, where copies may arrive late or
damaged: https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html
"""

from __future__ import annotations

import pathlib
import struct

from probes.report import Fact, Unknown

VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x19e5": "Huawei"}
CLASSES = ("0x0300", "0x0302", "0x0380", "0x1200")  # displays, 3D controllers, accelerators
ACS, REQUEST_REDIRECT, COMPLETION_REDIRECT = 0x000D, 1 << 2, 1 << 3
HOW = "sudo lspci -vvv | grep -i ACSCtl"


def probe(tests: str) -> list[Fact | Unknown]:
    """machine.iommu and machine.acs, where there are two GPUs or more to send to each other."""
    return facts(pathlib.Path("/sys"))


def facts(sys: pathlib.Path) -> list[Fact | Unknown]:
    """What the kernel's tree of devices says; nothing where it shows fewer than two GPUs."""
    gpus = [place for place in sorted((sys / "bus/pci/devices").glob("*")) if _is_gpu(place)]
    if len(gpus) < 2:
        return []
    types = {_word(gpu / "iommu_group/type") for gpu in gpus}
    mode = "off" if not any((gpu / "iommu_group").exists() for gpu in gpus) else ""
    if not mode and "" not in types:
        mode = "passthrough" if types == {"identity"} else "translating"
    answers: list[Fact | Unknown] = []
    if mode:
        answers.append(Fact("machine.iommu", mode, "the kernel's iommu groups"))
    else:  # kernels before 5.11 do not tell a group's type
        answers.append(Unknown("machine.iommu", "the kernel does not tell the mode", "cat /proc/cmdline"))
    bridges = {parent for gpu in gpus for parent in gpu.resolve().parents if (parent / "config").exists()}
    states = [acs(_bytes(bridge / "config")) for bridge in sorted(bridges)]
    if True in states:
        answers.append(Fact("machine.acs", True, f"{states.count(True)} of {len(states)} bridges above GPUs"))
    elif None in states:
        answers.append(Unknown("machine.acs", "only root may read the bridges' settings", HOW))
    elif states:
        answers.append(Fact("machine.acs", False, f"{len(states)} bridges above GPUs"))
    return answers


def acs(config: bytes) -> bool | None:
    """Whether a bridge redirects what one device below it sends to another, from its configuration space.

    Who is not root gets 64 bytes of it: None then. The extended capabilities are a list from 0x100 on; the
    control word of ACS stands 6 bytes behind its head (PCI Express Base Specification, section 7.7.8).
    """
    if len(config) < 0x104:
        return None
    place = 0x100
    for _ in range(96):  # as many as fit: a list that is a ring comes to an end
        if place < 0x100 or place + 8 > len(config):
            break
        (head,) = struct.unpack_from("<I", config, place)
        if head & 0xFFFF == ACS:
            (control,) = struct.unpack_from("<H", config, place + 6)
            return bool(control & (REQUEST_REDIRECT | COMPLETION_REDIRECT))
        place = head >> 20
    return False


def _is_gpu(place: pathlib.Path) -> bool:
    return _word(place / "vendor") in VENDORS and _word(place / "class").startswith(CLASSES)


def _word(file: pathlib.Path) -> str:
    return _bytes(file).decode("ascii", "replace").strip()


def _bytes(file: pathlib.Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
