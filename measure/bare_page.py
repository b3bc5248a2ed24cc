"""The page that whynan's wizard is measured beside: as many elements of its kinds, and nothing behind them.

measure/load.py serves it, with the options that whynan is served with.
"""

from __future__ import annotations

import streamlit as st

ANSWERS, BARS = 5, 4


def page() -> None:
    step = int(st.query_params.get("d", "0"))
    with st.container(horizontal=True):
        for name in ("bare", "Questions", "Diagnosis", "Knowledge"):
            st.markdown(f"**{name}**")
        st.button("zh", key="language", type="tertiary")
    left, right = st.columns([5, 3], gap="large")
    with left:
        with st.container(border=True):
            st.caption("Saves 6 minutes")
            st.subheader(f"Question {step}")
            st.caption("Where to look")
            st.caption("Why it is asked")
            for answer in range(ANSWERS):
                st.button(
                    f"Answer {answer}",
                    key=f"answer-{step}-{answer}",
                    width="stretch",
                    on_click=go,
                    args=(step + 1,),
                )
            with st.container(horizontal=True):
                st.button("I do not know", key="unknown", on_click=go, args=(step + 1,))
                st.button("Back", key="back", on_click=go, args=(max(step - 1, 0),))
        st.expander("Other questions", key="others", on_change="rerun")
    with right:
        st.markdown("**So far**")
        for bar in range(BARS):
            st.progress((bar + 1) / 5, text=f"Cause {bar}")
        with st.container(border=True):
            st.caption("First fix so far")
            st.markdown("**A fix**")
            st.caption("40 % likely to help")
            st.markdown("[Diagnosis](/)")
    st.markdown("**What is known**")
    rows = ["| what | value | source |", "| --- | --- | --- |"]
    st.markdown("\n".join([*rows, *(f"| fact {fact} | 1 | answered |" for fact in range(step))]))


def go(step: int) -> None:
    st.query_params["d"] = str(step % 8)


page()
