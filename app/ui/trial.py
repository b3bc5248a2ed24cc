"""The document on trial: each of its recommendations as an experiment of the fault lab."""

from __future__ import annotations

import streamlit as st

from app.trial import AS_IT_IS, CLIPPED, HEALTHY, SECTIONS, merit, trials
from app.ui.address import knowledge, lang
from app.ui.facts_table import table
from app.ui.frame import framed
from app.ui.trial_curves import curves, label, share
from app.words import word


def page() -> None:
    """The order of merit, the curves of one fault, and the clipping thresholds."""
    tongue = lang()
    st.markdown(f"## {word('trial.title', tongue)}")
    st.markdown(word("trial.what", tongue), width=780)
    with st.container(key="figures-merits"):
        table(_merits())
    fault = st.pills(
        word("trial.fault", tongue),
        list(trials()),
        format_func=_fault,
        default=next(iter(trials())),
        required=True,
        key="fault",
    )
    variants = trials()[str(fault)]
    names = [name for name in variants if name not in (AS_IT_IS, HEALTHY)]
    chosen = st.pills(
        word("trial.with", tongue),
        names,
        format_func=label,
        default=names[0],
        required=True,
        key=f"variant-{fault}",
    )
    rows = {AS_IT_IS: variants[AS_IT_IS], str(chosen): variants[str(chosen)]}
    curves(rows)
    st.markdown(f"### {word('trial.clipping', tongue)}")
    st.markdown(word("trial.clipping_what", tongue), width=780)
    with st.container(key="figures-clipping"):
        table(_clipping())
    st.caption(word("trial.limits", tongue))
    for section in dict.fromkeys(filter(None, SECTIONS.values())):
        document = knowledge().document
        if document:
            title = document.sections[section].title[tongue]
            st.page_link("browse.py", label=title, query_params={"lang": tongue, "entry": section})


def _merits() -> list[list[str]]:
    """A row for each recommendation: its place in the document, and of how many runs of each fault it
    cures.
    """
    tongue = lang()
    places = {name: str(place) for place, name in enumerate(SECTIONS, start=1) if SECTIONS[name]}
    head = [word("trial.recommendation", tongue), word("trial.place", tongue), *map(_fault, trials())]
    return [
        head,
        *(
            [label(name), places.get(name, "–"), *(share(runs.get(name)) for runs in trials().values())]
            for name in merit()
        ),
    ]


def _clipping() -> list[list[str]]:
    faults = [fault for fault, runs in trials().items() if any(name.startswith(CLIPPED) for name in runs)]
    names = [name for name in trials()[faults[0]] if name.startswith(CLIPPED)]
    head = [word("trial.threshold", lang()), *map(_fault, faults)]
    return [head, *([label(name), *(share(trials()[fault].get(name)) for fault in faults)] for name in names)]


def _fault(name: str) -> str:
    return word(f"trial.{name}", lang())


framed(page)
