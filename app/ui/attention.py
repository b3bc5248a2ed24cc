"""What keyboards and screen readers need and Streamlit leaves out: the language, a focus that is not lost.

After an answer the pressed button is gone and the focus with it: the next Tab would land behind the question.
"""

from __future__ import annotations

import streamlit as st

from app.ui.address import lang

_HTML = """<i hidden></i>
"""
_JS = """
export default function ({ data }) {
  document.documentElement.lang = data.lang
  const before = window.whynanPlace
  window.whynanPlace = data.place
  // The first page that is opened begins at its top, as everywhere.
  if (before === undefined || before === data.place) return
  setTimeout(() => {
    const lost = document.activeElement === document.body || document.activeElement === null
    const question = document.querySelector(".st-key-question h2")
    const heading = question || document.querySelector("[data-testid=stMain] h2")
    if (!lost || !heading) return
    heading.tabIndex = -1
    heading.style.outline = "none"
    heading.focus({ preventScroll: true })
    if (question) question.scrollIntoView({ block: "nearest" })
  }, 100)
}
"""


def attend() -> None:
    """Tells the page's language; after a change of the address, a focus that was lost goes to the heading."""
    component = st.components.v2.component("whynan_attention", html=_HTML, js=_JS)
    place = sorted((name, value) for name, value in st.query_params.items() if name != "lang")
    data = {"lang": "zh-CN" if lang() == "zh" else "en", "place": str(place)}
    component(key="attention", data=data)
