"""The whole knowledge, to read: causes, fixes, advisories, the founding document, each with its sources."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.patch import diff
from app.ui import labels
from app.ui.address import knowledge, lang, show
from app.ui.fix_card import references, section
from app.ui.grid import grid
from app.words import word
from kb.costs import minutes
from kb.model import Advisory, Cause, Fix, Section

Entry = Cause | Fix | Advisory | Section
READABLE = 780  # pixels: a longer line of prose is hard to follow


def entries() -> dict[str, dict[str, Entry]]:
    """All entries by table and id."""
    known = knowledge()
    sections = known.document.sections if known.document else {}
    return {
        "causes": {**known.causes},
        "fixes": {**known.fixes},
        "advisories": {**known.advisories},
        "sections": {**sections},
    }


def page() -> None:
    """The entry that the address names, else the list."""
    name = st.query_params.get("entry", "")
    found = next((table[name] for table in entries().values() if name in table), None)
    if found is None:
        if name:
            st.warning(word("browse.missing", lang()))
        overview()
        return
    st.button(
        word("browse.all", lang()),
        key="all",
        type="tertiary",
        icon=":material/arrow_back:",
        on_click=show,
        kwargs={"entry": ""},
    )
    st.markdown(f"## {found.title[lang()]}")
    if not isinstance(found, Section):
        st.caption(f"`{found.id}`")
    whole(found)


def whole(entry: Entry) -> None:
    """One entry in full."""
    tongue = lang()
    if isinstance(entry, Section):
        st.markdown(entry.text[tongue], width=READABLE)
        document = knowledge().document
        if document:
            references((document.source,))
        return
    if isinstance(entry, Fix):
        _fix(entry)
    else:
        _cause(entry)
    if isinstance(entry, Cause | Fix) and (title := section(entry.document)):
        st.markdown(f"##### {word('browse.document', tongue)}")
        _link(entry.document or "", title)
    if entry.references:
        st.markdown(f"##### {word('browse.references', tongue)}")
        references(entry.references)


def overview() -> None:
    """All titles, filtered by words in either language."""
    tongue = lang()
    words = st.text_input(
        word("browse.filter", tongue), key="filter", type="search", live="300ms", max_chars=80
    )
    parts = str(words or "").casefold().split()
    for name, table in entries().items():
        kept = [
            (key, entry) for key, entry in table.items() if all(part in _text(key, entry) for part in parts)
        ]
        if kept:
            st.markdown(f"##### {word(f'browse.{name}', tongue)} ({len(kept)})")
            with _list():
                for key, entry in kept:
                    _link(key, entry.title[tongue])


def _text(key: str, entry: Entry) -> str:
    """All that an entry says, for the filter."""
    texts = [key, *entry.title.model_dump().values()]
    for part in ("explanation", "steps", "text"):
        if text := getattr(entry, part, None):
            texts += text.model_dump().values()
    return " ".join(texts).casefold()


def _list() -> DeltaGenerator:
    return grid(3, gap=(None, "small"), min_column_width=300)


def _link(key: str, title: str) -> None:
    st.button(title, key=f"entry-{key}", type="tertiary", wrap=True, on_click=show, kwargs={"entry": key})


def _fix(fix: Fix) -> None:
    tongue = lang()
    st.caption(word("report.cost", tongue, minutes=round(minutes(knowledge(), fix, {}))))
    st.markdown(fix.steps[tongue], width=READABLE)
    for name, value in fix.needs.items():
        text = f"{_asked(name)} {labels.value(knowledge(), name, value, tongue)}"
        st.markdown(word("browse.needs", tongue, needs=text))
    if fix.patches:
        st.markdown(f"##### {word('browse.patches', tongue)}")
        for tab, patch in zip(st.tabs(list(fix.patches)), fix.patches.values(), strict=True):
            tab.code(diff(patch.before, patch.after, "file"), language="diff")
    chances = {
        cause.id: cause.fixes[fix.id] for cause in knowledge().causes.values() if fix.id in cause.fixes
    }
    st.markdown(f"##### {word('browse.cures', tongue)}")
    _chances(chances, {**knowledge().causes})


def _chances(chances: dict[str, float], entries: dict[str, Cause] | dict[str, Fix]) -> None:
    """Links to entries with how likely each helps, the likeliest first."""
    with _list():
        for name, chance in sorted(chances.items(), key=lambda item: -item[1]):
            _link(name, f"{entries[name].title[lang()]} ({labels.likelihood(chance, lang())})")


def _cause(entry: Cause | Advisory) -> None:
    tongue = lang()
    if isinstance(entry, Advisory):
        fixed = entry.fixed or "–"
        text = word("browse.affected", tongue, package=entry.package, affected=entry.affected, fixed=fixed)
        st.markdown(text)
        _link(entry.cause, knowledge().causes[entry.cause].title[tongue])
    if entry.explanation:
        st.markdown(entry.explanation[tongue], width=READABLE)
    if entry.signs:
        st.markdown(f"##### {word('browse.signs', tongue)}")
        st.markdown("\n".join(f"- {_sign(fact, chances)}" for fact, chances in entry.signs.items()))
    st.markdown(f"##### {word('browse.cured_by', tongue)}")
    _chances(entry.fixes, {**knowledge().fixes})


def _sign(fact: str, chances: dict[str, float]) -> str:
    """A sign in words: the likelier values of a fact, and how likely each is."""
    tongue = lang()
    likely = sorted(((c, v) for v, c in chances.items() if c >= 0.1), reverse=True)[:4] or [
        max((c, v) for v, c in chances.items())
    ]
    values = ", ".join(
        f"**{labels.value(knowledge(), fact, value, tongue)}** {labels.likelihood(chance, tongue)}"
        for chance, value in likely
    )
    return f"{_asked(fact)} {values}"


def _asked(fact: str) -> str:
    ask = knowledge().facts[fact].question
    return ask[lang()] if ask else f"`{fact}`"


page()
