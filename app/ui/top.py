"""The name and the pages on top, and what keyboards and screen readers need and Streamlit leaves out.

One element: every click makes it again, and each element costs the server as much as a question's whole text.
"""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from app.ui.address import carried, lang, params, switch
from app.words import word

PAGES = {
    "start.py": "page.start",
    "wizard.py": "page.wizard",
    "diagnosis.py": "page.diagnosis",
    "try_it.py": "page.try",
    "browse.py": "page.browse",
    "trial.py": "page.trial",
}

_HTML = """<nav></nav>
"""
# The language is told to screen readers. After an answer the pressed button is gone and the focus with it:
# the next Tab would land behind the question. So a focus that a change of the address has lost goes to the
# heading.
_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  document.documentElement.lang = data.lang

  const nav = parentElement.querySelector("nav")
  data.pages.forEach(([page, label, address], number) => {
    const link = nav.children[number] || nav.appendChild(document.createElement("a"))
    link.textContent = label
    link.href = address
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page")
    else link.removeAttribute("aria-current")
    link.onclick = (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      setTriggerValue("page", page)
    }
  })

  const before = window.whynanPlace
  window.whynanPlace = data.place
  // The first page that is opened begins at its top, as everywhere.
  if (before === undefined || before === data.place) return
  const settle = () => {
    // The top comes first: what is below it may still be on its way.
    if (document.querySelector("[data-test-script-state=running]")) return setTimeout(settle, 50)
    const lost = document.activeElement === document.body || document.activeElement === null
    const question = document.querySelector(".st-key-question h2")
    const heading = question || document.querySelector("[data-testid=stMain] h2")
    if (!lost || !heading) return
    // What the click has brought may be out of sight: on a phone, all that is above the pressed button.
    const news = question || document.querySelector(".st-key-first-fix h4, .st-key-so-far")
    heading.tabIndex = -1
    heading.style.outline = "none"
    heading.focus({ preventScroll: true })
    news?.scrollIntoView({ block: "nearest" })
  }
  setTimeout(settle, 100)
}
"""


def top() -> None:
    """The links to all pages, with the same session and language."""
    tongue, query = lang(), urlencode(carried())
    # In the open: for axe-core, the link that skips to the content leads past nothing in a shadow tree.
    component = st.components.v2.component("whynan_top", html=_HTML, js=_JS, isolate_styles=False)
    chosen = component(
        key="top",
        data={
            "lang": "zh-CN" if tongue == "zh" else "en",
            "pages": tuple(  # a list might be a table to Streamlit, which loads pandas to find out
                (page, "whynan" if page == "start.py" else word(name, tongue), f"{path(page)}?{query}")
                for page, name in PAGES.items()
            ),
            "place": str(sorted(item for item in params().items() if item[0] != "lang")),
        },
        on_page_change=lambda: None,
    ).page
    if chosen in PAGES:
        switch(chosen)


def path(page: str) -> str:
    """Where a page is, from any other."""
    return "./" if page == "start.py" else page.removesuffix(".py")
