from __future__ import annotations

import os
import sys
import time

import pytest

from app import jobs


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def ended(job: str) -> jobs.View:
    until = time.monotonic() + 20
    while jobs.view(job).state == jobs.RUNNING and time.monotonic() < until:
        time.sleep(0.02)
    return jobs.view(job)


def test_the_result_is_what_the_child_prints():
    view = ended(jobs.start("print", python("print('{\"a\": 1}')")))

    assert (view.state, view.result, view.error) == (jobs.DONE, {"a": 1}, "")


def test_progress_is_seen_while_the_child_runs():
    code = (
        "import json, sys, time\n"
        "print(json.dumps({'step': 'float16', 'done': 1, 'of': 4}), file=sys.stderr, flush=True)\n"
        "time.sleep(60)"
    )
    job = jobs.start("progress", python(code))
    until = time.monotonic() + 20
    while not jobs.view(job).step.done and time.monotonic() < until:
        time.sleep(0.02)

    assert jobs.view(job).step == jobs.Step("float16", 1, 4)
    jobs.cancel(job)
    assert jobs.view(job).state == jobs.CANCELLED


def test_a_failure_is_the_last_line_of_the_child():
    code = "import sys; print('first', file=sys.stderr); sys.exit('whynan: no GPU, here, buy one')"
    view = ended(jobs.start("fail", python(code)))

    assert (view.state, view.error) == (jobs.FAILED, "whynan: no GPU, here, buy one")


def test_a_child_that_says_nothing_fails_with_its_status():
    view = ended(jobs.start("silent", python("import os; os._exit(7)")))

    assert (view.state, view.error) == (jobs.FAILED, "the child process ended with status 7")


def test_a_report_counts_whatever_the_status():
    view = ended(jobs.start("abnormal", python("import sys; print('[1]'); sys.exit(1)")))

    assert (view.state, view.result) == (jobs.DONE, [1])


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_cancelling_ends_the_childs_own_children_too(tmp_path):
    note = tmp_path / "grandchild"
    child = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
    parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"
    job = jobs.start("family", [*python(parent), child, str(note)])
    until = time.monotonic() + 20
    while not (note.exists() and note.read_text()) and time.monotonic() < until:
        time.sleep(0.02)
    jobs.cancel(job)
    grandchild = int(note.read_text())
    while time.monotonic() < until and alive(grandchild):
        time.sleep(0.02)

    assert not alive(grandchild)


def alive(process: int) -> bool:
    """Whether the process runs; one that has ended and that nobody has collected yet does not."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_child_that_takes_too_long_is_ended():
    view = ended(jobs.start("slow", python("import time; time.sleep(60)"), seconds=0.3))

    assert (view.state, view.error) == (jobs.FAILED, "no result after 0.3 seconds")


def test_a_second_start_joins_the_job_that_runs():
    one = jobs.start("same", python("import time; time.sleep(60)"))
    other = jobs.start("same", python("import time; time.sleep(60)"))
    jobs.cancel(one)

    assert one == other
    assert jobs.start("same", python("print(1)")) != one


def test_an_unknown_job_is_none_and_can_be_cancelled_in_vain():
    jobs.cancel("nothing")

    assert jobs.view("nothing") is None


def test_a_program_that_is_not_there_is_an_oserror():
    with pytest.raises(OSError, match="no-such-program"):
        jobs.start("missing", ["no-such-program"])
