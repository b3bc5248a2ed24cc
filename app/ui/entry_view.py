"""One entry of the knowledge in full: what it says, what it leads to, and where each claim comes from."""

from __future__ import annotations

import streamlit as st

from app.fact_names import fact_name, framework
from app.patch import diff
from app.phrases import label, percent, section
from app.trial import AS_IT_IS, trials
from app.ui import kept, labels
from app.ui.address import knowledge, lang
from app.ui.fix_card import references
from app.ui.labels import literal
from app.ui.links import links
from app.ui.trial_curves import curves
from app.words import word
from kb.costs import minutes
from kb.model import Advisory, Cause, Fix, Reference, Section
from kb.search import Entry
from probes.lab import FAULTS

READABLE = 780  # pixels: a longer line of prose is hard to follow
LIKELY, SHOWN = 0.1, 4  # a sign names its values from this chance on, and so many of them


def whole(name: str, entry: Entry) -> None:
    """The page of an entry."""
    tongue = lang()
    st.set_page_config(page_title=f"{entry.title[tongue]} · whynan")
    st.markdown(f"## {literal(entry.title[tongue])}")
    kind = word(f"one.{type(entry).__name__.lower()}", tongue)
    st.caption(f"{kind} · `{name}`")
    if isinstance(entry, Section):
        st.markdown(entry.text[tongue], width=READABLE)
        document = knowledge().document
        _sources((document.source,) if document else ())
        return
    if isinstance(entry, Fix):
        _fix(entry)
    else:
        _fault(entry)
    if (
        isinstance(entry, Cause | Fix)
        and entry.document
        and (title := section(entry.document, knowledge(), lang()))
    ):
        _links("document", {entry.document: title})
    _sources(entry.references)


def _links(heading: str, titles: dict[str, str]) -> None:
    """Links under a heading; nothing where there are none."""
    if titles:
        _heading(heading)
        links(heading, {title: {"entry": name} for name, title in titles.items()})


def _heading(name: str) -> None:
    st.markdown(f"### {word(f'part.{name}', lang())}")


def _sources(items: tuple[Reference, ...]) -> None:
    if items:
        _heading("references")
        references(items)


def _fix(fix: Fix) -> None:
    tongue, base = lang(), knowledge()
    st.caption(word("report.cost", tongue, minutes=round(minutes(base, fix, {}))))
    if told := kept.counts(fix.id):
        st.caption(
            word(
                "short.counts",
                tongue,
                all=sum(told.values()),
                **{n.replace("-", "_"): c for n, c in told.items()},
            )
        )
    st.markdown(fix.steps[tongue], width=READABLE)
    for name, value in fix.needs.items():
        text = f"{_question(name)} {label(base, name, value, tongue)}"
        st.markdown(word("browse.needs", tongue, needs=text))
    if fix.patches:
        _heading("patches")
        for tab, patch in zip(
            st.tabs([framework(style) for style in fix.patches]), fix.patches.values(), strict=True
        ):
            tab.code(diff(patch.before, patch.after, "file"), language="diff", wrap_lines=True)
    cured = {cause.id: cause.fixes[fix.id] for cause in base.causes.values() if fix.id in cause.fixes}
    _links("cures", {name: _helped(base.causes[name], cured[name]) for name in _likeliest(cured)})
    bugs = {a.id: a.fixes[fix.id] for a in base.advisories.values() if fix.id in a.fixes}
    _links("cures_bugs", {name: _helped(base.advisories[name], bugs[name]) for name in _likeliest(bugs)})


def _fault(entry: Cause | Advisory) -> None:
    """A cause or a library's known bug."""
    tongue, base = lang(), knowledge()
    if isinstance(entry, Advisory):
        fixed = f"`{entry.fixed}`" if entry.fixed else "–"
        affected = f"`{entry.affected}`"
        st.markdown(
            word("browse.affected", tongue, package=entry.package, affected=affected, fixed=fixed)
            + "".join(
                f"  \n{word('browse.also', tongue)} `{name} {also}`" for name, also in entry.also.items()
            )
        )
        st.caption(word(f"browse.traced.{entry.traced}", tongue))
    st.caption(_common(entry))
    if entry.explanation:
        st.markdown(entry.explanation[tongue], width=READABLE)
    if entry.signs:
        _heading("signs")
        st.caption(word("browse.judged", tongue))
        st.markdown("\n".join(f"- {_sign(fact, chances)}" for fact, chances in entry.signs.items()))
    if isinstance(entry, Cause) and entry.proved:
        _proof(entry)
    fixes = _likeliest(entry.fixes)
    _links("cured_by", {name: _helped(base.fixes[name], entry.fixes[name]) for name in fixes})
    above = entry.cause if isinstance(entry, Advisory) else entry.under
    _links("under", {above: base.causes[above].title[tongue]} if above else {})
    _links("finer", {c.id: c.title[tongue] for c in base.causes.values() if c.under == entry.id})
    _links("bugs", {a.id: a.title[tongue] for a in base.advisories.values() if a.cause == entry.id})


def _proof(cause: Cause) -> None:
    """What came of each fix in the fault lab, and curves where the document's trial has them."""
    tongue, fixes = lang(), knowledge().fixes
    _heading("proof")
    st.caption(word("proof.what", tongue))
    rows = [
        word("proof.fix", tongue, fix=fixes[name].title[tongue], cured=proof.cured, runs=proof.runs)
        for name, proof in sorted(cause.proved.items(), key=lambda item: -item[1].cured / item[1].runs)
    ]
    st.markdown("\n".join(f"- {row}" for row in rows))
    variants = next((runs for fault, runs in trials().items() if FAULTS[fault].cause == cause.id), {})
    tried = [name for name in variants if name in cause.proved]
    if tried:
        best = max(tried, key=lambda name: variants[name].cured / variants[name].runs)
        curves({AS_IT_IS: variants[AS_IT_IS], best: variants[best]})


def _common(entry: Cause | Advisory) -> str:
    """How common a fault is among those who come, and what says so: counted cases, or an expert's guess."""
    tongue, share = lang(), percent(entry.prior)
    if isinstance(entry, Advisory):
        return word("browse.common_version", tongue, percent=share)
    if entry.counted is None:
        return word("browse.common_guess", tongue, percent=share)
    counted, guess = entry.counted, percent(entry.counted.guess)
    return word("browse.common", tongue, percent=share, here=counted.here, cases=counted.cases, guess=guess)


def _likeliest(chances: dict[str, float]) -> list[str]:
    return sorted(chances, key=lambda name: -chances[name])


def _helped(entry: Cause | Fix | Advisory, chance: float) -> str:
    return f"{entry.title[lang()]} ({labels.likelihood(chance, lang())})"


def _sign(fact: str, chances: dict[str, float]) -> str:
    """A sign in words: the likelier values of a fact, and how likely each is."""
    tongue = lang()
    likely = [name for name in _likeliest(chances) if chances[name] >= LIKELY] or _likeliest(chances)[:1]
    values = word("list.comma", tongue).join(
        f"**{label(knowledge(), fact, value, tongue)}** {labels.likelihood(chances[value], tongue)}"
        for value in likely[:SHOWN]
    )
    return f"{_question(fact)} {values}"


def _question(name: str) -> str:
    ask = knowledge().facts[name].question
    return (
        ask[lang()] if ask else f"{fact_name(knowledge(), name, lang())}{word('list.colon', lang()).rstrip()}"
    )
