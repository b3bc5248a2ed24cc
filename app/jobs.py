"""Child processes for what would stop or swell the web process: probing this machine, reading a huge log.

One registry for the process: every tab that holds a job's id sees the same job. A child prints its result, as
JSON, on standard output, and a JSON line on standard error as a step begins.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"
_SECONDS = 900  # a self-test that hangs in a broken driver must not run for ever
_MOST = 50  # finished jobs that are remembered


@dataclass(frozen=True)
class Step:
    """How far a child is: the step that it works on, how many are done, of how many."""

    name: str = ""
    done: int = 0
    of: int = 1


@dataclass(frozen=True)
class View:
    """A job at one moment. `result` is the child's JSON once it is done, `error` one line where it failed."""

    id: str
    what: str
    state: str
    step: Step
    seconds: float
    result: Any = None
    error: str = ""


@dataclass
class _Job:
    id: str
    what: str
    process: subprocess.Popen[bytes]
    out: IO[bytes]
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    state: str = RUNNING
    step: Step = field(default_factory=Step)
    result: Any = None
    said: str = ""


_jobs: dict[str, _Job] = {}
_lock = threading.Lock()


def start(what: str, command: Sequence[str], seconds: float = _SECONDS) -> str:
    """Starts `command` and returns the job's id; while a job called `what` runs, that one's id.

    Raises OSError when the program cannot be started.
    """
    with _lock:
        for job in _jobs.values():
            if job.what == what and job.state == RUNNING:
                return job.id
        out = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the job)
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                start_new_session=True,  # so that cancelling ends the child's own children too
            )
        except OSError:
            out.close()
            raise
        job = _Job(secrets.token_urlsafe(9), what, process, out)
        _jobs[job.id] = job
        for old in [i for i, other in _jobs.items() if other.state != RUNNING][:-_MOST]:
            del _jobs[old]
    limit = threading.Timer(seconds, _stop, (job, FAILED, f"no result after {seconds:g} seconds"))
    limit.daemon = True
    limit.start()
    threading.Thread(target=_follow, args=(job, limit), daemon=True).start()
    return job.id


def view(job_id: str) -> View | None:
    """The job as it is now; None for an id that this process does not know (any more)."""
    with _lock:
        job = _jobs.get(job_id)
        if job is None:
            return None
        seconds = (job.ended or time.monotonic()) - job.began
        error = job.said if job.state == FAILED else ""
        return View(job.id, job.what, job.state, job.step, seconds, job.result, error)


def cancel(job_id: str) -> None:
    """Ends the job and all that it started; nothing happens to one that has ended."""
    job = _jobs.get(job_id)
    if job is not None:
        _stop(job, CANCELLED)


def _stop(job: _Job, state: str, said: str = "") -> None:
    with _lock:
        if job.state != RUNNING:
            return
        job.state, job.said, job.ended = state, said, time.monotonic()
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(job.process.pid, signal.SIGKILL)
        else:
            job.process.kill()


def _follow(job: _Job, limit: threading.Timer) -> None:
    """Reads the child's progress until it ends, then its result."""
    last = ""
    with job.process.stderr or contextlib.nullcontext() as lines:
        for raw in lines or ():
            line = raw.decode("utf-8", "replace").strip()
            step = _step(line)
            if step:
                job.step = step
            elif line:
                last = line[:500]
    status = job.process.wait()
    limit.cancel()
    with _lock:
        if job.state == RUNNING:
            job.ended = time.monotonic()
            try:
                job.out.seek(0)
                job.result = json.load(job.out)
                job.state = DONE
            except ValueError:
                job.state, job.said = FAILED, last or f"the child process ended with status {status}"
        job.out.close()


def _step(line: str) -> Step | None:
    try:
        data = json.loads(line)
        return Step(str(data["step"]), int(data["done"]), max(int(data["of"]), 1))
    except (ValueError, TypeError, KeyError):
        return None


def end_all() -> None:
    """Ends every job that runs: the server stops."""
    for job in list(_jobs.values()):
        _stop(job, CANCELLED)
