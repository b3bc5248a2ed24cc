"""A conclusion as text for a terminal: what is wrong, why that is believed, what to do first."""

from __future__ import annotations

from app import reasons
from app.conclusion import HEALTHY, Conclusion, FixShown
from app.phrases import headline, named, percent, step, worth
from app.words import word
from kb.model import Knowledge
from probes.private import redact

CAUSES, FIXES, REASONS, CHECKS = 4, 4, 4, 2
BAR = 20


def text(conclusion: Conclusion, knowledge: Knowledge, link: str, lang: str = "en") -> str:
    """The conclusion in some forty lines; everything else is in the link and in --format json."""
    sources = {fact.id: fact.source for fact in conclusion.known.facts}
    lines = [headline(conclusion, knowledge, lang), ""]
    if conclusion.verdict == HEALTHY:
        return "\n".join([*lines, link, ""])
    for note in reasons.notes(conclusion, knowledge, lang):
        lines += [f"  ! {note}", ""]
    lines.append(word("report.causes", lang))
    for cause in conclusion.causes[:CAUSES]:
        bar = f"{'█' * round(BAR * cause.probability) or '▏':<{BAR}}"
        name = f"{named(cause, lang)}  [{cause.entry.id}]"
        lines.append(f"  {percent(cause.probability):>3} %  {bar}  {name}")
        for item in cause.evidence[:REASONS]:
            if abs(item.factor - 1) > 0.1 and cause is conclusion.causes[0]:
                side = "report.for" if item.factor > 1 else "report.against"
                reason = f"{item.fact} = {item.value} ({sources.get(item.fact, '')})"
                lines.append(f"         ×{item.factor:<5.2g} {reason}, {word(side, lang)}")
        if cause is conclusion.causes[0]:
            lines += [
                f"         {word('report.unchecked', lang)}: {fact}  ({how})"
                for fact, how in reasons.unchecked(cause, conclusion, knowledge, lang)[:CHECKS]
            ]
    lines += ["", word("report.fixes", lang)]
    for fix in conclusion.fixes[:FIXES]:
        lines += _fix(fix, lang)
        if why_not := reasons.why_not(fix, conclusion, knowledge, lang):
            lines.append(f"       {why_not}")
    if flips := reasons.flips(conclusion, knowledge, lang):
        lines += ["", word("report.flips", lang), *(f"  {flip}" for flip in flips)]
    lines += ["", f"{word('report.next', lang)}: {step(conclusion, knowledge, lang)['why']}", "", link, ""]
    return "\n".join(lines)


def _fix(fix: FixShown, lang: str) -> list[str]:
    lines = [f"  {fix.rank:>2}.  {fix.entry.title[lang]}  [{fix.entry.id}]", f"       {worth(fix, lang)}"]
    if fix.rank == 1:
        lines += [f"       {line}" for line in fix.entry.steps[lang].strip().splitlines()]
        if fix.patch:
            lines += ["", *(f"       {line}" for line in redact(fix.patch.diff).splitlines()), ""]
    return lines
