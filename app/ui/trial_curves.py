"""Runs of the fault lab as curves, with the same in words."""

from __future__ import annotations

import altair as alt
import streamlit as st

from app.trial import CLIPPED, Tried
from app.ui.address import knowledge, lang
from app.words import word

_HEIGHT = 280
_MOST = 12.0  # nats; a loss beyond is drawn at the edge


def curves(rows: dict[str, Tried]) -> None:
    """The first seed's loss of each variant, and how each ends in a sentence."""
    st.altair_chart(_chart(rows), width="stretch", alt=_said(rows))
    st.caption(_said(rows))


def label(name: str) -> str:
    """A variant in words."""
    tongue = lang()
    if name.startswith(CLIPPED):
        threshold = name.removeprefix(CLIPPED)
        return word("trial.clip_at", tongue, threshold="∞" if threshold == "None" else threshold)
    fix = knowledge().fixes.get(name)
    return fix.title[tongue] if fix else word(f"trial.{name}", tongue)


def share(tried: Tried | None) -> str:
    """Cured runs of all, or a dash where the recommendation changes nothing about the run."""
    return f"{tried.cured}/{tried.runs}" if tried else "–"


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
