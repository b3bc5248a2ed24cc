"""The diagnosis: the verdict, the fixes best first, the causes with their evidence, the curve, the path."""

from __future__ import annotations

import streamlit as st

import kb
from app import reasons
from app.conclusion import ABNORMAL, HEALTHY, Conclusion
from app.phrases import headline, percent, percentage, spent
from app.ui.address import Here, carried, knowledge, lang
from app.ui.causes import causes
from app.ui.curve_chart import curve_chart
from app.ui.facts_table import facts_table, unknown_table
from app.ui.fix_card import fix_card, tried, worth
from app.ui.headroom_chart import headroom_chart
from app.ui.labels import literal
from app.ui.prices import prices
from app.ui.share import share
from app.ui.tree_chart import describe, tree_chart
from app.words import word
from kb.graph import START

SHOWN = 6


def diagnosis(at: Here, shown: Conclusion, acting: bool) -> None:
    """The whole page; `acting` is False for a link of somebody else's that is only looked at."""
    tongue = lang()
    _verdict(at, shown)
    if shown.verdict == HEALTHY:
        left, right = st.container(), st.container()
    else:
        left, right = st.columns([3, 2], gap="large")
        with left:
            _fixes(at, shown, acting)
        with right:
            st.markdown(f"### {word('report.causes', tongue)}")
            causes(shown)
            _hangs_on(shown, acting)
    bad = shown.known.values().get("loss.first_bad_step")
    with right if shown.verdict != HEALTHY else left:
        if shown.known.curve:
            st.markdown(f"### {word('diagnosis.curve', tongue)}")
            curve_chart(shown.known.curve, bad if isinstance(bad, int) else None)
        for report in at.session.reports:
            if report.peaks:
                st.markdown(f"### {word('headroom.title', tongue)}")
                headroom_chart(report.peaks)
    st.markdown(f"### {word('diagnosis.path', tongue)}")
    st.caption(literal(describe(shown)))
    tree_chart(shown)
    st.page_link(
        "browse.py",
        label=word("browse.walk", tongue),
        icon=":material/account_tree:",
        query_params=carried(node=shown.path[-1] if shown.path else START),
    )
    st.markdown(f"### {word('report.known', tongue)}")
    facts_table(shown.known.facts)
    st.markdown(f"### {word('report.unknown', tongue)}")
    unknown_table(shown)


def _verdict(at: Here, shown: Conclusion) -> None:
    tongue = lang()
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch", gap=None):
            st.markdown(f"## {literal(headline(shown, knowledge(), tongue))}")
            if shown.verdict == ABNORMAL and shown.causes:
                first = shown.causes[0]
                st.markdown(
                    word(
                        "diagnosis.likely",
                        tongue,
                        cause=first.entry.title[tongue],
                        percent=percent(first.probability),
                    )
                )
                if facts := reasons.because(shown, knowledge(), tongue):
                    st.caption(literal(word("diagnosis.because", tongue, facts=facts)))
        if at.link:
            with st.popover(
                word("share.title", tongue), icon=":material/share:", type="primary", key="share"
            ):
                share(at, shown)


def _hangs_on(shown: Conclusion, acting: bool) -> None:
    """What would change first place, to be answered there and then, and which known facts hold it there."""
    tongue = lang()
    asking = reasons.asking(shown, knowledge(), tongue)
    lines = reasons.hinges(shown, knowledge(), tongue)
    if not (asking or lines):
        return
    st.markdown(f"### {word('report.flips', tongue)}")
    if acting:
        with st.container(gap="small"):
            for fact, text in asking:
                query = carried(ask=fact)
                st.page_link("wizard.py", label=literal(text), icon=":material/help:", query_params=query)
    else:
        lines = [text for _, text in asking] + lines
    if lines:
        st.markdown("\n".join(f"- {literal(line)}" for line in lines))


def _fixes(at: Here, shown: Conclusion, acting: bool) -> None:
    tongue = lang()
    st.markdown(f"### {word('report.fixes', tongue)}")
    tried(at, shown, acting)
    for note in reasons.notes(shown, knowledge(), tongue):
        st.warning(literal(note), icon=":material/call_split:")
    solved = "worked" in dict(shown.known.tried).values()
    if solved:
        st.success(word("report.solved", tongue), icon=":material/check_circle:")
    elif isinstance(shown.next, kb.Stop):
        st.info(word("report.stop", tongue), icon=":material/support_agent:")
    elif isinstance(shown.next, kb.Ask) and acting:
        _ask(shown.next)
    if not shown.fixes:
        return
    first, *rest = shown.fixes
    with st.container(border=True, key="first-fix"):
        st.markdown(f"#### 1. {first.entry.title[tongue]}")
        st.caption(worth(first))
        fix_card(at, shown, first, acting)
    most = len(rest) if st.session_state.get("all-fixes") else SHOWN - 1
    for fix in rest[:most]:
        chance = f":gray[{percentage(fix.probability, tongue)} · {spent(fix, tongue)}]"
        label = f"**{fix.rank}. {fix.entry.title[tongue]}**  {chance}"
        icon = None if fix.possible else ":material/block:"
        with st.expander(label, icon=icon, key=f"fix-{fix.entry.id}"):
            st.caption(worth(fix))
            fix_card(at, shown, fix, acting)
    if len(shown.fixes) > SHOWN:
        st.toggle(word("diagnosis.all", tongue, count=len(shown.fixes)), key="all-fixes")
    if acting:
        prices(at, shown)


def _ask(ask: kb.Ask) -> None:
    tongue = lang()
    asked = knowledge().facts[ask.fact].question
    text = word("diagnosis.sharper", tongue, question=asked[tongue] if asked else ask.fact)
    st.page_link("wizard.py", label=text, icon=":material/help:", query_params=carried())
