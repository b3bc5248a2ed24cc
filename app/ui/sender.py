"""A file of any size from the browser: the bytes go to an address, not through the page."""

from __future__ import annotations

import streamlit as st

_HTML = """<label><span></span> <input type="file"></label>
<p role="status"></p>
"""
_CSS = """
:host { font-family: var(--st-font); color: var(--st-text-color); }
input { font: inherit; color: inherit; max-width: 100%; }
p { margin: 0; }
"""
_JS = """
export default function ({ data, parentElement }) {
  const input = parentElement.querySelector("input")
  const status = parentElement.querySelector("p")
  parentElement.querySelector("span").textContent = data.label

  input.onchange = async () => {
    const file = input.files[0]
    if (!file) return
    status.textContent = ""
    input.disabled = true
    try {
      const address = data.address + encodeURIComponent(file.name)
      const answer = await fetch(address, { method: "PUT", body: file })
      if (!answer.ok) status.textContent = await answer.text()
    } catch {
      status.textContent = data.failed
    }
    input.disabled = false
  }
}
"""


def sender(address: str, label: str, failed: str, key: str) -> None:
    """A file chosen here is put at `address` and its name; `failed` is said where the line breaks."""
    component = st.components.v2.component("whynan_sender", html=_HTML, css=_CSS, js=_JS)
    component(key=key, data={"address": address, "label": label, "failed": failed})
