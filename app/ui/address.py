"""The address is the state: `?d=` holds the session and `?lang=` the language, so Back and reload work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NoReturn
from urllib.parse import urlsplit

import streamlit as st

import kb
from app.conclusion import Conclusion, conclude
from app.link import decode, encode
from app.session import Session
from app.ui.settings import settings
from kb.model import Knowledge, Lang

# This tab's own sessions, by link: they still have the files' names and texts, which no link carries.
_KEPT = "kept"
_MOST_KEPT = 60

Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Here:
    """The session of this address, and the texts (name, text) of the files that this tab was given.

    `mine` is False for a link that somebody else made, or that a reload opened anew.
    """

    session: Session
    link: str = ""
    texts: Texts = ()
    mine: bool = True


@cache
def knowledge() -> Knowledge:
    """The knowledge that this server has. Raises kb.KnowledgeError."""
    return kb.load()


@lru_cache(maxsize=2048)
def concluded(session: Session, texts: Texts) -> Conclusion:
    """What follows from a session; several pages and reruns ask for the same one."""
    return conclude(knowledge(), session, dict(texts))


def lang() -> Lang:
    """The language that the address asks for, else the browser's."""
    asked = st.query_params.get("lang")
    if asked in ("en", "zh"):
        return "zh" if asked == "zh" else "en"
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def here() -> Here:
    """The session that the address holds. Raises app.link.LinkError."""
    link = st.query_params.get("d", "")
    if not link:
        return Here(Session())
    kept: dict[str, Here] = st.session_state.get(_KEPT, {})
    return kept[link] if link in kept else Here(decode(link), link, mine=False)


def go(session: Session, texts: Texts, **params: str) -> None:
    """Puts a session into the address, and `params` beside it ("" drops one)."""
    if not (session.reports or session.answers or session.tried):
        show(d="", **params)
        return
    session = session.stamp(knowledge().version)
    link = encode(session)
    kept: dict[str, Here] = dict(st.session_state.get(_KEPT, {}))
    kept.pop(link, None)  # the newest come last
    kept[link] = Here(session, link, texts)
    st.session_state[_KEPT] = dict(list(kept.items())[-_MOST_KEPT:])
    show(d=link, **params)


def keep(at: Here) -> None:
    """Makes a link that was opened from outside this tab's own."""
    st.session_state[_KEPT] = {
        **st.session_state.get(_KEPT, {}),
        at.link: Here(at.session, at.link, at.texts),
    }


def show(**params: str) -> None:
    """Changes parameters of the address ("" drops one), in one step of the browser's history."""
    both = {**st.query_params.to_dict(), **params}
    st.query_params.from_dict({name: value for name, value in both.items() if value})


def carried(**params: str) -> dict[str, str]:
    """The parameters that a link to another page takes along: session and language, and `params`."""
    both = {"d": st.query_params.get("d", ""), "lang": st.query_params.get("lang", ""), **params}
    return {name: value for name, value in both.items() if value}


def switch(page: str, **params: str) -> NoReturn:
    """Goes to another page with the same session and language."""
    st.switch_page(page, query_params=carried(**params))


def public() -> str:
    """What a link to this server starts with: the configured public address, else the browser's own."""
    known = settings()
    if known.public_url:
        return known.public_url.rstrip("/") + "/"
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}{known.base_path}/" if parts.netloc else "/"
