"""What was said when a link was made, beside what this server's knowledge says of the same facts."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.conclusion import Conclusion, said
from app.session import Session
from app.ui.address import knowledge, lang
from app.words import word
from kb.model import Cause, Fix


def then_now(session: Session, shown: Conclusion) -> None:
    """Nothing where the link was made with this very knowledge; version 1 of a link does not say it."""
    tongue, base = lang(), knowledge()
    if session.knowledge in ("", base.version):
        return
    st.caption(word("start.other_version", tongue, made=session.knowledge, ours=base.version))
    then, now = session.said, said(shown)
    if not (then.causes or then.fixes):
        return
    everything = {fix.entry.id: fix.probability for fix in shown.fixes}
    with st.expander(
        word("then.title", tongue), expanded=_first(then.fixes) != _first(now.fixes), key="then"
    ):
        causes = {cause.entry.id: cause.probability for cause in shown.causes}
        _table("causes", dict(then.causes), dict(now.causes), causes, base.causes)
        _table("fixes", dict(then.fixes), dict(now.fixes), everything, base.fixes)


def _first(part: tuple[tuple[str, int], ...]) -> str:
    return part[0][0] if part else ""


def _table(
    what: str,
    then: dict[str, int],
    now: dict[str, int],
    today: Mapping[str, float],
    entries: Mapping[str, Cause] | Mapping[str, Fix],
) -> None:
    """A row for each that leads in either; one that the knowledge no longer has keeps its id."""
    tongue = lang()
    names = [*then, *(name for name in now if name not in then)]
    st.dataframe(
        {
            word(f"report.{what}", tongue): [
                entries[name].title[tongue] if name in entries else name for name in names
            ],
            word("then.then", tongue): [
                word("share", tongue, percent=then[name]) if name in then else "–" for name in names
            ],
            word("then.now", tongue): [
                word("share", tongue, percent=round(100 * today[name])) if name in today else "–"
                for name in names
            ],
        },
        hide_index=True,
        height="content",
        alt=word("then.title", tongue),
    )
