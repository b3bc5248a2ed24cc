"""Where a diagnosis begins: what do you see, what do you have; and where a shared link opens."""

from __future__ import annotations

import dataclasses

import streamlit as st

import kb
from app.conclusion import Conclusion
from app.link import LinkError
from app.phrases import KINDS
from app.session import Session
from app.ui import intake
from app.ui.address import Here, concluded, go, here, keep, lang, public, switch
from app.ui.diagnosis_view import diagnosis
from app.ui.facts_table import facts_table
from app.ui.frame import framed
from app.ui.jobs_view import follow, probe, running
from app.ui.settings import settings
from app.ui.short_link import parent, take_back
from app.ui.then_now import then_now
from app.words import word
from probes.report import Report


def page() -> None:
    """A link from outside is looked at; everything else begins here."""
    try:
        at = here()
    except LinkError as error:
        st.error(str(error), icon=":material/link_off:")
        at = Here(Session())
    if at.mine:
        begin(at)
    else:
        shared(at)


def shared(at: Here) -> None:
    """Somebody's diagnosis, to read, and to go on from."""
    tongue = lang()
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="shared"):
        with st.container(width="stretch", gap=None):
            st.markdown(f":material/visibility: {word('start.shared', tongue)}")
            then_now(at.session, concluded(at.session, at.texts))
        if at.short:
            parent(at)
        if st.button(word("start.continue", tongue), key="continue", type="primary"):
            keep(at)
            switch("wizard.py", d=at.link)
    diagnosis(at, concluded(at.session, at.texts), acting=False)
    if at.short:
        take_back(at)


def begin(at: Here) -> None:
    """Give what you have and what you see; what was read stands beside it."""
    tongue = lang()
    shown = concluded(at.session, at.texts)
    st.markdown(f"## {word('start.title', tongue)}")
    st.caption(word("start.subtitle", tongue))
    if at.link:
        _summary(at, shown)
    reading = not settings().read_only
    left, right = st.columns([3, 2], gap="large") if reading else (st.container(), st.container())
    with left:
        if reading:
            intake.files(at)
            st.caption(word("start.safe", tongue))
            intake.problems()
            intake.large()
    with right:
        current = shown.known.values().get("loss.symptom")
        intake.symptom(at, str(current) if current else None)
        if not at.link and st.button(word("start.ask_me", tongue), key="ask-me", type="primary"):
            switch("wizard.py")
        _read(at)
    if reading:
        machine()


def _summary(at: Here, shown: Conclusion) -> None:
    """What there is so far, and the way on; on top, where a phone shows it too."""
    tongue = lang()
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="so-far"):
        files, facts = len(at.session.reports), len(shown.known.facts)
        st.markdown(word("start.so_far", tongue, files=files, facts=facts), width="stretch")
        asking = isinstance(shown.next, kb.Ask)
        if st.button(word("start.go", tongue), key="go", type="primary", icon=":material/arrow_forward:"):
            switch("wizard.py" if asking else "diagnosis.py")


def machine() -> None:
    """Measure this machine, or another one with one file that needs only Python."""
    tongue = lang()
    st.markdown(f"**{word('machine.title', tongue)}**")
    if running():
        follow()
        return
    if settings().probes:
        st.button(word("machine.here", tongue), key="probe", icon=":material/memory:", on_click=probe)
    # Only when it is opened: what shows code is 1.5 MB for the browser, and this is the first page.
    with st.expander(
        word("machine.other", tongue), type="compact", key="machine", on_change="rerun"
    ) as opened:
        if opened.open:
            st.caption(word("machine.there", tongue))
            command = f"curl -O {public()}probe.pyz && python3 probe.pyz --format json > probe.json"
            st.code(command, language="bash", wrap_lines=True)


def _read(at: Here) -> None:
    """Each file with its facts and the lines they were read from."""
    tongue = lang()
    for report in at.session.reports:
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.badge(_kind(report.kind), color="gray")
                st.text(report.name, width="stretch")
                st.button(
                    word("start.drop", tongue),
                    key=f"drop-{report.kind}-{report.name}",
                    type="tertiary",
                    icon=":material/close:",
                    on_click=_drop,
                    args=(at, report),
                )
            if report.facts:
                facts_table(report.facts, file=report.name)
            else:
                st.caption(word("start.nothing", tongue))


def _kind(kind: str) -> str:
    return word(f"kind.{kind}", lang()) if kind in KINDS else kind


def _drop(at: Here, report: Report) -> None:
    kept = tuple(other for other in at.session.reports if other is not report)
    texts = tuple(item for item in at.texts if item[0] != report.name)
    go(dataclasses.replace(at.session, reports=kept), texts)


framed(page)
