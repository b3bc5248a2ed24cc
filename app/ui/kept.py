"""What this server keeps: short links, and what people told of the fixes."""

from __future__ import annotations

import streamlit as st

from app.link import LinkError
from app.store import Kept, Store, StoreError, connect
from app.ui.address import Here, found, lang
from app.ui.rates import SAVING
from app.ui.settings import settings
from app.words import word

_SAVED = "saved"  # this tab's own short links: portable link -> (id, key)
_TOLD = "told"  # what this tab told: (id, fix) -> outcome
DAYS = (0, 7, 30, 365)  # for how long a short link may be kept; 0 is for good


def writable() -> Store | None:
    """The store, where this server has one and saves."""
    known = settings()
    return connect(known.database) if known.database and not known.read_only else None


def saved(link: str) -> tuple[str, str] | None:
    """The short link (id, key) that this tab made of a portable one."""
    mine: dict[str, tuple[str, str]] = st.session_state.get(_SAVED, {})
    return mine.get(link)


def save(at: Here) -> None:
    """Keeps the diagnosis, and what this author tried since the diagnosis that it goes on from."""
    store = writable()
    if store is None or not _allowed():
        return
    try:
        days = st.session_state.get("short-days") or None
        name, key = store.save(at.link, at.short or None, days)
        for fix, outcome in set(at.session.tried) - set(_parents(at.short)):
            store.record(name, fix, outcome)
    except (StoreError, ValueError) as error:
        st.toast(str(error), icon=":material/error:")
        return
    st.session_state[_SAVED] = {**st.session_state.get(_SAVED, {}), at.link: (name, key)}


def _parents(short: str) -> tuple[tuple[str, str], ...]:
    """What was told of the parent already does not count again for the child."""
    try:
        return found(short).session.tried if short else ()
    except LinkError:
        return ()


def delete(name: str, key: str) -> None:
    """Deletes a short link, if the key is its own."""
    store = writable()
    if store is None or not _allowed():
        return
    try:
        gone = store.delete(name, key.strip())
    except StoreError as error:
        st.toast(str(error), icon=":material/error:")
        return
    mine = st.session_state.get(_SAVED, {})
    st.session_state[_SAVED] = {link: pair for link, pair in mine.items() if not gone or pair[0] != name}
    st.toast(word("short.deleted" if gone else "short.wrong_key", lang()))


def told(name: str, fix: str) -> str:
    """What this tab told of a fix of a short link, or ""."""
    said: dict[tuple[str, str], str] = st.session_state.get(_TOLD, {})
    return said.get((name, fix), "")


def tell(name: str, fix: str, outcome: str) -> None:
    """Keeps what came of a fix."""
    store = writable()
    if store is None or not _allowed():
        return
    try:
        if store.record(name, fix, outcome):
            st.session_state[_TOLD] = {**st.session_state.get(_TOLD, {}), (name, fix): outcome}
    except (StoreError, ValueError) as error:
        st.toast(str(error), icon=":material/error:")


def counts(fix: str) -> dict[str, int]:
    """How often each outcome was told here, {} where none was."""
    url = settings().database
    try:
        numbers = connect(url).counts(fix) if url else {}
    except StoreError:  # the page has more to say than this
        return {}
    return numbers if any(numbers.values()) else {}


def lineage(name: str) -> Kept | None:
    """A short link's record, which knows its parent."""
    url = settings().database
    try:
        return connect(url).find(name) if url and name else None
    except StoreError:
        return None


def _allowed() -> bool:
    """False, and says so, for a visitor who saves too often."""
    wait = SAVING.wait(st.context.ip_address or "")
    if wait:
        st.toast(word("short.too_often", lang(), seconds=round(wait) + 1), icon=":material/hourglass:")
    return not wait
