"""Links within a page, with real addresses: to open in a new tab, to copy, to read out as links.

`st.page_link` to the page that is shown leaves the address as it was: Back and reload would lose the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from app.ui.address import carried

_HTML = """<ul></ul>
"""
_CSS = """
:host { font-family: var(--st-font); }
ul {
  list-style: none; margin: 0; padding: 0; display: grid; gap: 0 1.25rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--column)), 1fr));
}
a {
  color: var(--st-link-color); text-decoration: none; display: block; padding: 0.28rem 0; line-height: 1.4;
  overflow-wrap: anywhere;
}
a:hover { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; border-radius: 3px; }
"""
_JS = """
// A picture that is wider than the screen begins at the box that is called "here"; it is drawn a while later.
const centre = (picture, tries) => {
  const here = picture.querySelector("#here")
  if (!here) return tries && setTimeout(() => centre(picture, tries - 1), 150)
  let frame = picture
  while (frame && frame.scrollWidth <= frame.clientWidth) frame = frame.parentElement
  if (!frame) return
  const box = here.getBoundingClientRect(), around = frame.getBoundingClientRect()
  frame.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2
}

const ours = (event) => !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)

export default function ({ data, parentElement, setTriggerValue }) {
  const go = (event, address) => {
    if (!ours(event)) return
    event.preventDefault()
    document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0)
    document.activeElement?.blur()  // the link is gone in a moment
    setTriggerValue("chosen", address)
  }

  const list = parentElement.querySelector("ul")
  list.style.setProperty("--column", data.column)
  list.replaceChildren(...data.links.map(([label, address]) => {
    const link = document.createElement("a")
    link.textContent = label
    link.href = address
    link.onclick = (event) => go(event, address)
    const item = document.createElement("li")
    item.append(link)
    return item
  }))

  const picture = data.picture && document.querySelector(data.picture)
  if (picture) {
    picture.onclick = (event) => {
      const link = event.target.closest("a")
      if (link) go(event, link.getAttribute("xlink:href") || link.getAttribute("href"))
    }
    centre(picture, 20)
  }
}
"""


def links(key: str, items: Mapping[str, Mapping[str, str]], column: int = 320, picture: str = "") -> None:
    """A list of links: label -> the parameters that the address gets beside session and language.

    Columns are at least `column` pixels wide. Links in the picture that the selector `picture` names, which
    lead to the same addresses, stay on the page too.
    """
    component = st.components.v2.component("whynan_links", html=_HTML, css=_CSS, js=_JS)
    pairs = tuple((label, address(params)) for label, params in items.items())
    data = {"links": pairs, "column": f"{column}px", "picture": picture}
    component(key=key, data=data, on_chosen_change=lambda: _go(key))


def address(params: Mapping[str, str]) -> str:
    """The address of this page with the session, the language and `params`."""
    return f"?{urlencode(carried(**params))}"


def _go(key: str) -> None:
    """Takes the chosen address; it is no more than what anybody can type there."""
    chosen = str(st.session_state[key].chosen or "")
    st.query_params.from_dict(parse_qsl(chosen.removeprefix("?")))
