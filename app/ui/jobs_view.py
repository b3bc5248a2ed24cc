"""A child process on the page: progress, cancel, and what it found.

Its id is in the address, so that a reload finds it again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import streamlit as st

from app import jobs
from app.ui import uploads
from app.ui.address import Here, go, here, lang, show
from app.words import word
from probes.report import ReadError, from_json

PROBE, READ = "probe this machine", "read "  # what a job is called; a reading job by its upload's token
_EVERY = 0.7  # seconds


def launch(what: str, arguments: Sequence[str]) -> None:
    """Starts Python with `arguments` as the job of this address; a job of the same name is joined."""
    st.session_state["problems"] = ()
    show(job=jobs.start(what, [sys.executable, *arguments]))


def probe() -> None:
    """Starts the self-test of this machine."""
    launch(PROBE, ["-m", "probes", "--format", "json", "--progress", "--tests", "quick"])


def running() -> jobs.View | None:
    """The job of this address."""
    return jobs.view(st.query_params.get("job", ""))


@st.fragment(run_every=_EVERY)
def follow() -> None:
    """Shows the job until it ends; then its report joins the session."""
    tongue = lang()
    job = running()
    if job is None or job.state != jobs.RUNNING:
        _end(job)
        st.rerun()
    share = job.step.done / job.step.of
    seconds = round(job.seconds)
    if job.what.startswith(READ):
        text = word("job.read", tongue, done=job.step.done, of=job.step.of, seconds=seconds)
    else:
        text = word("job.step", tongue, step=job.step.name or "…", seconds=seconds)
    with st.container(border=True, key="job"):
        st.progress(min(share, 1.0), text=text)
        st.button(
            word("job.cancel", tongue),
            key="cancel",
            icon=":material/stop_circle:",
            on_click=jobs.cancel,
            args=(job.id,),
        )


def _end(job: jobs.View | None) -> None:
    """Takes the job out of the address, and what it found into the session."""
    tongue = lang()
    if job:
        uploads.forget(job.what.removeprefix(READ))
    if job is None:
        st.session_state["problems"] = (word("job.lost", tongue),)
    elif job.state == jobs.FAILED:
        st.session_state["problems"] = (job.error,)
    elif job.state == jobs.CANCELLED:
        what = "job.cancelled_read" if job.what.startswith(READ) else "job.cancelled"
        st.session_state["problems"] = (word(what, tongue),)
    elif job.state == jobs.DONE:
        try:
            found = job.result if isinstance(job.result, list) else [job.result]
            reports = [from_json(report, job.what) for report in found]
        except ReadError as error:
            st.session_state["problems"] = (str(error),)
        else:
            at: Here = here()
            go(at.session.read(*reports), at.texts, job="")
            return
    show(job="")
