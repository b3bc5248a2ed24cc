import os

import pytest

from probes import shell
from probes.machine import kernel_log
from probes.machine.kernel_log import HOW, facts
from probes.report import Fact, Unknown

BOOT = "[    4.1] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.54.15\n"
PAGE = "[ 1936.5] NVRM: Xid (PCI:0000:01:00): 31, pid=1234, name=python3, Ch 0000000b\n"
ROW = "6,1131,5080,-;NVRM: Xid (PCI:0000:10:1c): 63, pid=1896, Row Remapper: New row marked for remapping\n"
LOST = (
    "kernel: NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.\n"
)


@pytest.mark.parametrize(
    ("log", "value", "source"),
    [
        (BOOT, "none", "kernel log"),
        (BOOT + PAGE, "program", "kernel log, Xid 31 of 0000:01:00, 1 such lines"),
        (PAGE + ROW + PAGE + ROW + PAGE, "memory", "kernel log, Xid 63 of 0000:10:1c, 2 such lines"),
        (LOST + PAGE, "lost", "kernel log, Xid 79 of 0000:3b:00, 1 such lines"),
        (PAGE.replace("31,", "74,"), "link", "kernel log, Xid 74 of 0000:01:00, 1 such lines"),
        (
            PAGE.replace("31,", "32,").replace("PCI:", ""),
            "other",
            "kernel log, Xid 32 of 0000:01:00, 1 such lines",
        ),
    ],
    ids=["none", "program", "memory", "lost", "link", "other"],
)
def test_the_worst_xid_is_told(log, value, source):
    assert facts(log) == [Fact("gpu.xid", value, source)]


def test_a_log_that_may_not_be_read_is_no_log_without_errors():
    assert facts(None) == [Unknown("gpu.xid", "the kernel's log may not be read here", HOW)]


def test_without_nvidias_driver_the_log_is_left_alone(monkeypatch):
    monkeypatch.setattr(kernel_log, "DRIVER", "/no/such/driver")
    monkeypatch.setattr(kernel_log, "text", lambda: pytest.fail("it was read"))

    assert kernel_log.probe("none") == []


def test_with_it_the_log_is_read(monkeypatch):
    monkeypatch.setattr(kernel_log, "DRIVER", os.devnull)
    monkeypatch.setattr(kernel_log, "text", lambda: LOST)

    assert kernel_log.probe("none")[0].value == "lost"


def test_the_ways_to_the_log_are_tried_in_turn(monkeypatch):
    said = {"dmesg": "", "journalctl": BOOT}
    monkeypatch.setattr(kernel_log, "_ring_buffer", lambda: "")
    monkeypatch.setattr(shell, "run", lambda command, timeout: shell.Completed(0, said[command[0]], ""))
    assert kernel_log.text() == BOOT

    said["journalctl"] = ""
    assert kernel_log.text() is None


def test_the_ring_buffer_is_read_to_its_end_and_nobody_waits(monkeypatch, tmp_path):
    """/dev/kmsg gives a message a read; here a file stands for it, whose end is an empty read."""
    messages = [b"6,1,1,-;first\n", BrokenPipeError(), b"6,3,3,-;third\n", BlockingIOError()]

    def read(file, size):
        message = messages.pop(0)
        if isinstance(message, Exception):
            raise message
        return message

    monkeypatch.setattr(
        kernel_log.os, "open", lambda path, flags: 3 if flags & os.O_NONBLOCK else pytest.fail("waits")
    )
    monkeypatch.setattr(kernel_log.os, "read", read)
    monkeypatch.setattr(kernel_log.os, "close", lambda file: None)

    assert kernel_log._ring_buffer() == "6,1,1,-;first\n6,3,3,-;third\n"
