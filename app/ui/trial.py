"""The document on trial: each of its recommendations as an experiment of the fault lab."""

from __future__ import annotations

import altair as alt
import streamlit as st

from app.trial import AS_IT_IS, CLIPPED, HEALTHY, SECTIONS, Tried, merit, trials
from app.ui.address import knowledge, lang
from app.words import word

_HEIGHT = 280
_MOST = 12.0  # nats; a loss beyond is drawn at the edge


def page() -> None:
    """The order of merit, the curves of one fault, and the clipping thresholds."""
    tongue = lang()
    st.markdown(f"## {word('trial.title', tongue)}")
    st.markdown(word("trial.what", tongue), width=780)
    st.table(_merits(), border="horizontal")
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
    st.altair_chart(_chart(rows), width="stretch", alt=_said(rows))
    st.caption(_said(rows))
    st.markdown(f"##### {word('trial.clipping', tongue)}")
    st.markdown(word("trial.clipping_what", tongue), width=780)
    st.table(_clipping(), border="horizontal")
    st.caption(word("trial.limits", tongue))
    for section in dict.fromkeys(filter(None, SECTIONS.values())):
        document = knowledge().document
        if document:
            title = document.sections[section].title[tongue]
            st.page_link("browse.py", label=title, query_params={"lang": tongue, "entry": section})


def label(name: str) -> str:
    """A variant in words."""
    tongue = lang()
    if name.startswith(CLIPPED):
        threshold = name.removeprefix(CLIPPED)
        return word("trial.clip_at", tongue, threshold="∞" if threshold == "None" else threshold)
    fix = knowledge().fixes.get(name)
    return fix.title[tongue] if fix else word(f"trial.{name}", tongue)


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


def share(tried: Tried | None) -> str:
    """Cured runs of all, or a dash where the recommendation changes nothing about the run."""
    return f"{tried.cured}/{tried.runs}" if tried else "–"


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


def _said(rows: dict[str, Tried]) -> str:
    """The curves in a sentence."""
    tongue = lang()
    return " ".join(
        word("trial.ends", tongue, run=label(name), step=first, steps=len(tried.curve))
        if (first := next((at for at, loss in enumerate(tried.curve, 1) if loss is None), None))
        else word("trial.holds", tongue, run=label(name), loss=tried.curve[-1], steps=len(tried.curve))
        for name, tried in rows.items()
    )


def _chart(rows: dict[str, Tried]) -> alt.LayerChart:
    """Lines of the losses, a cross where there is no number any more."""
    points = [
        {"step": step, "loss": min(loss, _MOST), "run": label(name)}
        for name, tried in rows.items()
        for step, loss in enumerate(tried.curve, start=1)
        if loss is not None
    ]
    broken = [
        {"step": tried.curve.index(None) + 1, "run": label(name), "loss": 0.0}
        for name, tried in rows.items()
        if None in tried.curve
    ]
    x = alt.X("step:Q", title=word("curve.x", lang()))
    color = alt.Color("run:N", title=None, legend=alt.Legend(orient="top"))
    lines = (
        alt.Chart(alt.InlineData(values=points))
        .mark_line()
        .encode(x=x, y=alt.Y("loss:Q", title="loss"), color=color)
    )
    crosses = (
        alt.Chart(alt.InlineData(values=broken))
        .mark_point(shape="cross", filled=True, size=120, opacity=1)
        .encode(x=x, y=alt.value(8), color=color, tooltip=["run:N", "step:Q"])
    )
    chart: alt.LayerChart = alt.layer(lines, crosses).properties(height=_HEIGHT)
    return chart


page()
