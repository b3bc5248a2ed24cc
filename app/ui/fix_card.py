"""One fix: what it is worth, how it is done, the change to the user's own file, and what came of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import reasons
from app.conclusion import Conclusion, FixShown
from app.fact_names import fact_name, framework
from app.phrases import chance, label, section, spent
from app.ui import kept, labels
from app.ui.address import Here, carried, go, knowledge, lang
from app.words import word
from kb.belief import OUTCOMES
from kb.model import Reference


def fix_card(at: Here, shown: Conclusion, fix: FixShown, acting: bool) -> None:
    """The fix in full. `acting` is whether its outcome can be told here."""
    tongue = lang()
    plan = reasons.plan(fix, shown, knowledge(), tongue) if fix.rank == 1 else []
    _said(plan[:1])
    if fix.unmet:
        st.warning(_unmet(shown, fix), icon=":material/block:")
    elif fix.patch:
        st.code(fix.patch.shown, language="diff", wrap_lines=True)
        name = "diagnosis.patch_own" if fix.patch.files else "diagnosis.patch_example"
        st.caption(word(name, tongue, framework=framework(fix.patch.framework)))
    if not fix.unmet and (why_not := reasons.why_not(fix, shown, knowledge(), tongue)):
        st.caption(labels.literal(why_not))
    st.markdown(fix.entry.steps[tongue])
    _said(plan[1:])
    _sources(fix)
    if acting:
        _outcomes(at, fix.entry.id, "diagnosis.tried", _tell)
    elif at.short and kept.writable():
        _outcomes(at, fix.entry.id, "short.tried", _keep)


def _said(plan: list[tuple[str, str]]) -> None:
    """Each heading with its text, in a paragraph of its own."""
    colon = word("list.colon", lang())
    if plan:
        st.markdown("\n\n".join(f"**{heading}**{colon}{labels.literal(text)}" for heading, text in plan))


def _outcomes(at: Here, fix: str, asked: str, tell: Callable[[Here, str, str], None]) -> None:
    """A button for each outcome."""
    tongue = lang()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(word(asked, tongue), width="content")
        for outcome in OUTCOMES:
            st.button(
                word(f"outcome.{outcome}", tongue),
                key=f"tried-{fix}-{outcome}",
                on_click=tell,
                args=(at, fix, outcome),
            )
        if said := kept.told(at.short, fix):
            told = word(f"outcome.{said}", tongue)
            st.markdown(word("short.told", tongue, outcome=told), width="content")


def worth(fix: FixShown) -> str:
    """What a fix is worth, in a line: chance, minutes, the section of the document that names it."""
    tongue = lang()
    parts = [
        chance(fix, tongue),
        spent(fix, tongue),
    ]
    if title := section(fix.entry.document, knowledge(), lang()):
        parts.append(title)
    return "  ·  ".join(parts)


def references(items: tuple[Reference, ...]) -> None:
    """Where the claims come from; each opens in a tab of its own."""
    for item in items:
        st.page_link(item.url, label=item.title, icon=":material/open_in_new:")


def tried(at: Here, shown: Conclusion, acting: bool) -> None:
    """What was tried already, and how to take it back."""
    tongue = lang()
    for fix, outcome in shown.known.tried:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            worked = outcome == "worked"
            st.badge(word(f"outcome.{outcome}", tongue), color="green" if worked else "gray")
            st.markdown(knowledge().fixes[fix].title[tongue], width="content")
            if acting and fix in dict(at.session.tried):
                st.button(
                    word("diagnosis.untry", tongue),
                    key=f"untry-{fix}",
                    type="tertiary",
                    icon=":material/undo:",
                    on_click=_tell,
                    args=(at, fix, ""),
                )


def _unmet(shown: Conclusion, fix: FixShown) -> str:
    tongue, values = lang(), shown.known.values()
    needs = []
    for name in fix.unmet:
        ask = knowledge().facts[name].question
        found = labels.literal(label(knowledge(), name, values[name], tongue))
        needs.append(f"{ask[tongue] if ask else fact_name(knowledge(), name, tongue)} {found}")
    return word("report.not_here", tongue, needs=word("list.semicolon", tongue).join(needs))


def _sources(fix: FixShown) -> None:
    with st.expander(word("diagnosis.sources", lang()), type="compact", key=f"sources-{fix.entry.id}"):
        if title := section(fix.entry.document, knowledge(), lang()):
            st.page_link(
                "browse.py",
                label=word("report.document", lang(), section=title),
                icon=":material/description:",
                query_params=carried(entry=fix.entry.document or ""),
            )
        references(fix.entry.references)


def _keep(at: Here, fix: str, outcome: str) -> None:
    if fix in knowledge().fixes:
        kept.tell(at.short, fix, outcome)


def _tell(at: Here, fix: str, outcome: str) -> None:
    if fix in knowledge().fixes and outcome in (*OUTCOMES, ""):
        go(at.session.outcome(fix, outcome), at.texts)
