"""What is known, with its source, and how to correct it; what is not known, and how to find it out."""

from __future__ import annotations

import streamlit as st

from app.conclusion import Conclusion
from app.fact_names import fact_name
from app.phrases import how_known, label, place, unknown
from app.ui import labels
from app.ui.address import knowledge, lang, show
from app.words import word
from kb.model import Lang
from probes.report import ASSUMED, Fact


def facts_table(facts: tuple[Fact, ...], title: str = "", file: str = "") -> None:
    """Facts in rows, below a `title` in Markdown; those of one `file` with their lines alone."""
    if not facts:
        return
    tongue = lang()
    last = "table.line" if file else "table.source"
    rows = [[word(name, tongue) for name in ("table.fact", "table.value", last)]]
    for fact in facts:
        known = _line(fact, file, tongue) if file else how_known(fact, tongue)
        shown = label(knowledge(), fact.id, fact.value, tongue)
        rows.append([fact_name(knowledge(), fact.id, tongue), shown, known])
    table(rows, title)


def correct(shown: Conclusion) -> None:
    """A choice among the facts that a person can be asked for; it opens the question."""
    tongue = lang()
    facts = [fact.id for fact in shown.known.facts if knowledge().facts[fact.id].question]
    facts += [name for name in shown.known.skipped if knowledge().facts[name].question]
    if facts:
        st.selectbox(
            word("wizard.correct", tongue),
            facts,
            index=None,
            key="correct",
            placeholder=word("wizard.choose", tongue),
            format_func=lambda name: _asked(name, tongue),
            on_change=_open,
        )


def unknown_table(shown: Conclusion) -> None:
    """What is not known, and the command or the question that would tell; a reason where a probe gave one."""
    tongue = lang()
    rows = unknown(shown, knowledge(), tongue)
    if not rows:
        st.caption(word("report.nothing_unknown", tongue))
        return
    plain = word("report.not_asked", tongue)
    how = [row["how"] if row["why"] == plain else f"{row['how']} ({row['why']})" for row in rows]
    head = [word(name, tongue) for name in ("table.fact", "table.how")]
    names = [fact_name(knowledge(), row["id"], tongue) for row in rows]
    table([head, *([name, text] for name, text in zip(names, how, strict=True))])


def table(rows: list[list[str]], title: str = "") -> None:
    """Rows of cells below a head, each a text that stays inert.

    Markdown: Streamlit's own tables go through pandas, which costs each click a third more, and a phone sees
    only their first columns.
    """
    head, *body = ([labels.literal(cell) for cell in row] for row in rows)
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]
    st.markdown("\n".join([title, "", *lines] if title else lines))


def _line(fact: Fact, file: str, tongue: Lang) -> str:
    line = place(fact.source.removeprefix(file).lstrip(":"), tongue)
    assumed = [word("state.assumed", tongue)] if fact.state == ASSUMED else []
    return word("list.comma", tongue).join([*filter(None, [line]), *assumed])


def _asked(name: str, tongue: Lang) -> str:
    ask = knowledge().facts[name].question
    return ask[tongue] if ask else fact_name(knowledge(), name, tongue)


def _open() -> None:
    name = st.session_state.get("correct")
    st.session_state["correct"] = None  # so that the same one can be chosen again
    if name in knowledge().facts:
        show(ask=str(name))
