"""One question: why it is asked, what can be answered, and what is known already."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
import streamlit as st

import kb
from app.conclusion import Conclusion
from app.phrases import how_known, label
from app.session import Session
from app.ui import labels
from app.ui.address import Here, go, knowledge, lang
from app.ui.grid import grid
from app.words import word
from kb import belief
from kb.bands import value_of
from kb.model import Fact, Lang, Plain, key

_REFUSED = "refused"  # why the last answer was not taken
_LEADING, _LIVE = 5, 0.02


def question(at: Here, shown: Conclusion, fact: Fact, asked: bool) -> None:
    """The card of one question; `asked` is whether the person picked it, in place of the best next one."""
    tongue = lang()
    values = shown.known.values()
    with st.container(border=True, key="question"):
        if isinstance(shown.next, kb.Ask) and shown.next.fact == fact.id:
            st.caption(word("wizard.saves", tongue, minutes=round(shown.next.saves)))
        st.header(fact.question[tongue] if fact.question else fact.id, anchor=False)
        st.caption("\n\n".join([*([fact.help[tongue]] if fact.help else []), reason(shown, fact.id, tongue)]))
        _known(at, shown, fact)
        current = key(values[fact.id]) if fact.id in values else None
        options = labels.choices(knowledge(), fact, dict(values), tongue)
        if error := st.session_state.pop(_REFUSED, ""):
            st.error(error)
        with grid(2 if len(options) > 3 else 1, gap="xsmall", min_column_width=280):
            for value, label in options.items():
                st.button(
                    label,
                    key=f"answer-{fact.id}-{value}",
                    type="primary" if value == current else "secondary",
                    width="stretch",
                    wrap=True,
                    on_click=_answer,
                    args=(at, fact, value),
                )
        if fact.kind == "number":
            _exact(at, fact)
        _row(at, fact, asked)


def _exact(at: Here, fact: Fact) -> None:
    field = f"exact-{fact.id}"
    with st.form(f"form-{fact.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(word("wizard.exact", lang()), key=field, placeholder="2e-5", max_chars=40, width=220)
        st.form_submit_button(word("wizard.take", lang()), on_click=_typed, args=(at, fact, field))


def _row(at: Here, fact: Fact, asked: bool) -> None:
    tongue = lang()
    with st.container(horizontal=True):
        st.button(
            word("wizard.unknown", tongue),
            key="unknown",
            icon=":material/help:",
            on_click=_take,
            args=(at, at.session.answer(fact.id, None)),
        )
        if asked:
            st.button(word("wizard.leave", tongue), key="leave", type="tertiary", on_click=_take, args=(at,))
        elif at.session.answers:
            st.button(
                word("wizard.back", tongue),
                key="back",
                icon=":material/arrow_back:",
                type="tertiary",
                on_click=_take,
                args=(at, at.session.back()),
            )


def _known(at: Here, shown: Conclusion, fact: Fact) -> None:
    """What is known already, with its source, and how to take an answer back."""
    found = next((item for item in shown.known.facts if item.id == fact.id), None)
    if found is None:
        return
    tongue = lang()
    text = label(knowledge(), fact.id, found.value, tongue)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{text}  ({how_known(found, tongue)})")
        if fact.id in dict(at.session.answers):
            st.button(
                word("wizard.retract", tongue),
                key="retract",
                type="tertiary",
                icon=":material/undo:",
                on_click=_take,
                args=(at, at.session.retract(fact.id)),
            )


def _answer(at: Here, fact: Fact, text: str) -> None:
    """Takes an answer if the vocabulary knows it: what a browser sends need not be what was offered."""
    try:
        value: Plain = value_of(fact, text)
    except ValueError as error:
        st.session_state[_REFUSED] = str(error)
        return
    _take(at, at.session.answer(fact.id, value))


def _typed(at: Here, fact: Fact, field: str) -> None:
    _answer(at, fact, str(st.session_state.get(field) or ""))


def _take(at: Here, session: Session | None = None) -> None:
    go(session or at.session, at.texts, ask="")


def reason(shown: Conclusion, fact: str, tongue: Lang) -> str:
    """Why a question is worth asking: the two leading causes that its answer tells apart best."""
    live = tuple(cause.entry.id for cause in shown.causes[:_LEADING] if cause.probability > _LIVE)
    chances = tuple(cause.probability for cause in shown.causes[: len(live)])
    pair = _told_apart(tuple(shown.known.values().items()), fact, live, chances)
    if pair is None:
        return word("wizard.why_any", tongue)
    one, other = (knowledge().causes[cause].title[tongue] for cause in pair)
    return word("wizard.why", tongue, one=one, other=other)


@lru_cache(maxsize=1024)
def _told_apart(
    facts: tuple[tuple[str, Plain], ...], fact: str, live: tuple[str, ...], chances: tuple[float, ...]
) -> tuple[str, str] | None:
    active = belief.space(knowledge(), dict(facts))
    _, table = belief.likelihood(knowledge(), active, fact)
    rows = {cause: table[active.ids.index(cause)] for cause in live}
    pairs = {
        (one, other): chance * chance_too * float(np.abs(rows[one] - rows[other]).sum())
        for (one, chance), (other, chance_too) in combinations(zip(live, chances, strict=True), 2)
    }
    best = max(pairs, key=lambda pair: pairs[pair], default=None)
    return best if best and pairs[best] > 0 else None
