"""`whynan kb check --update`: writes the claims beside the causes as the numbers have them now.

It drafts what an expert then reads as a change of the file: a line for a sign or a cure that has none, and
another word where the old one no longer holds. Whatever still holds stays to the letter, comments too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml

from kb.belief import likelihood, space
from kb.cases import beside, claimed
from kb.claims import CURES, SAYS, Claims, factor, word, wrong
from kb.load import Problem, load
from kb.model import Cause, Knowledge, key

HEAD = "- name: what each answer says of it, and how often each fix cures it"


def update(root: Path) -> list[Path]:
    """Rewrites the files whose claims are stale or missing, and names them. Raises KnowledgeError."""
    knowledge, changed = load(root), []
    for path in sorted(root.glob("causes/*/*.yaml")):
        if path.name.endswith(".test.yaml") or not beside(path).exists():
            continue
        problems: list[Problem] = []
        claims = claimed(path, root, problems)
        old = beside(path).read_text(encoding="utf-8")
        new = updated(old, knowledge, knowledge.causes[path.stem], claims[0] if claims else None)
        if new != old and not problems:  # what cannot be read is named by the check, and left alone
            beside(path).write_text(new, encoding="utf-8")
            changed.append(beside(path))
    return changed


def updated(text: str, knowledge: Knowledge, cause: Cause, claims: Claims | None) -> str:
    """The text of a cause's cases with its claims brought up to date."""
    if claims is None:
        text = f"{text.rstrip()}\n{HEAD}\n"
        claims = Claims(name=HEAD)
    stale = {loc[:2] for loc, _ in wrong(knowledge, cause, claims)}
    says = {fact: _says(knowledge, cause, fact) for fact in cause.signs}
    cures = {fix: word(CURES, chance) for fix, chance in cause.fixes.items()}
    text = _section(text, "says", claims.says, says, lambda name: ("says", name) in stale)
    return _section(text, "cures", claims.cures, cures, lambda name: ("cures", name) in stale)


def _says(knowledge: Knowledge, cause: Cause, fact: str) -> str:
    """What the telling values of the fact say: the commonest with this cause, and what tells most for and
    against it, an answer's weight (the logarithm of its factor) by how often one gets it."""
    active = space(knowledge, {})
    values, table = likelihood(knowledge, active, fact)
    factors = [factor(knowledge, cause.id, fact, value) or 1.0 for value in values]
    here, everywhere = table[active.ids.index(cause.id)], active.prior @ table
    telling = {here.argmax(), (here * np.log(factors)).argmax(), (everywhere * np.log(factors)).argmin()}
    words = (f"{_plain(values[i])}: {word(SAYS, factors[i])}" for i in sorted(telling))
    return f"{{{', '.join(words)}}}"


def _plain(value: str) -> str:
    """A value as YAML reads it back."""
    return value if key(yaml.safe_load(value)) == value else f'"{value}"'


def _section(
    text: str, name: str, old: Mapping[str, object], new: Mapping[str, str], stale: Callable[[str], bool]
) -> str:
    """The text with the lines below `  name:` brought up to date, one a fact or fix."""
    if not old:
        lines = "".join(f"    {entry}: {words}\n" for entry, words in new.items())
        return f"{text.rstrip()}\n  {name}:\n{lines}" if new else text
    section = re.search(rf"^  {name}:\n(?:    .*\n)+", text, re.M)
    if section is None:  # written in a way of its own, which the check still reads
        return text
    lines = section[0]  # no line elsewhere is touched: a case's facts look much the same
    for entry in filter(stale, old):
        line = re.compile(rf"^    {re.escape(entry)}: (\{{[^}}\n]*\}}|[\w ]+)(?P<rest>.*\n)", re.M)
        words = new.get(entry)
        lines = line.sub(lambda m, e=entry, w=words: f"    {e}: {w}{m['rest']}" if w else "", lines)  # type: ignore[misc]
    for before, entry in pairwise(("", *new)):
        if entry not in old:  # behind the one that it follows in the knowledge, and what is noted there
            place = rf"^    {re.escape(before)}: .*\n(?:    #.*\n)*" if before else rf"^  {name}:\n"
            lines = re.sub(place, lambda m, e=entry: f"{m[0]}    {e}: {new[e]}\n", lines, count=1, flags=re.M)  # type: ignore[misc]
    return text[: section.start()] + lines + text[section.end() :]
