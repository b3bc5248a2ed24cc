"""The running view beside the questions: the leading causes and the first fix so far."""

from __future__ import annotations

import streamlit as st

from app.conclusion import Conclusion
from app.ui.address import carried, lang
from app.ui.causes import bars
from app.ui.fix_card import worth
from app.words import word


def side(shown: Conclusion) -> None:
    """What the answers so far point to, and the way to the diagnosis."""
    tongue = lang()
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{word('side.so_far', tongue)}**")
        bars(shown, 4)
        fix = next((fix for fix in shown.fixes if fix.possible), None)
        if fix:
            title = f"**{fix.entry.title[tongue]}**"
            st.markdown(f":small[{word('side.first', tongue)}]  \n{title}  \n:small[{worth(fix)}]")
            st.page_link(
                "diagnosis.py",
                label=word("side.diagnosis", tongue),
                icon=":material/arrow_forward:",
                query_params=carried(),
            )
