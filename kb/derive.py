"""What follows from several facts together, by the rules that stand beside the fact in facts.yaml."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from kb.model import Knowledge, Plain, Text, key


@dataclass(frozen=True)
class Derived:
    """A fact that follows from others: its value (None where only "unknown" follows), and from what."""

    id: str
    value: Plain | None
    given: tuple[str, ...]
    why: Text | None = None


def derive(
    knowledge: Knowledge, facts: Mapping[str, Plain], answered: Collection[str] = ()
) -> tuple[Derived, ...]:
    """What the rules say of `facts`, in the order of facts.yaml: a rule builds on what stands above it.

    A rule may overrule what one file says: XTuner's optimizer wrapper names a format, and DeepSpeed's engine
    decides otherwise at launch. What a person answered is not overruled.
    """
    return tuple(_derive(knowledge, dict(facts), answered))


def _derive(knowledge: Knowledge, facts: dict[str, Plain], answered: Collection[str]) -> Iterator[Derived]:
    for fact in knowledge.facts.values():
        rule = next((rule for rule in fact.derive if holds(rule.given, facts)), None)
        if rule is None or fact.id in answered:
            continue
        if rule.value == "unknown":
            facts.pop(fact.id, None)
            yield Derived(fact.id, None, tuple(rule.given), rule.why)
        else:
            facts[fact.id] = rule.value
            yield Derived(fact.id, rule.value, tuple(rule.given), rule.why)


def holds(given: Mapping[str, Plain], facts: Mapping[str, Plain]) -> bool:
    """Whether all facts of `given` are known and as they are wanted."""
    return all(name in facts and _is(facts[name], wanted) for name, wanted in given.items())


def _is(value: Plain, wanted: Plain) -> bool:
    """Whether a value is the wanted one; "~" before it makes it a pattern that is searched in a text."""
    if isinstance(wanted, str) and wanted.startswith("~"):
        return re.search(wanted[1:], str(value), re.IGNORECASE) is not None
    return key(value) == key(wanted)
