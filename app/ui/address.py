"""The address is the state: `?d=` holds the session and `?lang=` the language, so Back and reload work.

`?s=` is a short link, which this server keeps. Alone it is that diagnosis; beside `?d=` it is the one that
the session goes on from.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NoReturn
from urllib.parse import urlsplit

import streamlit as st

import kb
from app.conclusion import Conclusion, conclude, said
from app.link import LinkError, decode, encode
from app.session import Session
from app.store import StoreError, connect
from app.ui.settings import settings
from app.words import word
from kb.model import Knowledge, Lang

# This tab's own sessions, by link: they still have the files' names and texts, which no link carries.
_KEPT = "kept"
_MOST_KEPT = 60

Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Here:
    """The session of this address, and the texts (name, text) of the files that this tab was given.

    `mine` is False for a link that somebody else made, or that a reload opened anew. `short` is the id of the
    short link that it is, or goes on from.
    """

    session: Session
    link: str = ""
    texts: Texts = ()
    mine: bool = True
    short: str = ""


@cache
def knowledge() -> Knowledge:
    """The knowledge that this server has. Raises kb.KnowledgeError."""
    return kb.load()


def concluded(session: Session, texts: Texts) -> Conclusion:
    """What follows from a session, whatever was said of it before; pages and reruns ask for the same one."""
    return _concluded(session.stamp(""), texts)


@lru_cache(maxsize=2048)
def _concluded(session: Session, texts: Texts) -> Conclusion:
    return conclude(knowledge(), session, dict(texts))


def params() -> dict[str, str]:
    """What stands behind the address's `?`, in one look: Streamlit locks the session for each."""
    return st.query_params.to_dict()


def lang() -> Lang:
    """The language that the address asks for, else the browser's."""
    asked = params().get("lang")
    if asked in ("en", "zh"):
        return "zh" if asked == "zh" else "en"
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def here() -> Here:
    """The session that the address holds. Raises app.link.LinkError."""
    asked = params()
    link, short = asked.get("d", ""), asked.get("s", "")
    if not link:
        return found(short) if short else Here(Session())
    kept: dict[str, Here] = st.session_state.get(_KEPT, {})
    at = kept[link] if link in kept else Here(decode(link), link, mine=False)
    return dataclasses.replace(at, short=short)


def found(short: str) -> Here:
    """The diagnosis that this server keeps as `?s=`. Raises app.link.LinkError."""
    try:
        kept = connect(settings().database).find(short) if settings().database else None
    except StoreError as error:
        raise LinkError(word("short.unreachable", lang())) from error
    if kept is None:
        raise LinkError(word("short.missing", lang()))
    return Here(decode(kept.link), kept.link, mine=False, short=short)


def go(session: Session, texts: Texts, **changes: str) -> None:
    """Puts a session into the address, and `changes` beside it ("" drops one)."""
    if not (session.reports or session.answers or session.tried):
        show(d="", s="", **changes)
        return
    session = session.stamp(knowledge().version, said(concluded(session, texts)))
    link = encode(session)
    kept: dict[str, Here] = dict(st.session_state.get(_KEPT, {}))
    kept.pop(link, None)  # the newest come last
    kept[link] = Here(session, link, texts)
    st.session_state[_KEPT] = dict(list(kept.items())[-_MOST_KEPT:])
    show(d=link, **changes)


def keep(at: Here) -> None:
    """Makes a link that was opened from outside this tab's own."""
    st.session_state[_KEPT] = {
        **st.session_state.get(_KEPT, {}),
        at.link: Here(at.session, at.link, at.texts),
    }


def show(**changes: str) -> None:
    """Changes parameters of the address ("" drops one), in one step of the browser's history."""
    both = {**params(), **changes}
    st.query_params.from_dict({name: value for name, value in both.items() if value})


def carried(**more: str) -> dict[str, str]:
    """The parameters that a link to another page takes along: session and language, and `more`."""
    both = {**{name: value for name, value in params().items() if name in ("d", "s", "lang")}, **more}
    return {name: value for name, value in both.items() if value}


def switch(page: str, **more: str) -> NoReturn:
    """Goes to another page with the same session and language."""
    st.switch_page(page, query_params=carried(**more))


def public() -> str:
    """What a link to this server starts with: the configured public address, else the browser's own."""
    known = settings()
    if known.public_url:
        return known.public_url.rstrip("/") + "/"
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}{known.base_path}/" if parts.netloc else "/"
