"""The one place from which the probes run another program."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import typing

# What a shell answers in these cases.
TIMED_OUT, NOT_RUNNABLE, MISSING = 124, 126, 127


@dataclasses.dataclass(frozen=True)
class Completed:
    """How a program ended: exit status (negative for a signal), standard output, standard error."""

    status: int
    out: str
    err: str


def run(command: typing.Sequence[str], timeout: float) -> Completed:
    """Run `command` for at most `timeout` seconds; it reads nothing and no shell looks at it.

    Never raises: a missing program has status 127, one that may not be run 126, one that took too
    long 124, and bytes that are not UTF-8 become replacement characters.
    """
    try:
        # In a session of its own, so that a timeout ends its children too.
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (FileNotFoundError, NotADirectoryError):
        return Completed(MISSING, "", f"{command[0]}: not found")
    except (OSError, ValueError) as error:
        return Completed(NOT_RUNNABLE, "", f"{command[0]}: {error}")
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        _end(process)
        return Completed(TIMED_OUT, "", f"{command[0]}: no answer in {timeout:g} seconds")
    return Completed(process.returncode, _text(out), _text(err))


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        # A program that hangs in a broken driver cannot be ended: waiting for it would hang as well.
        process.communicate(timeout=1)
    except (OSError, subprocess.TimeoutExpired):
        pass


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\r\n", "\n")
