"""The link that holds the diagnosis: to copy, to look into, and the same as Markdown."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from app import link
from app.conclusion import Conclusion
from app.render import markdown
from app.ui.address import Here, knowledge, lang, public
from app.ui.clipboard import copy_button
from app.words import word
from probes.report import to_json


def share(at: Here, shown: Conclusion) -> None:
    """The link with its length, what leaves with it, and the Markdown for an issue tracker."""
    tongue = lang()
    full = f"{public()}?d={at.link}"
    text = markdown(shown, knowledge(), full, tongue)
    st.caption(word("share.what", tongue))
    st.code(full, language=None, wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        copy_button(
            full,
            word("share.copy", tongue),
            word("share.copied", tongue),
            word("share.failed", tongue),
            key="copy-link",
        )
        st.download_button(
            word("share.markdown", tongue),
            text,
            file_name="whynan.md",
            mime="text/markdown",
            key="markdown",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption(word("share.length", tongue, length=len(full)))
    with st.expander(word("share.leaves", tongue), type="compact", key="leaves"):
        st.caption(word("share.in_link", tongue))
        st.code(json.dumps(leaves(at.link), ensure_ascii=False, indent=1), language="json", wrap_lines=True)
        st.caption(word("share.in_markdown", tongue))
        st.code(text, language="markdown", wrap_lines=True)


def leaves(address: str) -> dict[str, Any]:
    """All that a link holds, read back from the link itself."""
    session = link.decode(address)
    reports = [to_json(report) for report in session.reports]
    return {
        "knowledge": session.knowledge,
        "facts": [fact for report in reports for fact in report["facts"]],
        "curve": [point for report in reports for point in report["curve"]],
        "answers": dict(session.answers),
        "tried": dict(session.tried),
        "said": {"causes": dict(session.said.causes), "fixes": dict(session.said.fixes)},
    }
