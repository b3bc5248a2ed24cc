"""A conclusion as JSON (the contract's form), Markdown, HTML, and text for a terminal."""

from __future__ import annotations

import html as escaping
from typing import Any

from markdown_it import MarkdownIt

import kb
from app.conclusion import HEALTHY, UNJUDGED, CauseShown, Conclusion, FixShown
from app.words import word
from kb.model import Knowledge, Plain
from probes.files.privacy import shareable

# What an export shows of the long lists; the JSON has all.
CAUSES, FIXES, PATCHES = 5, 5, 3


def to_json(conclusion: Conclusion, knowledge: Knowledge, link: str, lang: str = "en") -> dict[str, Any]:
    """The conclusion as plain data, in the form of the contract (schema 1)."""
    return {
        "schema": 1,
        "kb": {"version": knowledge.version, "causes": len(knowledge.causes), "fixes": len(knowledge.fixes)},
        "facts": [
            {
                "id": fact.id,
                "value": fact.value,
                "state": fact.state,
                "source": fact.source,
                "unit": knowledge.facts[fact.id].unit,
            }
            for fact in conclusion.known.facts
        ],
        "unknown": unknown(conclusion, knowledge, lang),
        "causes": [
            {
                "id": cause.entry.id,
                "title": cause.entry.title[lang],
                "probability": round(cause.probability, 4),
                "evidence": [
                    {"fact": item.fact, "value": item.value, "factor": round(item.factor, 3)}
                    for item in cause.evidence
                ],
            }
            for cause in conclusion.causes
        ],
        "fixes": [_fix_json(fix, lang) for fix in conclusion.fixes],
        "next": step(conclusion, knowledge, lang),
        "path": list(conclusion.path),
        "link": link,
    }


def _fix_json(fix: FixShown, lang: str) -> dict[str, Any]:
    return {
        "id": fix.entry.id,
        "title": fix.entry.title[lang],
        "rank": fix.rank,
        "probability": round(fix.probability, 4),
        "cost_minutes": fix.cost,
        "possible": fix.possible,
        "addresses": list(fix.addresses),
        "steps": fix.entry.steps[lang],
        "patch": {"framework": fix.patch.framework, "diff": fix.patch.diff} if fix.patch else None,
        "document": fix.entry.document,
        "references": [reference.model_dump() for reference in fix.entry.references],
    }


def unknown(conclusion: Conclusion, knowledge: Knowledge, lang: str) -> list[dict[str, str]]:
    """What is not known: what a probe could not tell, and the open questions of the interview."""
    rows = [{"id": item.id, "why": item.why, "how": item.how} for item in conclusion.known.unknown]
    listed = {row["id"] for row in rows} | set(conclusion.known.skipped)
    for node in conclusion.open:
        fact = knowledge.facts[knowledge.tree.nodes[node].fact]
        if fact.question and fact.id not in listed:
            listed.add(fact.id)
            rows.append({"id": fact.id, "why": word("report.not_asked", lang), "how": fact.question[lang]})
    return rows


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
    symptom = label(knowledge, "loss.symptom", values.get("loss.symptom", ""), lang)
    bad = values.get("loss.first_bad_step")
    return f"{symptom} ({word('report.step', lang, step=bad)})" if bad is not None else symptom


def label(knowledge: Knowledge, fact: str, value: Plain, lang: str) -> str:
    """A fact's value as a person reads it."""
    named = knowledge.facts[fact].values.get(str(value).lower() if isinstance(value, bool) else str(value))
    return named[lang] if named else str(value)


def percent(probability: float) -> str:
    """A probability in whole percent; what is small but not nothing is "<1"."""
    return "<1" if 0 < probability < 0.005 else f"{100 * probability:.0f}"


def markdown(conclusion: Conclusion, knowledge: Knowledge, link: str, lang: str = "en") -> str:
    """The conclusion for an issue tracker."""
    lines = [f"## whynan: {headline(conclusion, knowledge, lang)}", ""]
    if conclusion.verdict != HEALTHY:
        lines += [f"### {word('report.causes', lang)}", ""]
        lines += [_cause_line(cause, lang) for cause in conclusion.causes[:CAUSES]]
        lines += ["", f"### {word('report.fixes', lang)}", ""]
        for fix in conclusion.fixes[:FIXES]:
            lines += _fix_lines(fix, lang)
        lines += [f"**{word('report.next', lang)}:** {step(conclusion, knowledge, lang)['why']}", ""]
    if conclusion.known.tried:
        lines += [f"### {word('report.tried', lang)}", ""]
        lines += [f"- `{fix}`: {word(f'outcome.{outcome}', lang)}" for fix, outcome in conclusion.known.tried]
        lines.append("")
    lines += [f"### {word('report.known', lang)}", "", "| | | | |", "|---|---|---|---|"]
    for fact in conclusion.known.facts:
        state = word(f"state.{fact.state}", lang)
        lines.append(f"| `{fact.id}` | {_cell(fact.value)} | {_cell(fact.source)} | {state} |")
    lines += ["", link, "", word("report.made", lang, version=conclusion.version), ""]
    return "\n".join(lines)


def _cause_line(cause: CauseShown, lang: str) -> str:
    reasons = ", ".join(
        f"`{item.fact}` = {_cell(item.value)} (×{item.factor:.2g})" for item in cause.evidence[:4]
    )
    line = f"- **{percent(cause.probability)} %** {cause.entry.title[lang]} (`{cause.entry.id}`)"
    return f"{line}: {reasons}" if reasons else line


def _fix_lines(fix: FixShown, lang: str) -> list[str]:
    lines = [f"{fix.rank}. **{fix.entry.title[lang]}** (`{fix.entry.id}`): {worth(fix, lang)}", ""]
    if fix.rank <= PATCHES and fix.patch:
        lines += ["   ```diff", *(f"   {line}" for line in fix.patch.diff.splitlines()), "   ```", ""]
    return lines


def worth(fix: FixShown, lang: str) -> str:
    """What a fix is worth, in a line: its chance, its minutes, what speaks against it here, its source."""
    facts = [
        word("report.chance", lang, percent=percent(fix.probability)),
        word("report.cost", lang, minutes=round(fix.cost)),
    ]
    if fix.unmet:
        facts.append(word("report.not_here", lang, needs=", ".join(fix.unmet)))
    if fix.entry.document:
        facts.append(word("report.document", lang, section=fix.entry.document))
    return ", ".join(facts)


def _cell(value: Plain) -> str:
    """A value that a file held, inert inside a Markdown table, and without what is private in it."""
    return "`" + str(shareable(value)).replace("`", "'").replace("|", "/").replace("\n", " ") + "`"


def html(conclusion: Conclusion, knowledge: Knowledge, link: str, lang: str = "en") -> str:
    """The Markdown as one page that needs nothing else; HTML in a value stays text."""
    body = (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .render(markdown(conclusion, knowledge, link, lang))
    )
    title = escaping.escape(headline(conclusion, knowledge, lang))
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>whynan: {title}</title>\n<style>{STYLE}</style>\n<main>\n{body}</main>\n</html>\n"
    )


STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}"
    "main{max-width:52rem;margin:auto;padding:1rem}pre{overflow-x:auto;padding:.75rem;border:1px solid #8884}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}td{padding:.15rem .75rem .15rem 0}"
    "p{overflow-wrap:anywhere}"
)
