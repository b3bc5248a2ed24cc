"""The diagnosis of this address, to act on: tell what came of a fix, and the order changes at once."""

from __future__ import annotations

import streamlit as st

from app.ui.address import concluded, lang
from app.ui.diagnosis_view import diagnosis
from app.ui.frame import framed, opened
from app.words import word


def page() -> None:
    """The diagnosis, or the way to one where the address holds nothing yet."""
    at = opened()
    if at.link:
        diagnosis(at, concluded(at.session, at.texts), acting=True)
    else:
        st.markdown(f"## {word('diagnosis.empty', lang())}")
        st.page_link("start.py", label=word("wizard.give", lang()), icon=":material/upload_file:")


framed(page)
