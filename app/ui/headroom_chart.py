"""The largest magnitude of each module against the end of float16, as bars in the order of the pass."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import streamlit as st

from app.ui.address import lang
from app.words import word

LIMIT = 65504.0
_BLUE = "#1c83e1"
_RED = {"light": "#c62828", "dark": "#ff8a80"}
_MOST, _ROW = 60, 16  # bars, and the pixels of one


def headroom_chart(peaks: Sequence[tuple[str, float]]) -> None:
    """Draws the bars; where there are too many, the largest ones, still in the order of the pass."""
    if not peaks:
        return
    text = describe(peaks)
    st.altair_chart(_chart(peaks), width="stretch", alt=text)
    st.caption(text)


def describe(peaks: Sequence[tuple[str, float]]) -> str:
    """The bars in a sentence, for those who do not see them."""
    module, largest = max(peaks, key=lambda peak: peak[1])
    beyond = sum(peak > LIMIT for _, peak in peaks)
    fields = {"count": len(peaks), "module": module or "model", "largest": f"{largest:.4g}", "beyond": beyond}
    return word("headroom.bars", lang(), **fields)


def _chart(peaks: Sequence[tuple[str, float]]) -> alt.LayerChart:
    red = _RED["dark" if st.context.theme.type == "dark" else "light"]
    shown = sorted(range(len(peaks)), key=lambda index: -peaks[index][1])[:_MOST]
    top = max((largest for _, largest in peaks if math.isfinite(largest)), default=LIMIT)
    end = 2 * max(top, LIMIT)
    rows = [
        {
            "module": peaks[index][0] or "model",
            "largest": min(max(peaks[index][1], 1.0), end),
            "said": f"{peaks[index][1]:.4g}",
            "beyond": peaks[index][1] > LIMIT,
        }
        for index in sorted(shown)
    ]
    scale = alt.Scale(type="log", domain=[1, end])
    axis = alt.Axis(format="~g", tickCount=6)
    x = alt.X("largest:Q", title=word("headroom.x", lang()), scale=scale, axis=axis)
    bars = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=x,
            x2=alt.datum(1),
            y=alt.Y("module:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
            color=alt.condition("datum.beyond", alt.value(red), alt.value(_BLUE)),
            tooltip=["module:N", "said:N"],
        )
    )
    rule = alt.Chart(alt.InlineData(values=[{"largest": LIMIT}])).mark_rule(color=red, strokeDash=[4, 4])
    chart: alt.LayerChart = alt.layer(bars, rule.encode(x=x)).properties(height=max(120, _ROW * len(rows)))
    return chart
