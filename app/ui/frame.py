"""What every page has around it: the name, the pages and the language on top, and a keyboard's focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import streamlit as st

from app.link import LinkError
from app.ui import login
from app.ui.address import Here, here, lang, show
from app.ui.top import top
from app.words import word
from kb.model import Lang


@st.fragment
def framed(body: Callable[[], None]) -> None:
    """A page whole. A click makes it again, and neither the navigation nor the style sheet."""
    header()
    login.ask()
    body()


def header() -> None:
    """The name, the pages with the same session, and the other language, which keeps the place."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="header"):
        top()
        other: Lang = "en" if lang() == "zh" else "zh"
        label = word("page.language", other)
        if st.button(label, key="language", type="tertiary", on_click=show, kwargs={"lang": other}):
            st.rerun()  # the tab's title, too
        login.leave()


def opened() -> Here:
    """The session of the address; a damaged link is one sentence, and the page ends there."""
    try:
        return here()
    except LinkError as error:
        refuse(error)


def refuse(error: LinkError) -> NoReturn:
    """Says what is wrong with a link, and offers a fresh start."""
    st.error(str(error), icon=":material/link_off:")
    st.page_link("start.py", label=word("page.anew", lang()), query_params={"lang": lang()})
    st.stop()
