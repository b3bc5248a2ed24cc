"""A conclusion as JSON (the contract's form), Markdown, HTML, and text for a terminal."""

from __future__ import annotations

import html as escaping
from typing import Any

from markdown_it import MarkdownIt

import kb
from app import reasons
from app.conclusion import HEALTHY, CauseShown, Conclusion, FixShown
from app.fact_names import fact_name
from app.phrases import headline, how_known, label, named, percentage, step, unknown, worth
from app.words import word
from kb.model import Knowledge, Plain
from probes.columns import prose
from probes.private import redact
from probes.report import shareable

# What an export shows of the long lists; the JSON has all.
CAUSES, FIXES, PATCHES, REASONS = 5, 5, 3, 4
ENDLESS = 10**6  # columns: in an issue, GitHub shows every end of a line
NOTHING = 0.1  # so near to 1, a factor says nothing
MOST_ISSUE = 65_536  # characters of an issue's text on GitHub


def to_json(conclusion: Conclusion, knowledge: Knowledge, link: str, lang: str = "en") -> dict[str, Any]:
    """The conclusion as plain data, in the form of the contract (schema 1)."""
    return {
        "schema": 1,
        "kb": {"version": knowledge.version, "causes": len(knowledge.causes), "fixes": len(knowledge.fixes)},
        "facts": [
            {
                "id": fact.id,
                "value": shareable(fact.value),
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
                "finer": cause.finer.id if cause.finer else None,
                "evidence": [
                    {"fact": item.fact, "value": shareable(item.value), "factor": round(item.factor, 3)}
                    for item in cause.evidence
                ],
                "unchecked": [
                    {"fact": check.fact, "nats": round(check.nats, 3)}
                    for check in conclusion.explanation.unchecked.get(cause.entry.id, ())
                ],
            }
            for cause in conclusion.causes
        ],
        "fixes": [_fix_json(fix, lang) for fix in conclusion.fixes],
        "next": step(conclusion, knowledge, lang),
        "path": list(conclusion.path),
        "link": link,
        "explanation": _explanation(conclusion.explanation),
    }


def _explanation(why: kb.Explanation) -> dict[str, Any]:
    """The answers that would put another fix first, the facts that first place hangs on, two faults."""
    return {
        "flips": [
            {"fact": flip.fact, "value": flip.value, "chance": round(flip.chance, 4), "fix": flip.fix}
            for flip in why.flips
        ],
        "hinges": [{"fact": hinge.fact, "fix": hinge.fix} for hinge in why.hinges],
        "together": list(why.together.causes) if why.together else None,
    }


def _fix_json(fix: FixShown, lang: str) -> dict[str, Any]:
    return {
        "id": fix.entry.id,
        "title": fix.entry.title[lang],
        "rank": fix.rank,
        "probability": round(fix.probability, 4),
        "probability_after_those_before": round(fix.after, 4),
        "cost_minutes": round(fix.cost, 2),
        "cost_money": None if fix.money is None else round(fix.money, 2),
        "possible": fix.possible,
        "addresses": list(fix.addresses),
        "against": [item.fact for item in fix.against],
        "steps": fix.entry.steps[lang],
        "patch": {"framework": fix.patch.framework, "diff": redact(fix.patch.diff)} if fix.patch else None,
        "document": fix.entry.document,
        "references": [
            reference.model_dump(mode="json", exclude_none=True) for reference in fix.entry.references
        ],
    }


def markdown(conclusion: Conclusion, knowledge: Knowledge, link: str, lang: str = "en") -> str:
    """The conclusion for an issue tracker."""
    colon = word("list.colon", lang)
    lines = [f"## whynan{colon}{headline(conclusion, knowledge, lang)}", ""]
    if conclusion.verdict != HEALTHY:
        lines += [f"> {note}\n" for note in reasons.notes(conclusion, knowledge, lang)]
        lines += [f"**{word('report.next', lang)}**{colon}{step(conclusion, knowledge, lang)['why']}", ""]
        lines += [f"### {word('report.causes', lang)}", ""]
        lines += [_cause_line(cause, knowledge, lang) for cause in conclusion.causes[:CAUSES]]
        lines += _unchecked(conclusion, knowledge, lang)
        lines += ["", f"### {word('report.fixes', lang)}", ""]
        for fix in conclusion.fixes[:FIXES]:
            lines += _fix_lines(fix, conclusion, knowledge, lang)
        if flips := reasons.flips(conclusion, knowledge, lang):
            lines += [f"### {word('report.flips', lang)}", "", *(f"- {flip}" for flip in flips), ""]
    if conclusion.known.tried:
        lines += [f"### {word('report.tried', lang)}", ""]
        for name, outcome in conclusion.known.tried:
            title = knowledge.fixes[name].title[lang]
            lines.append(f"- {title} (`{name}`){colon}{word(f'outcome.{outcome}', lang)}")
        lines.append("")
    head = [word(name, lang) for name in ("table.fact", "table.value", "table.source")]
    lines += [f"### {word('report.known', lang)}", "", f"| {' | '.join(head)} |", "|---|---|---|"]
    for fact in conclusion.known.facts:
        lines.append(
            f"| {fact_name(knowledge, fact.id, lang)} (`{fact.id}`) "
            f"| {_value(knowledge, fact.id, fact.value, lang)} | {_cell(how_known(fact, lang))} |"
        )
    # Between < and >, an address is one for every reader of Markdown.
    lines += ["", word("report.link", lang), "", f"<{link}>" if link.startswith("http") else link, ""]
    return "\n".join([*lines, word("report.made", lang, version=conclusion.version), ""])


def issue(conclusion: Conclusion, knowledge: Knowledge, link: str, lang: str = "en") -> str:
    """The Markdown as the text of a GitHub issue: what is known is folded, and fits into one."""
    text = markdown(conclusion, knowledge, link, lang)
    heading = f"### {word('report.known', lang)}\n"
    said, _, facts = text.partition(heading)
    table, last, end = facts.partition(f"\n\n{word('report.link', lang)}\n")
    folded = f"<details><summary>{word('report.known', lang)}</summary>\n{table}\n\n</details>{last}{end}"
    whole = f"{said}{folded}"
    return whole if len(whole) <= MOST_ISSUE else f"{said}{last.lstrip()}{end}"[-MOST_ISSUE:]


def _cause_line(cause: CauseShown, knowledge: Knowledge, lang: str) -> str:
    colon = word("list.colon", lang)
    told = word("list.semicolon", lang).join(
        f"{fact_name(knowledge, item.fact, lang)}{colon}"
        f"{_value(knowledge, item.fact, item.value, lang)} (×{item.factor:.2g})"
        for item in cause.evidence[:REASONS]
        if abs(item.factor - 1) > NOTHING
    )
    line = f"- **{percentage(cause.probability, lang)}** {named(cause, lang)} (`{cause.entry.id}`)"
    return f"{line}{word('list.colon', lang)}{told}" if told else line


def _unchecked(conclusion: Conclusion, knowledge: Knowledge, lang: str) -> list[str]:
    if not conclusion.causes:
        return []
    checks = reasons.unchecked(conclusion.causes[0], conclusion, knowledge, lang)
    said = word("list.semicolon", lang).join(checks)
    return ["", f"{word('report.unchecked', lang)}{word('list.colon', lang)}{said}"] if said else []


def _fix_lines(fix: FixShown, conclusion: Conclusion, knowledge: Knowledge, lang: str) -> list[str]:
    """A fix as an item of a list; the first one with why, how it is done, what to expect, and its sources."""
    name = f"**{fix.entry.title[lang]}** (`{fix.entry.id}`)"
    said = word("list.colon", lang).join((name, worth(fix, knowledge, lang)))
    colon = word("list.colon", lang)
    blocks: list[list[str]] = []
    if why_not := reasons.why_not(fix, conclusion, knowledge, lang):
        blocks.append([why_not])
    if fix.rank <= PATCHES and fix.patch:
        diff = redact(fix.patch.shown).splitlines()
        if not fix.patch.files:
            framework = label(knowledge, "framework.name", fix.patch.framework, lang)
            blocks.append([word("report.example", lang, framework=framework)])
        blocks.append(["```diff", *diff, "```"])
    if fix.rank == 1:
        plan = reasons.plan(fix, conclusion, knowledge, lang)
        why, *expect = ([f"**{heading}**{colon}{text}"] for heading, text in plan)
        blocks = [why, *blocks, list(prose(fix.entry.steps[lang], ENDLESS)), *expect]
        links = [f"[{reference.title}]({reference.url})" for reference in fix.entry.references]
        if links:
            sources = word("list.semicolon", lang).join(links)
            blocks.append([f"{word('diagnosis.sources', lang)}{colon}{sources}"])
    lines = [f"{fix.rank}. {said}", ""]
    for block in blocks:
        lines += [*(f"   {line}".rstrip() for line in block), ""]
    return lines


def _value(knowledge: Knowledge, fact: str, value: Plain, lang: str) -> str:
    """A value in words where the knowledge has some, else inert as it is."""
    said = label(knowledge, fact, value, lang)
    return _cell(value) if said == str(value) else said


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
    "p,li,td{overflow-wrap:anywhere}td:first-child{overflow-wrap:break-word}"
    "th{text-align:left;padding:.15rem .75rem .15rem 0}"
    "@media(max-width:40rem){main{padding:.75rem}ul,ol{padding-left:1.25rem}td,th{font-size:.8rem}"
    "pre{white-space:pre-wrap;font-size:.8rem}}"
)
