"""The link that holds the diagnosis: to copy, to look into, to make short, and the same as a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from app import capsule, link
from app.conclusion import Conclusion
from app.render import html, issue, markdown, to_json
from app.ui.address import Here, knowledge, lang, public
from app.ui.clipboard import copy_button
from app.ui.short_link import short_link
from app.words import word
from probes.report import to_json as report_json


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
        _files(at, shown, full, text)
    st.caption(word("share.length", tongue, length=len(full)))
    short_link(at)
    with st.expander(word("share.leaves", tongue), type="compact", key="leaves"):
        st.caption(word("share.in_link", tongue))
        st.code(json.dumps(leaves(at.link), ensure_ascii=False, indent=1), language="json", wrap_lines=True)
        st.caption(word("share.in_markdown", tongue))
        st.code(text, language="markdown", wrap_lines=True)


def _files(at: Here, shown: Conclusion, full: str, text: str) -> None:
    """The diagnosis as a file of each kind; what is not in hand is made when it is asked for."""
    given = (shown, knowledge(), full, lang())
    files: dict[str, tuple[str, str | Callable[[], str]]] = {
        "md": ("text/markdown", text),
        "html": ("text/html", lambda: html(*given)),
        "json": ("application/json", lambda: json.dumps(to_json(*given), ensure_ascii=False, indent=2)),
        "issue.md": ("text/markdown", lambda: issue(*given)),
        "capsule.json": ("application/json", lambda: capsule.text(link.decode(at.link))),
    }
    for ending, (mime, data) in files.items():
        st.download_button(
            word(f"share.{ending}", lang()),
            data,
            file_name=f"whynan.{ending}",
            mime=mime,
            key=f"export-{ending.partition('.')[0]}",
            icon=":material/download:",
            on_click="ignore",
        )


def leaves(address: str) -> dict[str, Any]:
    """All that a link holds, read back from the link itself."""
    session = link.decode(address)
    reports = [report_json(report) for report in session.reports]
    return {
        "knowledge": session.knowledge,
        "facts": [fact for report in reports for fact in report["facts"]],
        "curve": [point for report in reports for point in report["curve"]],
        "answers": dict(session.answers),
        "tried": dict(session.tried),
        "said": {"causes": dict(session.said.causes), "fixes": dict(session.said.fixes)},
    }
