"""The knowledge, to read: a list that is searched and narrowed, a page for each entry, the interview to walk.

The address says which: `?entry=ID`, `?node=NAME`, or the list with what it is narrowed by.
"""

from __future__ import annotations

import streamlit as st

from app.phrases import label
from app.ui import entry_view, labels, tree_walk
from app.ui.address import knowledge, lang, show
from app.ui.frame import framed
from app.ui.grid import grid
from app.ui.links import links
from app.words import word
from kb.graph import START
from kb.model import Fact
from kb.narrow import FRAMEWORK, SYMPTOM, Wanted, narrow
from kb.search import entries, search

ASKED = ("q", "symptom", "framework", "package", "version")  # the address's words for what is looked for
LONGEST = 200  # characters of a question
NODE = "node"


def page() -> None:
    """The entry or the node that the address names, else the list."""
    name, node = st.query_params.get("entry", ""), st.query_params.get(NODE, "")
    found = next((table[name] for table in entries(knowledge()).values() if name in table), None)
    if found is not None:
        _back()
        entry_view.whole(name, found)
    elif node and not name:
        _back()
        tree_walk.page(node)
    else:
        if name:
            st.warning(word("browse.missing", lang()))
        overview()


def _back() -> None:
    links("back", {f"← {word('browse.all', lang())}": _kept()})


def _kept() -> dict[str, str]:
    """What is looked for, which a look at an entry does not end."""
    return {name: st.query_params[name] for name in ASKED if name in st.query_params}


def overview() -> None:
    """The titles of what is looked for, by kind; of everything, the libraries instead of their many bugs."""
    tongue = lang()
    st.markdown(f"## {word('browse.title', tongue)}")
    wanted, words = _asked()
    try:
        left = narrow(knowledge(), wanted)
    except ValueError as error:
        st.error(word("browse.no_version", tongue, version=labels.literal(str(error))))
        left = narrow(knowledge(), Wanted(wanted.symptom, wanted.framework, wanted.package))
    order = {name: place for place, name in enumerate(search(knowledge(), words))} if words else {}
    narrowed = wanted != Wanted()
    if not words and not narrowed:
        links("interview", {word("browse.walk", tongue): {NODE: START}})
    count = 0
    tables = entries(knowledge())
    if wanted.package:  # whoever names a library asks for its bugs
        tables = {"advisories": tables["advisories"], **tables}
    for kind, table in tables.items():
        kept = [name for name in table if not words or name in order]
        kept = [name for name in kept if name in left or (kind == "sections" and not narrowed)]
        count += len(kept)
        if kind == "advisories" and not words and not narrowed:
            _libraries()
        elif kept:
            st.markdown(f"### {word(f'browse.{kind}', tongue)} ({len(kept)})")
            kept.sort(key=lambda name: order.get(name, 0))
            links(kind, {table[name].title[tongue]: {"entry": name, **_kept()} for name in kept})
    if not count:
        st.info(word("browse.nothing", tongue))


def _asked() -> tuple[Wanted, str]:
    """The fields, which show what the address asks for, and change it."""
    tongue = lang()
    _field("q", word("browse.filter", tongue), LONGEST)
    with grid(4, gap="small", min_column_width=200):
        for name, fact in (("symptom", SYMPTOM), ("framework", FRAMEWORK)):
            values = [value for value in knowledge().facts[fact].typical if value != "healthy"]
            _choice(name, values, knowledge().facts[fact])
        _choice("package", sorted({advisory.package for advisory in knowledge().advisories.values()}))
        if st.query_params.get("package"):
            _field("version", word("find.version", tongue), 40)
    at = st.query_params
    wanted = Wanted(*(at.get(name, "").strip() for name in ASKED[1:]))
    return wanted, at.get("q", "")[:LONGEST]


def _field(name: str, label: str, most: int) -> None:
    key = f"find-{name}"
    st.session_state[key] = st.query_params.get(name, "")[:most]  # Back shows what was looked for then
    st.text_input(label, key=key, max_chars=most, on_change=_find, args=(name,))


def _choice(name: str, values: list[str], fact: Fact | None = None) -> None:
    """A choice of one value, or none."""
    key, asked = f"find-{name}", st.query_params.get(name)
    st.session_state[key] = asked if asked in values else None
    st.selectbox(
        word(f"find.{name}", lang()),
        values,
        key=key,
        index=None,
        placeholder=word("find.any", lang()),
        format_func=lambda value: label(knowledge(), fact.id, value, lang()) if fact else value,
        on_change=_find,
        args=(name,),
    )


def _find(name: str) -> None:
    """Puts a field into the address; another library has other versions."""
    value = str(st.session_state.get(f"find-{name}") or "").strip()
    show(**{name: value, **({"version": ""} if name == "package" else {})})


def _libraries() -> None:
    """The libraries that have known bugs, each with how many."""
    tongue = lang()
    packages = [advisory.package for advisory in knowledge().advisories.values()]
    st.markdown(f"### {word('browse.advisories', tongue)} ({len(packages)})")
    counts = {package: packages.count(package) for package in sorted(set(packages))}
    links("packages", {f"{name} ({count})": {"package": name} for name, count in counts.items()}, column=180)


framed(page)
