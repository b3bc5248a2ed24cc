"""The causes: a bar each, and behind it the explanation and what speaks for and against."""

from __future__ import annotations

import streamlit as st

from app import reasons
from app.conclusion import CauseShown, Conclusion
from app.phrases import how_known, named, percent, percentage, stated
from app.ui import labels
from app.ui.address import carried, knowledge, lang
from app.ui.facts_table import table
from app.words import word
from kb.model import Lang

SHOWN = 5
LEAST = 0.005  # what shows as less than 1 % is among the rest
NEUTRAL = 0.05  # a factor so near to 1 says nothing


def bars(shown: Conclusion, most: int = SHOWN) -> None:
    """The leading causes as bars, without their evidence."""
    tongue = lang()
    for cause in shown.causes[:most]:
        _bar(cause, tongue)


def causes(shown: Conclusion) -> None:
    """The leading causes; each opens to its evidence ledger."""
    tongue = lang()
    leading = [cause for cause in shown.causes[:SHOWN] if cause.probability >= LEAST]
    for cause in leading:
        with st.container(gap=None):
            _bar(cause, tongue)
            with st.popover(word("diagnosis.why", tongue), type="tertiary", key=f"why-{cause.entry.id}"):
                _ledger(cause, shown)
    rest = 1 - sum(cause.probability for cause in leading)
    st.caption(word("diagnosis.rest", tongue, percent=percent(rest)))


def _bar(cause: CauseShown, tongue: Lang) -> None:
    label = f"**{percentage(cause.probability, tongue)}**  {named(cause, tongue)}"
    st.progress(min(cause.probability, 1.0), text=label)


def _ledger(cause: CauseShown, shown: Conclusion) -> None:
    """What speaks for and against it, what was not checked, and what the fault is."""
    tongue = lang()
    known = {fact.id: fact for fact in shown.known.facts}
    rows = [
        [
            labels.factor(item),
            stated(knowledge(), item.fact, item.value, tongue),
            how_known(known[item.fact], tongue),
        ]
        for item in cause.evidence
        if abs(item.factor - 1) > NEUTRAL
    ]
    head = [word(name, tongue) for name in ("table.factor", "table.fact", "table.source")]
    if rows:
        table([head, *rows])
        st.caption(word("diagnosis.factor", tongue))
    if checks := reasons.unchecked(cause, shown, knowledge(), tongue):
        st.markdown(f"**{word('report.unchecked', tongue)}**")
        st.markdown("\n".join(f"- {labels.literal(text)}" for text in checks))
    st.markdown(cause.entry.explanation[tongue])
    if cause.finer and cause.finer.explanation:
        st.markdown(f"**{cause.finer.title[tongue]}**\n\n{cause.finer.explanation[tongue]}")
    st.page_link(
        "browse.py",
        label=word("diagnosis.entry", tongue),
        icon=":material/menu_book:",
        query_params=carried(entry=cause.entry.id),
    )
