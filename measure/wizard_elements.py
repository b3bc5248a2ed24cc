"""The wizard's own elements, one for one, with nothing behind them: what of its time is Streamlit's.

measure/load.py serves it beside the bare page, with the options that whynan is served with.
"""

from __future__ import annotations

import streamlit as st

ANSWERS, BARS = 6, 4
TOP = "export default function ({ data, parentElement }) { parentElement.textContent = data.pages }"


@st.fragment
def page() -> None:
    step = int(st.query_params.get("d", "0"))
    with st.container(horizontal=True, key="header"):
        top = st.components.v2.component("top", html="<nav></nav>", js=TOP, isolate_styles=False)
        top(key="top", data={"pages": (f"page {step}",) * 6}, on_page_change=lambda: None)
        st.button("zh", key="language", type="tertiary")
    left, right = st.columns([5, 3], gap="large")
    with left:
        with st.container(border=True, key="question"):
            st.caption("Saves 6 minutes")
            st.header(f"Question {step}", anchor=False)
            st.caption("Where to look\n\nWhy it is asked")
            with st.grid(2, gap="xsmall", min_column_width=280):
                for answer in range(ANSWERS):
                    key = f"answer-{step}-{answer}"
                    st.button(f"Answer {answer}", key=key, width="stretch", on_click=go, args=(step + 1,))
            with st.container(horizontal=True):
                st.button("I do not know", key="unknown", on_click=go, args=(step + 1,))
                st.button("Back", key="back", on_click=go, args=(max(step - 1, 0),))
        st.expander("Other questions", type="compact", key="others", on_change="rerun")
    with right, st.container(border=True, gap="xsmall"):
        st.markdown("**So far**")
        for bar in range(BARS):
            st.progress((bar + 1) / 5, text=f"Cause {bar}")
        st.markdown(":small[First fix so far]  \n**A fix**  \n:small[40 % likely to help]")
        st.page_link(here, label="Diagnosis", query_params={"d": str(step)})
    rows = ["**What is known**", "", "| what | value | source |", "| --- | --- | --- |"]
    st.markdown("\n".join([*rows, *(f"| fact {fact} | 1 | answered |" for fact in range(step))]))
    st.selectbox("Correct", [f"fact {fact}" for fact in range(step)], index=None, key="correct")


def go(step: int) -> None:
    st.query_params["d"] = str(step % 8)


here = st.Page(page, title="elements", default=True)
st.navigation([here], position="hidden").run()
