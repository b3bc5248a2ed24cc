"""One question at a time, the most valuable first, with what the answers so far point to beside it."""

from __future__ import annotations

import streamlit as st

import kb
from app.conclusion import HEALTHY, Conclusion
from app.ui.address import Here, carried, concluded, go, knowledge, lang, params, show, switch
from app.ui.facts_table import correct, facts_table
from app.ui.fix_card import worth
from app.ui.frame import framed, opened
from app.ui.question import question
from app.ui.side import side
from app.words import word
from kb.model import Fact


def page() -> None:
    """The question that the address asks for, else the best one, else the step that is better than any."""
    at = opened()
    shown = concluded(at.session, at.texts)
    left, right = st.columns([5, 3], gap="large")
    with left:
        asked = knowledge().facts.get(params().get("ask", ""))
        if asked and asked.question and asked.typical:
            question(at, shown, asked, asked=True)
        elif isinstance(shown.next, kb.Ask):
            question(at, shown, knowledge().facts[shown.next.fact], asked=False)
        else:
            enough(at, shown)
        others(shown, asked)
    with right:
        if shown.verdict != HEALTHY:
            side(shown)
    known(shown)


def enough(at: Here, shown: Conclusion) -> None:
    """No question is worth its time any more: the fix to try, or to stop."""
    tongue = lang()
    with st.container(border=True, key="question"):
        if shown.verdict == HEALTHY:
            st.header(word("report.healthy", tongue), anchor=False)
        elif isinstance(shown.next, kb.Try):
            st.caption(word("wizard.enough", tongue))
            fix = next(fix for fix in shown.fixes if fix.entry.id == shown.next.fix)
            st.header(word("report.try", tongue, fix=fix.entry.title[tongue]), anchor=False)
            st.caption(worth(fix))
        else:
            solved = "worked" in dict(shown.known.tried).values()
            st.header(word("report.solved" if solved else "report.stop", tongue), anchor=False)
        with st.container(horizontal=True):
            if st.button(word("side.diagnosis", tongue), key="diagnosis", type="primary"):
                switch("diagnosis.py")
            if at.session.answers:
                st.button(
                    word("wizard.back", tongue),
                    key="back",
                    type="tertiary",
                    icon=":material/arrow_back:",
                    on_click=go,
                    args=(at.session.back(), at.texts),
                )


def others(shown: Conclusion, asked: Fact | None) -> None:
    """The other questions that make sense now, for those who would rather answer another one."""
    facts = list(dict.fromkeys(knowledge().tree.nodes[node].fact for node in shown.open))
    now = (shown.next.fact if isinstance(shown.next, kb.Ask) else "", asked.id if asked else "")
    rest = [knowledge().facts[name] for name in facts if name not in now]
    rest = [fact for fact in rest if fact.question]
    if rest:
        label = word("wizard.others", lang(), count=len(rest))
        with st.expander(label, type="compact", key="others", on_change="rerun") as opened:
            if opened.open:  # a page of half the elements takes half the time
                with st.container(gap=None):
                    for fact in rest:
                        _other(fact)


def _other(fact: Fact) -> None:
    st.button(
        fact.question[lang()] if fact.question else fact.id,
        key=f"ask-{fact.id}",
        type="tertiary",
        icon=":material/chevron_right:",
        on_click=show,
        kwargs={"ask": fact.id},
    )


def known(shown: Conclusion) -> None:
    """What was read, measured and answered, and how to correct it."""
    tongue = lang()
    if not shown.known.facts and not shown.known.skipped:
        st.page_link(
            "start.py",
            label=word("wizard.give", tongue),
            icon=":material/upload_file:",
            query_params=carried(),
        )
        return
    facts_table(shown.known.facts, f"**{word('report.known', tongue)}**")
    correct(shown)


framed(page)
