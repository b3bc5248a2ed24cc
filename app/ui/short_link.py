"""The short link: to make one in the share panel, with its key; what it went on from; to take it back."""

from __future__ import annotations

import streamlit as st

from app.ui import kept
from app.ui.address import Here, lang, public
from app.ui.clipboard import copy_button
from app.words import word


def short_link(at: Here) -> None:
    """What this server keeps under an id; nothing where it keeps nothing."""
    tongue = lang()
    if kept.writable() is None:
        return
    st.markdown(f"**{word('short.title', tongue)}**")
    made = kept.saved(at.link)
    if made is None:
        st.caption(word("short.what", tongue))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox(
                word("short.days", tongue),
                kept.DAYS,
                key="short-days",
                format_func=lambda days: word("short.kept" if days else "short.for_good", tongue, days=days),
                width=180,
            )
            st.button(
                word("short.make", tongue),
                key="short",
                icon=":material/link:",
                on_click=kept.save,
                args=(at,),
            )
        return
    name, key = made
    address = f"{public()}?s={name}"
    st.code(address, language=None, wrap_lines=True)
    copy_button(
        address,
        word("short.copy", tongue),
        word("share.copied", tongue),
        word("share.failed", tongue),
        key="copy-short",
    )
    st.caption(word("short.key", tongue))
    st.code(key, language=None)
    _button(name, key)


def _button(name: str, key: str) -> None:
    st.button(
        word("short.delete", lang()),
        key="short-delete",
        icon=":material/delete:",
        on_click=kept.delete,
        args=(name, key),
    )


def parent(at: Here) -> None:
    """The diagnosis that this one went on from."""
    record = kept.lineage(at.short)
    if record and record.parent:
        address = f"?s={record.parent}&lang={lang()}"
        st.link_button(word("short.parent", lang()), address, type="tertiary")


def take_back(at: Here) -> None:
    """For its author, who comes back with the key."""
    if kept.writable():
        with st.popover(word("short.delete", lang()), type="tertiary", key="take-back"):
            key = st.text_input(word("short.give_key", lang()), key="short-key", max_chars=40)
            _button(at.short, key or "")
