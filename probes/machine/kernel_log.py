"""What the kernel's log says of the GPUs: the driver's Xid messages."""

from __future__ import annotations

import os
import re

from probes import shell
from probes.report import Fact, Unknown

# https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html; the first that fits decides.
KINDS = (
    ("memory", {48, 63, 64, 92, 94, 95, 140, 171, 172}),  # uncorrectable ECC, rows and pages that wear out
    ("lost", {79, 119, 120}),  # off the bus; its own processor does not answer
    ("link", {74, *range(144, 151)}),  # NVLink
    ("program", {8, 13, 31, 43, 45, 68, 69, 109}),  # most often the program's fault: a bad address, a hang
)
HOW = "sudo dmesg | grep -i xid"
SECONDS = 10
DRIVER = "/proc/driver/nvidia/version"


def probe(tests: str) -> list[Fact | Unknown]:
    """gpu.xid, where NVIDIA's driver runs."""
    if not os.path.exists(DRIVER):
        return []
    return facts(text())


def facts(log: str | None) -> list[Fact | Unknown]:
    """The worst Xid of a kernel log (None: it cannot be read).

    [  269.517039] NVRM: Xid (PCI:0000:01:00): 79, pid=1234, GPU has fallen off the bus.
    """
    if log is None:
        return [Unknown("gpu.xid", "the kernel's log may not be read here", HOW)]
    messages = re.finditer(r"NVRM: Xid \((?:PCI:)?([\w:.]+)\): (\d+)", log)
    found = [(int(message[2]), message[1]) for message in messages]
    for kind, codes in (*KINDS, ("other", {code for code, _ in found})):
        seen = [(code, place) for code, place in found if code in codes]
        if seen:
            code, place = seen[-1]
            return [Fact("gpu.xid", kind, f"kernel log, Xid {code} of {place}, {len(seen)} such lines")]
    return [Fact("gpu.xid", "none", "kernel log")]


def text() -> str | None:
    """The kernel's log since the machine started; None where nobody may read it."""
    for read in (_ring_buffer, _dmesg, _journal):
        log = read()
        if log:
            return log
    return None


def _ring_buffer() -> str:
    """/dev/kmsg, read to its present end: a message a read, and none is waited for or taken out."""
    lines = []
    try:
        file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        while True:
            try:
                lines.append(os.read(file, 8192))
            except BrokenPipeError:
                continue  # a message was overwritten meanwhile; the next read goes on behind it
            except OSError:  # EAGAIN: the end
                break
    finally:
        os.close(file)
    return b"".join(lines).decode("utf-8", "replace")


def _dmesg() -> str:
    return shell.run(("dmesg",), SECONDS).out


def _journal() -> str:
    # -b: since the machine started. Who may not read it gets their own lines only, without the kernel's.
    return shell.run(("journalctl", "-k", "-b", "--no-pager", "-q", "-o", "cat"), SECONDS).out
