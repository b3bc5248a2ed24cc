"""A conclusion as text for a terminal: what is wrong, why that is believed, what to do first."""

from __future__ import annotations

from collections.abc import Iterator

from app import reasons
from app.conclusion import HEALTHY, Conclusion, FixShown
from app.phrases import headline, label, named, percent, place, stated, step, worth
from app.words import word
from kb.model import Knowledge
from probes.columns import prose, wrap
from probes.private import redact

CAUSES, FIXES, REASONS, CHECKS = 4, 4, 4, 2
BAR = 20


def text(
    conclusion: Conclusion, knowledge: Knowledge, link: str, lang: str = "en", columns: int | None = None
) -> str:
    """The conclusion in some forty lines; everything else is in the link and in --format json.

    Lines are broken for a terminal of so many `columns`; changes and the link never are.
    """
    lines = [headline(conclusion, knowledge, lang), ""]
    if conclusion.verdict == HEALTHY:
        return "\n".join([*lines, link, ""])
    for note in reasons.notes(conclusion, knowledge, lang):
        lines += [*wrap(f"  ! {note}", columns, 4), ""]
    lines += [word("report.causes", lang), *_causes(conclusion, knowledge, lang, columns)]
    lines += ["", word("report.fixes", lang)]
    for fix in conclusion.fixes[:FIXES]:
        lines += _fix(fix, conclusion, knowledge, lang, columns)
    if flips := reasons.flips(conclusion, knowledge, lang):
        lines += ["", word("report.flips", lang)]
        lines += [line for flip in flips for line in wrap(f"  {flip}", columns, 4)]
    following = (
        f"{word('report.next', lang)}{word('list.colon', lang)}{step(conclusion, knowledge, lang)['why']}"
    )
    return "\n".join([*lines, "", *wrap(following, columns), "", link, ""])


def _causes(conclusion: Conclusion, knowledge: Knowledge, lang: str, columns: int | None) -> Iterator[str]:
    """The causes with their probabilities; for the first, what speaks for and against it, and what would."""
    for cause in conclusion.causes[:CAUSES]:
        bar = f"{'█' * round(BAR * cause.probability) or '▏':<{BAR}}"
        before = f"  {percent(cause.probability):>3} %  {bar}  "
        yield from wrap(f"{before}{named(cause, lang)}  [{cause.entry.id}]", columns, len(before))
        if cause is conclusion.causes[0]:
            sources = {fact.id: place(fact.source, lang) for fact in conclusion.known.facts}
            for item in cause.evidence[:REASONS]:
                if abs(item.factor - 1) > 0.1:
                    side = word("report.for" if item.factor > 1 else "report.against", lang)
                    reason = stated(knowledge, item.fact, item.value, lang)
                    if source := sources.get(item.fact, ""):
                        reason += f" ({source})"
                    reason = f"         ×{item.factor:<5.2g} {reason}{word('list.comma', lang)}{side}"
                    yield from wrap(reason, columns, 16)
            for check in reasons.unchecked(cause, conclusion, knowledge, lang)[:CHECKS]:
                yield from wrap(
                    f"         {word('report.unchecked', lang)}{word('list.colon', lang)}{check}", columns, 16
                )


def _fix(
    fix: FixShown, conclusion: Conclusion, knowledge: Knowledge, lang: str, columns: int | None
) -> Iterator[str]:
    """A fix in two or three lines; the first with why, how it is done, and what to expect of it."""
    yield from wrap(f"  {fix.rank:>2}.  {fix.entry.title[lang]}  [{fix.entry.id}]", columns, 7)
    yield from wrap(f"       {worth(fix, knowledge, lang)}", columns)
    if fix.rank > 1:
        if why_not := reasons.why_not(fix, conclusion, knowledge, lang):
            yield from wrap(f"       {why_not}", columns)
        return
    colon = word("list.colon", lang)
    why, *expect = (
        f"       {name}{colon}{text}" for name, text in reasons.plan(fix, conclusion, knowledge, lang)
    )
    yield from [*wrap(why, columns), ""]
    if fix.patch:
        if not fix.patch.files:
            framework = label(knowledge, "framework.name", fix.patch.framework, lang)
            yield from wrap(f"       {word('report.example', lang, framework=framework)}", columns)
        yield from (f"       {line}" for line in redact(fix.patch.shown).splitlines())
        yield ""
    yield from [*prose(fix.entry.steps[lang], columns, 7 * " "), ""]
    for line in expect:
        yield from wrap(line, columns)
    yield ""
