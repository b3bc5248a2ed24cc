"""The loss curve, with the first bad step and the steps that have no number marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from app.curve import Point
from app.ui.address import lang
from app.words import word

_RED = {"light": "#c62828", "dark": "#ff8a80"}
_STEEP = 50  # the highest loss over the lowest: from here on a linear axis shows nothing
_HEIGHT = 220


def curve_chart(curve: Sequence[Point], bad: int | None) -> None:
    """Draws the curve; `bad` is the first bad step."""
    if not curve:
        return
    text = describe(curve, bad)
    st.altair_chart(_chart(curve, bad), width="stretch", alt=text)
    st.caption(text)


def describe(curve: Sequence[Point], bad: int | None) -> str:
    """The curve in a sentence, for those who do not see it."""
    finite = [loss for _, loss in curve if math.isfinite(loss)]
    fields = {"first": curve[0][0], "last": curve[-1][0], "broken": len(curve) - len(finite)}
    ends = word("curve.steps", lang(), **fields)
    if finite:
        ends += " " + word("curve.losses", lang(), start=f"{finite[0]:.4g}", end=f"{finite[-1]:.4g}")
    if bad is not None:
        ends += " " + word("curve.bad", lang(), step=bad)
    return ends


def _chart(curve: Sequence[Point], bad: int | None) -> alt.LayerChart:
    red = _RED["dark" if st.context.theme.type == "dark" else "light"]
    finite = [{"step": step, "loss": loss} for step, loss in curve if math.isfinite(loss)]
    broken = [{"step": step, "loss": str(loss)} for step, loss in curve if not math.isfinite(loss)]
    ends = [curve[0][0], curve[-1][0]]
    x = alt.X("step:Q", title=word("curve.x", lang()), scale=alt.Scale(domain=ends, nice=False))
    axis = alt.Axis(format="~g", tickCount=5)
    y = alt.Y("loss:Q", title="loss", axis=axis, scale=_scale([row["loss"] for row in finite]))
    layers: list[alt.Chart] = [alt.Chart(_rows(finite)).mark_line(point=len(finite) < 60).encode(x=x, y=y)]
    if broken:
        layers.append(
            alt.Chart(_rows(broken))
            .mark_point(shape="cross", filled=True, color=red, size=60, opacity=1)
            .encode(x=x, y=alt.value(8), tooltip=["step:Q", "loss:N"])
        )
    if bad is not None:
        mark = alt.Chart(_rows([{"step": bad, "text": word("report.step", lang(), step=bad)}]))
        late = bad > sum(ends) / 2
        layers.append(mark.mark_rule(color=red, strokeDash=[4, 4], strokeWidth=1.5).encode(x=x))
        layers.append(
            mark.mark_text(
                color=red, align="right" if late else "left", dx=-6 if late else 6, fontSize=12
            ).encode(x=x, y=alt.value(26), text="text:N")
        )
    chart: alt.LayerChart = alt.layer(*layers).properties(height=_HEIGHT)
    return chart


def _rows(values: list[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=values)


def _scale(losses: Sequence[float]) -> alt.Scale:
    low, high = min(losses, default=0.0), max(losses, default=1.0)
    if high > _STEEP * max(low, 1e-3):
        return alt.Scale(type="symlog", zero=False)
    margin = (high - low) * 0.1 or max(abs(high) * 0.5, 0.1)  # also where there is one number only
    return alt.Scale(domain=[low - margin, high + margin], nice=True)
