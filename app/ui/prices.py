"""What time and machines cost here: numbers that weigh the fixes, and that nobody has to give."""

from __future__ import annotations

import streamlit as st

from app.conclusion import Conclusion
from app.ui.address import Here, go, knowledge, lang
from app.words import word
from kb.costs import GPU_HOUR, GPUS, PERSON_HOUR, STEP_SECONDS, STEPS_LOST

ASKED = (STEP_SECONDS, STEPS_LOST, GPUS, GPU_HOUR, PERSON_HOUR)


def prices(at: Here, shown: Conclusion) -> None:
    """The numbers that are known, to correct, and the others, to fill in."""
    tongue, values = lang(), shown.known.values()
    with st.expander(word("prices.title", tongue), icon=":material/payments:", key="prices"):
        st.caption(word("prices.why", tongue))
        for name in ASKED:
            fact, known = knowledge().facts[name], values.get(name)
            st.number_input(
                fact.help[tongue] if fact.help else word("prices.gpus", tongue),
                min_value=0.0,
                value=float(known) if isinstance(known, (int, float)) else None,
                key=f"price-{name}",
                on_change=_tell,
                args=(at, name),
            )


def _tell(at: Here, name: str) -> None:
    value = st.session_state.get(f"price-{name}")
    session = at.session.retract(name) if value is None else at.session.answer(name, value)
    go(session, at.texts)
