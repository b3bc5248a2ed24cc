"""Why a conclusion is as it is, in sentences: what it hangs on, what is not checked, why not another fix."""

from __future__ import annotations

from app.conclusion import CauseShown, Conclusion, FixShown
from app.phrases import label, percent
from app.words import word
from kb.model import Knowledge

FLIPS, HINGES, CHECKS, AGAINST = 3, 3, 4, 2


def notes(shown: Conclusion, knowledge: Knowledge, lang: str) -> list[str]:
    """What must be said before anything else: a fix that changed the symptom, two faults at once."""
    lines = [
        word("report.changed", lang, fix=knowledge.fixes[fix].title[lang])
        for fix, outcome in shown.known.tried
        if outcome == "other-symptom"
    ]
    if pair := shown.explanation.together:
        first, second = (knowledge.causes[cause].title[lang] for cause in pair.causes)
        chance = percent(pair.probability)
        lines.append(word("report.together", lang, first=first, second=second, percent=chance))
    return lines


def flips(shown: Conclusion, knowledge: Knowledge, lang: str) -> list[str]:
    """The answers that would put another fix first, the likeliest first, each fact once."""
    likeliest = {flip.fact: flip for flip in reversed(shown.explanation.flips)}
    return [
        word(
            "report.flip",
            lang,
            fact=flip.fact,
            value=label(knowledge, flip.fact, flip.value, lang),
            percent=percent(flip.chance),
            fix=knowledge.fixes[flip.fix].title[lang],
        )
        for flip in shown.explanation.flips
        if likeliest[flip.fact] is flip
    ][:FLIPS]


def hinges(shown: Conclusion, knowledge: Knowledge, lang: str) -> list[str]:
    """The known facts without which another fix would lead: worth a second look."""
    values = shown.known.values()
    return [
        word(
            "report.hinge",
            lang,
            fact=hinge.fact,
            value=label(knowledge, hinge.fact, values[hinge.fact], lang),
            fix=knowledge.fixes[hinge.fix].title[lang],
        )
        for hinge in shown.explanation.hinges[:HINGES]
    ]


def unchecked(cause: CauseShown, shown: Conclusion, knowledge: Knowledge, lang: str) -> list[tuple[str, str]]:
    """(fact, how to find out) for what would speak for or against `cause`, the most telling first."""
    checks = shown.explanation.unchecked.get(cause.entry.id, ())[:CHECKS]
    return [(check.fact, how(knowledge, check.fact, lang)) for check in checks]


def how(knowledge: Knowledge, fact: str, lang: str) -> str:
    """The command that tells a fact, or the question that asks for it."""
    entry = knowledge.facts[fact]
    return entry.check or (entry.question[lang] if entry.question else "")


def why_not(fix: FixShown, shown: Conclusion, knowledge: Knowledge, lang: str) -> str:
    """Why a fix is not on top: what speaks against the cause that it is known for. "" where nothing does."""
    if not fix.cause or not fix.against or fix.rank == 1:
        return ""
    reasons = ", ".join(
        f"{item.fact} = {label(knowledge, item.fact, item.value, lang)} (×{item.factor:.2g})"
        for item in fix.against[:AGAINST]
    )
    chance = next((cause.probability for cause in shown.causes if cause.entry.id == fix.cause), 0.0)
    title = knowledge.causes[fix.cause].title[lang]
    return word("report.why_not", lang, cause=title, percent=percent(chance), reasons=reasons)
