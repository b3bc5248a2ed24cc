"""Why a conclusion is as it is, in sentences: what it hangs on, what is not checked, why not another fix."""

from __future__ import annotations

from app.conclusion import CauseShown, Conclusion, FixShown
from app.fact_names import fact_name
from app.phrases import label, percent, percentage, stated
from app.words import word
from kb.model import Knowledge

FLIPS, HINGES, CHECKS, AGAINST, LEADING = 3, 3, 4, 2, 3
SURE = 3  # times the first bad step
FOR = 1.1  # a factor below that hardly speaks for a cause


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


def because(shown: Conclusion, knowledge: Knowledge, lang: str) -> str:
    """What speaks most for the first cause, in a line; "" where nothing does."""
    return _telling(shown.causes[0], shown, knowledge, lang)


def _telling(cause: CauseShown, shown: Conclusion, knowledge: Knowledge, lang: str) -> str:
    values = shown.known.values()
    telling = [item for item in cause.evidence if item.factor > FOR][:LEADING]
    glue = word("list.comma", lang)
    return glue.join(stated(knowledge, item.fact, values[item.fact], lang) for item in telling)


def plan(fix: FixShown, shown: Conclusion, knowledge: Knowledge, lang: str) -> list[tuple[str, str]]:
    """(heading, text) of what else to know of the first fix: why, how to tell that it worked, what if not."""
    following = next((other for other in shown.fixes if other.rank > fix.rank and other.possible), None)
    otherwise = word("report.else_stop", lang)
    if following:
        title, after = following.entry.title[lang], percent(following.after)
        otherwise = word("report.else_fix", lang, fix=title, percent=after)
    return [
        (word("report.why_this", lang), _acts(fix, shown, knowledge, lang)),
        (word("report.worked", lang), _worked(shown, knowledge, lang)),
        (word("report.else", lang), otherwise),
    ]


def _acts(fix: FixShown, shown: Conclusion, knowledge: Knowledge, lang: str) -> str:
    """The likeliest cause that a fix acts on; what speaks for it where that is not the leading one's."""
    cause = next(cause for cause in shown.causes if cause.entry.id in fix.addresses)
    facts = "" if cause is shown.causes[0] else _telling(cause, shown, knowledge, lang)
    name = "report.acts_because" if facts else "report.acts"
    return word(name, lang, cause=cause.entry.title[lang], percent=percent(cause.probability), facts=facts)


def _worked(shown: Conclusion, knowledge: Knowledge, lang: str) -> str:
    """How to tell a cure: the lab counts one after three times the steps in which the run broke."""
    values = shown.known.values()
    bad = values.get("loss.first_bad_step")
    if isinstance(bad, int) and bad > 1:
        return word("report.passes", lang, step=bad, sure=SURE * bad)
    symptom = values.get("loss.symptom")
    said = label(knowledge, "loss.symptom", symptom, lang) if symptom else ""
    return word("report.gone", lang, symptom=said or shown.causes[0].entry.title[lang])


def asking(shown: Conclusion, knowledge: Knowledge, lang: str) -> list[tuple[str, str]]:
    """(fact, the answer and the fix it would put first) for the questions that first place hangs on."""
    found: dict[str, str] = {}
    for flip in shown.explanation.flips:
        question = knowledge.facts[flip.fact].question
        if question and flip.fact not in found and len(found) < FLIPS:
            answer = label(knowledge, flip.fact, flip.value, lang)
            found[flip.fact] = word(
                "report.would",
                lang,
                question=question[lang],
                answer=answer,
                share=percentage(flip.chance, lang),
                fix=knowledge.fixes[flip.fix].title[lang],
            )
    return list(found.items())


def flips(shown: Conclusion, knowledge: Knowledge, lang: str) -> list[str]:
    """A line for each fix that an answer would put first, with the likeliest such answers, each fact once."""
    likeliest = {flip.fact: flip for flip in reversed(shown.explanation.flips)}
    led: dict[str, list[str]] = {}
    for flip in [flip for flip in shown.explanation.flips if likeliest[flip.fact] is flip][:FLIPS]:
        answer = f"{stated(knowledge, flip.fact, flip.value, lang)} ({percentage(flip.chance, lang)})"
        led.setdefault(flip.fix, []).append(answer)
    return _lines("report.flip", led, knowledge, lang)


def hinges(shown: Conclusion, knowledge: Knowledge, lang: str) -> list[str]:
    """A line for each fix that would lead without one of the facts that are known: worth a second look."""
    values = shown.known.values()
    led: dict[str, list[str]] = {}
    for hinge in shown.explanation.hinges[:HINGES]:
        led.setdefault(hinge.fix, []).append(stated(knowledge, hinge.fact, values[hinge.fact], lang))
    return _lines("report.hinge", led, knowledge, lang)


def _lines(name: str, led: dict[str, list[str]], knowledge: Knowledge, lang: str) -> list[str]:
    glue = word("report.or", lang)
    return [
        word(name, lang, fix=knowledge.fixes[fix].title[lang], facts=glue.join(facts))
        for fix, facts in led.items()
    ]


def unchecked(cause: CauseShown, shown: Conclusion, knowledge: Knowledge, lang: str) -> list[str]:
    """What would speak for or against `cause`, and how to find out, the most telling first."""
    checks = shown.explanation.unchecked.get(cause.entry.id, ())[:CHECKS]
    return [
        word(
            "report.check",
            lang,
            fact=fact_name(knowledge, check.fact, lang),
            how=how(knowledge, check.fact, lang),
        )
        for check in checks
    ]


def how(knowledge: Knowledge, fact: str, lang: str) -> str:
    """The command that tells a fact, or the question that asks for it."""
    entry = knowledge.facts[fact]
    return entry.check or (entry.question[lang] if entry.question else "")


def why_not(fix: FixShown, shown: Conclusion, knowledge: Knowledge, lang: str) -> str:
    """Why a fix is not on top: what speaks against the cause that it is known for. "" where nothing does."""
    if not fix.cause or not fix.against or fix.rank == 1:
        return ""
    reasons = word("list.comma", lang).join(
        f"{stated(knowledge, item.fact, item.value, lang)} (×{item.factor:.2g})"
        for item in fix.against[:AGAINST]
    )
    chance = next((cause.probability for cause in shown.causes if cause.entry.id == fix.cause), 0.0)
    title = knowledge.causes[fix.cause].title[lang]
    return word("report.why_not", lang, cause=title, percent=percent(chance), reasons=reasons)
