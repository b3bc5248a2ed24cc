"""A button that copies a text, also on plain http, where browsers withhold navigator.clipboard."""

from __future__ import annotations

import streamlit as st

_HTML = """<button type="button"></button>
<span role="status"></span>
"""
_CSS = """
:host { font-family: var(--st-font); }
button {
  font: inherit; color: #fff; background: #2456b8; border: 0; cursor: pointer;
  border-radius: var(--st-button-radius); padding: 0.45rem 0.9rem;
}
button:focus-visible { outline: 2px solid var(--st-text-color); outline-offset: 2px; }
span { color: var(--st-text-color); margin-left: 0.6rem; }
"""
_JS = """
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  const status = parentElement.querySelector("span")
  button.textContent = data.label

  const byHand = () => {
    const area = document.createElement("textarea")
    area.value = data.text
    area.style.position = "fixed"
    area.style.opacity = "0"
    document.body.appendChild(area)
    area.select()
    const copied = document.execCommand("copy")
    area.remove()
    return copied
  }

  button.onclick = async () => {
    let copied = false
    try {
      await navigator.clipboard.writeText(data.text)
      copied = true
    } catch {
      copied = byHand()
    }
    status.textContent = copied ? data.done : data.failed
    setTimeout(() => { status.textContent = "" }, 4000)
  }
}
"""


def copy_button(text: str, label: str, done: str, failed: str, key: str) -> None:
    """A button called `label` that puts `text` on the clipboard, and says `done` or `failed`."""
    component = st.components.v2.component("whynan_clipboard", html=_HTML, css=_CSS, js=_JS)
    component(key=key, data={"text": text, "label": label, "done": done, "failed": failed})
