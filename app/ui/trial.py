"""The document on trial: each of its recommendations as an experiment of the fault lab."""

from __future__ import annotations

import streamlit as st

from app.trial import AS_IT_IS, CLIPPED, HEALTHY, SECTIONS, merit, trials
from app.ui.address import knowledge, lang
from app.ui.frame import framed
from app.ui.trial_curves import curves, label, share
from app.words import word


def page() -> None:
    """The order of merit, the curves of one fault, and the clipping thresholds."""
    tongue = lang()
    st.markdown(f"## {word('trial.title', tongue)}")
    st.markdown(word("trial.what", tongue), width=780)
    st.dataframe(_merits(), hide_index=True, height="content", alt=word("trial.title", tongue))
    fault = st.segmented_control(
        word("trial.fault", tongue),
        list(trials()),
        format_func=lambda name: word(f"trial.{name}", tongue),
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
    st.dataframe(_clipping(), hide_index=True, height="content", alt=word("trial.clipping", tongue))
    st.caption(word("trial.limits", tongue))
    for section in dict.fromkeys(filter(None, SECTIONS.values())):
        document = knowledge().document
        if document:
            title = document.sections[section].title[tongue]
            st.page_link("browse.py", label=title, query_params={"lang": tongue, "entry": section})


def _merits() -> list[dict[str, str]]:
    """A row for each recommendation: its place in the document, and of how many runs of each fault it
    cures.
    """
    tongue = lang()
    places = {name: str(place) for place, name in enumerate(SECTIONS, start=1) if SECTIONS[name]}
    return [
        {
            word("trial.recommendation", tongue): label(name),
            word("trial.place", tongue): places.get(name, "–"),
            **{word(f"trial.{fault}", tongue): share(runs.get(name)) for fault, runs in trials().items()},
        }
        for name in merit()
    ]


def _clipping() -> list[dict[str, str]]:
    tongue = lang()
    faults = [fault for fault, runs in trials().items() if any(name.startswith(CLIPPED) for name in runs)]
    names = [name for name in trials()[faults[0]] if name.startswith(CLIPPED)]
    return [
        {
            word("trial.threshold", tongue): label(name),
            **{word(f"trial.{fault}", tongue): share(trials()[fault].get(name)) for fault in faults},
        }
        for name in names
    ]


framed(page)
