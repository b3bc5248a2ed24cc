"""The page of what speaks for what: each fact's values with the causes that they make more or less likely."""

from __future__ import annotations

from collections.abc import Iterator

from kb import Knowledge
from kb.belief import NONE, Space, likelihood, space
from kb.model import Fact

STRONG = 1.25  # a factor nearer to 1 than this, or its inverse, says next to nothing


def lines(knowledge: Knowledge) -> Iterator[str]:
    """The page's middle: a section for each fact that can be evidence."""
    active = space(knowledge, {})
    for fact in knowledge.facts.values():
        if fact.typical:
            rows = list(_rows(knowledge, active, fact))
            if rows:
                yield f"### {fact.id}\n"
                yield "| value | share | speaks for | speaks against |\n|---|---:|---|---|"
                yield from rows
                yield ""


def _rows(knowledge: Knowledge, active: Space, fact: Fact) -> Iterator[str]:
    values, table = likelihood(knowledge, active, fact.id)
    for index, value in enumerate(values):
        column = table[:, index]
        share = float(active.prior @ column)
        factors = {
            name: float(p) / share
            for name, p, entry in zip(active.ids, column, active.entries, strict=True)
            if name != NONE and entry is not None and fact.id in entry.signs
        }
        for_ = [f"{name} ×{factor:.3g}" for name, factor in _sorted(factors) if factor >= STRONG]
        against = [
            f"{name} ×{factor:.2g}" for name, factor in reversed(_sorted(factors)) if factor <= 1 / STRONG
        ]
        if for_ or against:
            yield f"| {value} | {share:.1%} | {', '.join(for_)} | {', '.join(against)} |"


def _sorted(factors: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(factors.items(), key=lambda item: -item[1])
