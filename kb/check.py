"""What spans files: dangling ids, values outside the vocabulary, cycles, entries out of reach, texts, cases.

`python -m kb.check [FOLDER]` prints every problem as path:line:column: message, as `whynan kb check` does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import networkx as nx
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from kb import cases, interview, references
from kb.bands import limits
from kb.graph import ANY, START, graph
from kb.load import HERE, KnowledgeError, Problem, load, read
from kb.model import Advisory, Cause, Fix, Knowledge, Plain, Text, key

Found = Iterator[tuple[tuple[int | str, ...], str]]  # where in its file, and what is wrong


def check(folder: str | Path = HERE) -> list[Problem]:
    """Every problem of the knowledge in `folder`; an empty list is a clean bill."""
    root = Path(folder)
    try:
        knowledge = load(root)
    except KnowledgeError as error:
        return error.problems
    problems: list[Problem] = []
    for path, entry, look in entries(root, knowledge):
        source = read(path, root, problems)
        if source is not None:
            problems += [source.problem(loc, message) for loc, message in look(knowledge, entry)]
            problems += [source.problem(loc, message) for loc, message in _texts(source.data)]
            if isinstance(entry, Cause | Fix | Advisory):
                for index, message in references.mistakes(entry.references):
                    problems.append(source.problem(("references", index), message))
    for path in sorted(root.glob("causes/*/*.yaml")):
        if not path.name.endswith(".test.yaml"):
            problems += cases.check(path, root, knowledge)
    return sorted(problems + interview.check(root, knowledge))


def entries(
    root: Path, knowledge: Knowledge
) -> Iterator[tuple[Path, Any, Callable[[Knowledge, Any], Found]]]:
    """Every file of knowledge, its entry, and what looks for mistakes in it."""
    yield root / "facts.yaml", None, _facts
    yield root / "tree.yaml", None, _tree
    yield root / "policy.yaml", None, _policy
    for path in sorted(root.glob("causes/*/*.yaml")):
        if not path.name.endswith(".test.yaml"):
            yield path, knowledge.causes[path.stem], _cause
    for path in sorted(root.glob("fixes/*.yaml")):
        yield path, knowledge.fixes[path.stem], _fix
    for path in sorted(root.glob("advisories/*/*.yaml")):
        yield path, knowledge.advisories[path.stem], _advisory


def _facts(knowledge: Knowledge, _: None) -> Found:
    for fact in knowledge.facts.values():
        total = sum(fact.typical.values())
        if fact.typical and abs(total - 1) > 0.011:
            yield (fact.id, "typical"), f"{fact.id}: typical adds up to {total:.2f}, not to 1"
        if fact.kind == "bool" and fact.typical and set(fact.typical) != {"true", "false"}:
            yield (fact.id, "typical"), f"{fact.id}: a bool is true or false"
        if fact.question and not fact.typical and fact.kind != "text":
            yield (fact.id, "question"), f"{fact.id}: it can be asked for, so typical must list its values"
        for value in set(fact.values) - set(fact.typical):
            yield (fact.id, "values", value), f"{fact.id}: {value} is not in typical"
        for i, bands in enumerate(fact.bands):
            yield from _bands(knowledge, fact.id, i, bands)
        for i, rule in enumerate(fact.derive):
            yield from _known(knowledge, rule.given, (fact.id, "derive", i, "from"))
        for i, rule in enumerate(fact.weighed_as):
            yield from _known(knowledge, rule.given, (fact.id, "weighed_as", i, "from"))
            if rule.value != "unknown":
                yield from _known(knowledge, {fact.id: rule.value}, (fact.id, "weighed_as", i, "value"))
        for other, values in fact.told_by.items():
            for value in values:
                yield from _known(knowledge, {other: value}, (fact.id, "told_by"))


def _bands(knowledge: Knowledge, fact: str, index: int, bands: Mapping[str, Any]) -> Found:
    for name, ends in bands.items():
        loc = (fact, "bands", index, name)
        if name == "when":
            yield from _known(knowledge, ends, loc)
            continue
        try:
            limits(ends)
        except ValueError as error:
            yield loc, f"{fact}: band {name}: {error}"
        if knowledge.facts[fact].typical and name not in knowledge.facts[fact].typical:
            yield loc, f"{fact}: band {name} is not in typical"


def _known(knowledge: Knowledge, given: Mapping[str, Plain], loc: tuple[int | str, ...]) -> Found:
    """The facts that a condition names exist, and so do their values."""
    for name, value in given.items():
        if name not in knowledge.facts:
            yield (*loc, name), f"no fact is called {name!r}"
        elif str(value).startswith("~"):
            try:
                re.compile(str(value)[1:])
            except re.error as error:
                yield (*loc, name), f"{value!r} is no regular expression: {error}"
        elif knowledge.facts[name].typical and key(value) not in knowledge.facts[name].typical:
            yield (
                (*loc, name),
                f"{name} has no value {key(value)!r}, only {', '.join(knowledge.facts[name].typical)}",
            )


def _signs(knowledge: Knowledge, entry: Cause | Advisory) -> Found:
    for name, chances in entry.signs.items():
        if name not in knowledge.facts:
            yield ("signs", name), f"no fact is called {name!r}"
            continue
        for value in chances:
            if value not in knowledge.facts[name].typical:
                known = ", ".join(knowledge.facts[name].typical) or "none that a sign can speak of"
                yield ("signs", name, value), f"{name} has no value {value!r}, only {known}"
        if sum(chances.values()) > 1.03:
            yield ("signs", name), f"{name}: the chances add up to {sum(chances.values()):.2f}, over 1"
    for fix in entry.fixes:
        if fix not in knowledge.fixes:
            yield ("fixes", fix), f"no fix is called {fix!r}"


def _cause(knowledge: Knowledge, cause: Cause) -> Found:
    yield from _signs(knowledge, cause)
    yield from _section(knowledge, cause)
    if not cause.fixes:
        yield ("fixes",), "a cause without a fix helps nobody"
    if not cause.references:
        yield ("references",), "say where this is known from"
    if cause.under is not None and cause.under not in knowledge.causes:
        yield ("under",), f"no cause is called {cause.under!r}"
    for fix, proof in cause.proved.items():
        if fix not in cause.fixes:
            yield ("proved", fix), f"{fix} is not among the fixes of this cause"
        elif proof.cured > proof.runs:
            yield ("proved", fix), f"{proof.cured} of {proof.runs} runs cannot have been cured"


def _fix(knowledge: Knowledge, fix: Fix) -> Found:
    yield from _section(knowledge, fix)
    yield from _known(knowledge, fix.needs, ("needs",))
    for fact, minutes in fix.minutes_where.items():
        for value in minutes:
            yield from _known(knowledge, {fact: value}, ("minutes_where",))
    if not any(fix.id in cause.fixes for cause in knowledge.causes.values()):
        yield ("id",), "no cause is cured by this fix"
    for name, patch in fix.patches.items():
        if patch.before == patch.after:
            yield ("patches", name), "the patch changes nothing"


def _section(knowledge: Knowledge, entry: Cause | Fix) -> Found:
    sections = knowledge.document.sections if knowledge.document else {}
    if entry.document is not None and entry.document not in sections:
        yield ("document",), f"the document has no section {entry.document!r}, only {', '.join(sections)}"


def _advisory(knowledge: Knowledge, advisory: Advisory) -> Found:
    yield from _signs(knowledge, advisory)
    if advisory.cause not in knowledge.causes:
        yield ("cause",), f"no cause is called {advisory.cause!r}"
    also = [(("also", package), package, range_) for package, range_ in advisory.also.items()]
    for loc, package, range_ in [(("affected",), advisory.package, advisory.affected), *also]:
        if f"version.{package}" not in knowledge.facts:
            yield loc, f"no fact is called 'version.{package}'"
        try:
            SpecifierSet(range_)
        except InvalidSpecifier:
            yield loc, f"{range_!r} is no version range such as '>=0.15,<0.15.4'"
            return
    if advisory.fixed is not None and _affects(advisory.affected, advisory.fixed):
        yield ("fixed",), f"{advisory.fixed!r} is no version outside of {advisory.affected}"
    yield from _known(knowledge, advisory.when, ("when",))
    for name, pattern in advisory.when.items():
        if not pattern.startswith("~"):
            yield ("when", name), f"{name}: `when` is for a text, as ~pattern; a setting belongs under signs"
    if advisory.explanation is None:
        yield ("id",), "an explanation is missing"
    if not advisory.references:
        yield ("references",), "say where this is known from"


def _affects(affected: str, version: str) -> bool:
    """Whether the version is one of the affected ones; what is no version counts as one."""
    try:
        return SpecifierSet(affected).contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def _policy(knowledge: Knowledge, _: None) -> Found:
    total = sum(cause.prior for cause in knowledge.causes.values())
    wanted = 1 - knowledge.policy.none_of_these
    if abs(total - wanted) > 0.05:
        yield ("none_of_these",), f"the causes' priors add up to {total:.2f}, not to {wanted:.2f}"


def _tree(knowledge: Knowledge, _: None) -> Found:
    nodes = knowledge.tree.nodes
    for name in knowledge.tree.start:
        if name not in nodes:
            yield ("start",), f"no node is called {name!r}"
    for name, node in nodes.items():
        if node.fact not in knowledge.facts:
            yield ("nodes", name, "fact"), f"no fact is called {node.fact!r}"
            continue
        fact = knowledge.facts[node.fact]
        if fact.question is None:
            yield ("nodes", name, "fact"), f"{node.fact} has no question, so nobody can be asked for it"
        for answer, opened in node.branches.items():
            if answer != ANY and answer not in fact.typical:
                yield ("nodes", name, "branches", answer), f"{node.fact} has no value {answer!r}"
            for target in opened:
                if target not in nodes:
                    yield ("nodes", name, "branches", answer), f"no node is called {target!r}"
    tree = graph(knowledge)
    reached = nx.descendants(tree, START)
    for name in nodes:
        if name not in reached:
            yield ("nodes", name), f"no answer leads to {name}"
    try:
        cycle = nx.find_cycle(tree)
    except nx.NetworkXNoCycle:
        return
    yield (
        ("nodes", cycle[0][0]),
        "the tree runs in a circle: " + " -> ".join([edge[0] for edge in cycle] + [cycle[-1][1]]),
    )


def _texts(data: Any, loc: tuple[int | str, ...] = ()) -> Found:
    """House rules for prose: both languages say something, and hold no address and no HTML."""
    if isinstance(data, dict) and set(data) == set(Text.model_fields):
        for lang, text in data.items():
            if str(text).startswith("TODO"):
                yield (*loc, lang), "a TODO is left to fill in"
            if not str(text).strip():
                yield (*loc, lang), "the text is empty"
            if re.search(r"https?://", str(text)):
                yield (*loc, lang), "an address belongs under references"
            if re.search(r"</?(a|b|br|div|em|i|p|script|span|strong)\b[^>]*>", str(text)):
                yield (*loc, lang), "HTML is shown as it is written; use Markdown"
        if bool(re.search(r"[\u4e00-\u9fff]", str(data["en"]))):
            yield (*loc, "en"), "Chinese in the English text"
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _texts(value, (*loc, key(name)))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _texts(value, (*loc, index))
    elif str(data).startswith("TODO"):
        yield loc, "a TODO is left to fill in"


if __name__ == "__main__":
    found = check(*sys.argv[1:2])
    sys.stdout.writelines(f"{problem}\n" for problem in found)
    raise SystemExit(2 if found else 0)
