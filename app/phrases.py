"""What a conclusion says, in a person's words: the verdict, a step, a value, what a fix is worth."""

from __future__ import annotations

import re
from typing import Any

import kb
from app.conclusion import HEALTHY, UNJUDGED, CauseShown, Conclusion, FixShown
from app.fact_names import fact_name, framework, names
from app.session import ANSWER, FOLLOWS, TRIED
from app.unknown import said
from app.words import word
from kb.belief import OUTCOMES
from kb.model import Knowledge, Plain, key
from probes.report import ANSWERED, ASSUMED, Fact, Unknown

_DEFAULT = re.compile(r"(?P<library>[^:]+?)'s? default(?P<versions> \([^)]*\))?: (?P<what>.*)", re.DOTALL)
_TRAVELLED = re.compile(r"(?P<kind>[a-z]+)(?::(?P<line>\d+))?")  # a link leaves the name of the file behind
KINDS = (
    "config",
    "command",
    "log",
    "watch",
    "environment",
    "report",
    "machine",
    "checkpoint",
    "dataset",
    "headroom",
)
_BEFORE = re.compile(r"\(before ([^)]*)\)")


def unknown(conclusion: Conclusion, knowledge: Knowledge, lang: str) -> list[dict[str, str]]:
    """What is not known: what a probe could not tell, and the open questions of the interview."""
    rows = [
        {"id": item.id, "why": _why(knowledge, item, lang), "how": said(item.how, lang)}
        for item in conclusion.known.unknown
    ]
    listed = {row["id"] for row in rows} | set(conclusion.known.skipped)
    for node in conclusion.open:
        fact = knowledge.facts[knowledge.tree.nodes[node].fact]
        if fact.question and fact.id not in listed:
            listed.add(fact.id)
            rows.append({"id": fact.id, "why": word("report.not_asked", lang), "how": fact.question[lang]})
    return rows


def _why(knowledge: Knowledge, item: Unknown, lang: str) -> str:
    """Why a fact is not known: as a rule of the knowledge says it, or as a probe does."""
    rules = knowledge.facts[item.id].derive if item.id in knowledge.facts else ()
    written = next((rule.why for rule in rules if rule.why and rule.why.en == item.why), None)
    return written[lang] if written else said(item.why, lang)


def step(conclusion: Conclusion, knowledge: Knowledge, lang: str) -> dict[str, Any]:
    """The next step, with the reason in a sentence and the minutes that it is expected to save."""
    following = conclusion.next
    saves = round(following.saves, 1)
    if isinstance(following, kb.Ask):
        question = knowledge.facts[following.fact].question
        text = question[lang] if question else following.fact
        why = word("report.ask", lang, question=text, minutes=round(saves))
        return {"do": "ask", "fact": following.fact, "why": why, "saves_minutes": saves}
    if isinstance(following, kb.Try):
        why = word("report.try", lang, fix=knowledge.fixes[following.fix].title[lang])
        return {"do": "try", "fix": following.fix, "why": why, "saves_minutes": saves}
    solved = "worked" in dict(conclusion.known.tried).values()
    return {
        "do": "stop",
        "why": word("report.solved" if solved else "report.stop", lang),
        "saves_minutes": 0.0,
    }


def headline(conclusion: Conclusion, knowledge: Knowledge, lang: str) -> str:
    """The verdict in a line: what the run shows, and since when."""
    if conclusion.verdict == HEALTHY:
        return word("report.healthy", lang)
    if conclusion.verdict == UNJUDGED:
        return word("report.unjudged", lang)
    values = conclusion.known.values()
    if "loss.symptom" not in values:  # the machine or the checkpoint is at fault, whatever the loss does
        return conclusion.causes[0].entry.title[lang]
    symptom = label(knowledge, "loss.symptom", values["loss.symptom"], lang)
    bad = values.get("loss.first_bad_step")
    if bad is None:
        return symptom
    return word(
        "report.since", lang, symptom=symptom, step=label(knowledge, "loss.first_bad_step", bad, lang)
    )


def label(knowledge: Knowledge, fact: str, value: Plain, lang: str) -> str:
    """A fact's value as a person reads it: its label, yes or no, or as it was written."""
    if fact.startswith(TRIED) and value in OUTCOMES:
        return word(f"outcome.{value}", lang)
    known = knowledge.facts.get(fact)
    if known and (named := known.values.get(key(value))):
        return named[lang]
    if isinstance(value, bool) or (known and known.kind == "bool"):
        return word("value.yes" if key(value) == "true" else "value.no", lang)
    if fact.startswith("framework."):
        return framework(str(value))
    text = f"{value:g}" if isinstance(value, float) else str(value)
    # Other units stand in the fact's name, or there is none.
    return f"{text} GiB" if known and known.unit == "GiB" else text


def stated(knowledge: Knowledge, fact: str, value: Plain, lang: str) -> str:
    """A fact with its value, in words."""
    return word("list.colon", lang).join(
        (fact_name(knowledge, fact, lang), label(knowledge, fact, value, lang))
    )


def place(source: str, lang: str) -> str:
    """Where a fact is from, with the words that whynan itself puts around a file's name or a library's."""
    if source.startswith(FOLLOWS):
        parts = source.removeprefix(FOLLOWS).split("; ")
        what = word("list.semicolon", lang).join(_from(part, lang) for part in parts)
        return word("place.follows", lang, what=what)
    travelled = _TRAVELLED.fullmatch(source)
    if travelled and travelled["kind"] in KINDS:
        what = word(f"kind.{travelled['kind']}", lang)
        return word("place.line", lang, what=what, line=travelled["line"]) if travelled["line"] else what
    if lang == "en":
        return source
    default = _DEFAULT.fullmatch(source)
    if default is None:
        line, _, how = source.rpartition(", ")  # config.py:41, from the name
        apart = [line, said(how, lang)] if line and said(how, lang) != how else [said(source, lang)]
        return word("list.comma", lang).join(apart)
    library = default["library"] + _versions(default["versions"] or "", lang)
    return word("place.default", lang, library=library, what=said(default["what"], lang))


def _from(part: str, lang: str) -> str:
    """`gpu.name (env.txt:12)`: a fact, and where that is from."""
    fact, _, source = part.partition(" (")
    name = names()[fact][lang] if fact in names() else fact
    return f"{name} ({place(source.removesuffix(')'), lang)})" if source else name


def how_known(fact: Fact, lang: str) -> str:
    """Where a fact was measured or read; or that it was answered; or that it is assumed, and from what."""
    if fact.state == ANSWERED and fact.source == ANSWER:
        return word("state.answered", lang)
    where = place(fact.source, lang)
    return (
        where if fact.state != ASSUMED else f"{word('state.assumed', lang)}{word('list.comma', lang)}{where}"
    )


def _versions(text: str, lang: str) -> str:
    """`(4.36 to 5.23)`, in the words of the language."""
    text = text.replace(" to ", word("place.to", lang)).replace(" on)", f" {word('place.on', lang)})")
    return _BEFORE.sub(lambda found: f"({word('place.before', lang, version=found[1])})", text)


def named(cause: CauseShown, lang: str) -> str:
    """A cause's title, and that of the finer cause or known bug that it most likely is."""
    finer = cause.finer.title[lang] if cause.finer else ""
    return (
        word("report.finer", lang, cause=cause.entry.title[lang], finer=finer)
        if finer
        else cause.entry.title[lang]
    )


def percent(probability: float) -> str:
    """A probability in whole percent; what is small but not nothing is "<1"."""
    return "<1" if 0 < probability < 0.005 else f"{100 * probability:.0f}"


def percentage(probability: float, lang: str) -> str:
    """A probability with its sign, as the language writes it."""
    return word("share", lang, percent=percent(probability))


def worth(fix: FixShown, knowledge: Knowledge, lang: str) -> str:
    """What a fix is worth, in a line: its chance, its minutes, what speaks against it here, its source."""
    facts = [
        chance(fix, lang),
        spent(fix, lang),
    ]
    if fix.unmet:
        facts.append(
            word(
                "report.not_here",
                lang,
                needs=word("list.comma", lang).join(fact_name(knowledge, name, lang) for name in fix.unmet),
            )
        )
    if title := section(fix.entry.document, knowledge, lang):
        facts.append(word("report.document", lang, section=title))
    return word("list.comma", lang).join(facts)


def section(name: str | None, knowledge: Knowledge, lang: str) -> str:
    """The title of a section of the founding document, "" where there is none."""
    document = knowledge.document
    return document.sections[name].title[lang] if document and name in document.sections else ""


def spent(fix: FixShown, lang: str) -> str:
    """What trying a fix costs: minutes, and money where a price is known."""
    if fix.money is None:
        return word("report.cost", lang, minutes=round(fix.cost))
    return word("report.cost_money", lang, minutes=round(fix.cost), money=f"{fix.money:,.0f}")


def chance(fix: FixShown, lang: str) -> str:
    """The chance that a fix helps, and what it becomes once those above it have failed."""
    alone, after = percent(fix.probability), percent(fix.after)
    if fix.rank == 1 or alone == after:
        return word("report.chance", lang, percent=alone)
    return word("report.chance_after", lang, percent=alone, after=after)
