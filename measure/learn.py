"""Whether `whynan kb learn` comes nearer to the truth, on outcomes as users would give them.

    .venv/bin/python -m measure.learn            prints the table
    .venv/bin/python -m measure.learn --write    puts it into docs/measured.md

The truth is drawn: every prior and every chance of cure of the knowledge moved at random (`PRIOR`, `CURE`).
Broken runs come from it, with the facts of `FACTS` that a log and a config mostly give. Each tries the fix
that the unchanged knowledge ranks first, and the next one where that did not help, up to `TRIES`; the true
chance decides. What counts as right is the truth that was drawn. Naive counting gives every run to the
cause that was believed most, and every fix's share of successes to that cause, with the same weight of the
expert's guess. Cost: minutes of following a knowledge's order of fixes for runs of the truth, handed over
after `PATIENCE` fixes; no questions are asked.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from statistics import mean

import numpy as np

import kb
from kb.belief import NONE, likelihood, space
from kb.learn import WEIGHT, Learnt, Run, learn, spread, told, totals
from kb.model import Knowledge, Plain
from kb.standing import ranked, standing
from measure.tables import put

PRIOR, CURE = 0.6, 0.8  # standard deviations: of log prior, of the log odds of a cure
TRUTHS, FRESH, TRIES, PATIENCE = 12, 200, 2, 6
FACTS = {"loss.symptom": 1.0, "precision.compute": 0.8, "deepspeed.enabled": 0.6, "lora.enabled": 0.6}
COUNTS = (50, 200, 1000)
Case = tuple[int, dict[str, Plain]]
Cures = dict[tuple[str, str], float]


def changed(knowledge: Knowledge, name: str, priors: dict[str, float], cures: Cures) -> Knowledge:
    """The knowledge with other priors and chances of cure. A version of its own keeps its arrays apart."""
    causes = {
        cause.id: cause.model_copy(
            update={
                "prior": priors[cause.id],
                "fixes": {fix: cures[cause.id, fix] for fix in cause.fixes},
            }
        )
        for cause in knowledge.causes.values()
    }
    return knowledge.model_copy(update={"version": name, "causes": causes})


def cures_of(knowledge: Knowledge) -> Cures:
    """Every chance of cure, by cause and fix."""
    return {(c.id, fix): p for c in knowledge.causes.values() for fix, p in c.fixes.items()}


def drawn(knowledge: Knowledge, rng: np.random.Generator, name: str) -> Knowledge:
    """A truth near the knowledge."""
    priors = {c.id: c.prior * float(np.exp(rng.normal(0, PRIOR))) for c in knowledge.causes.values()}
    whole = sum(priors.values()) / (1 - knowledge.policy.none_of_these)
    odds = {at: np.log(p / (1 - p)) + rng.normal(0, CURE) for at, p in cures_of(knowledge).items() if p < 1}
    cures = {at: float(1 / (1 + np.exp(-odds[at]))) if at in odds else 1.0 for at in cures_of(knowledge)}
    return changed(knowledge, name, {c: p / whole for c, p in priors.items()}, cures)


def case(truth: Knowledge, rng: np.random.Generator) -> Case:
    """A broken run: the place of its true hypothesis, and the facts that are known of it."""
    active = space(truth, {})
    fault = int(rng.choice(len(active.ids), p=active.prior / active.prior.sum()))
    facts: dict[str, Plain] = {}
    for fact, known in FACTS.items():
        values, table = likelihood(truth, active, fact)
        chances = table[fault] * np.array([value != "healthy" for value in values])
        value = values[int(rng.choice(len(values), p=chances / chances.sum()))]
        if rng.random() < known:
            facts[fact] = value == "true" if truth.facts[fact].kind == "bool" else value
    return fault, facts


def run(knowledge: Knowledge, truth: Knowledge, at: Case, rng: np.random.Generator) -> Run:
    """What its user tells of the fixes, in the order of the knowledge, until one works or patience ends."""
    fault, facts = at
    active = space(truth, {})
    tried: dict[str, str] = {}
    while len(tried) < TRIES and "worked" not in tried.values():
        fix = ranked(knowledge, standing(knowledge, facts, tried))[0].fix
        works = rng.random() < active.cure[fault, active.fixes.index(fix)]
        tried[fix] = "worked" if works else "no-change"
    return Run(facts, (), tried, set(tried))


def learnt_from(knowledge: Knowledge, learnt: Learnt, name: str) -> Knowledge:
    """The knowledge that `whynan kb learn` proposes."""
    had = told(knowledge)
    here = {c.id: c.counted.here for c in knowledge.causes.values() if c.counted}
    now = {cause: had[cause] + learnt.causes[cause] for cause in had}
    priors = spread(knowledge, totals(knowledge, here, now))
    cures = {at: learnt.cure(*at, p, knowledge.policy.applied) for at, p in cures_of(knowledge).items()}
    return changed(knowledge, name, priors, cures)


def solved(knowledge: Knowledge, runs: list[Run]) -> Learnt:
    """As `kb learn`, but the priors from solved runs alone."""
    whole, some = (
        learn(knowledge, some) for some in (runs, [r for r in runs if "worked" in r.tried.values()])
    )
    return Learnt(some.causes, whole.worked, whole.failed)


def naive(knowledge: Knowledge, runs: list[Run]) -> Learnt:
    """Counts: each solved run is its most believed cause's, and so is each outcome."""
    learnt = Learnt()
    for one in runs:
        before = standing(knowledge, one.facts, {})
        at = int(np.argmax(before.posterior))
        name, of = before.active.ids[at], before.active.of[at]
        if name == NONE:
            continue
        if "worked" in one.tried.values():
            learnt.causes[of] += 1
        for fix, outcome in one.tried.items():
            (learnt.worked if outcome == "worked" else learnt.failed)[name, fix] += 1
    return learnt


WAYS: dict[str, Callable[[Knowledge, list[Run]], Learnt]] = {
    "`kb learn`": learn,
    "the same, priors from solved runs alone": solved,
    "naive counting": naive,
}


def errors(knowledge: Knowledge, truth: Knowledge) -> tuple[float, float]:
    """Half the sum of the priors' differences, by contract cause; the mean difference of the chances of cure,
    each weighed by its cause's true prior."""
    one, other = (Counter[str](), Counter[str]())
    for held, sums in ((knowledge, one), (truth, other)):
        whole = sum(cause.prior for cause in held.causes.values())
        for cause in held.causes.values():
            sums[cause.under or cause.id] += cause.prior / whole  # type: ignore[assignment]
    mine, right = cures_of(knowledge), cures_of(truth)
    weights = [truth.causes[cause].prior for cause, _ in right]
    apart = [abs(mine[at] - right[at]) for at in right]
    return sum(abs(one[c] - other[c]) for c in other) / 2, float(np.average(apart, weights=weights))


def cost(knowledge: Knowledge, truth: Knowledge, cases: list[Case]) -> float:
    """Mean minutes to repair `cases` in the knowledge's order."""
    active, minutes = space(truth, {}), []
    for fault, facts in cases:
        spent, open_ = 0.0, 1.0
        for fix in ranked(knowledge, standing(knowledge, facts, {}))[:PATIENCE]:
            spent += open_ * fix.minutes
            open_ *= 1 - active.cure[fault, active.fixes.index(fix.fix)]
        minutes.append(spent + open_ * knowledge.policy.escalate_minutes)
    return mean(minutes)


def measure(knowledge: Knowledge) -> list[str]:
    """The table's rows."""
    found: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
    for seed in range(TRUTHS):
        rng = np.random.default_rng(seed)
        truth = drawn(knowledge, rng, f"truth {seed}")
        fresh = [case(truth, rng) for _ in range(FRESH)]
        runs = [run(knowledge, truth, case(truth, rng), rng) for _ in range(max(COUNTS))]
        ways: dict[tuple[str, int], Knowledge] = {("unchanged", 0): knowledge, ("the truth itself", 0): truth}
        for number in COUNTS:
            told_of = runs[:number]
            for way, how in WAYS.items():
                ways[way, number] = learnt_from(knowledge, how(knowledge, told_of), f"{way} {seed} {number}")
        for at, held in ways.items():
            found.setdefault(at, []).append((*errors(held, truth), cost(held, truth, fresh)))
    rows = []
    for (way, number), values in found.items():
        prior, cure, minutes = (mean(column) for column in zip(*values, strict=True))
        rows.append(f"| {way} | {number or '–'} | {prior:.3f} | {cure:.3f} | {minutes:.0f} |")
    return rows


def main() -> int:
    """Prints the table, or writes it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true")
    text = "\n".join(
        [
            f"{TRUTHS} truths, {FRESH} fresh runs each; up to {TRIES} fixes of a run are told of; the guess "
            f"weighs {WEIGHT} cases.",
            "",
            "| knowledge | runs told | error of priors | error of chances of cure | minutes of repair |",
            "|---|---:|---:|---:|---:|",
            *measure(kb.load()),
        ]
    )
    print(text)
    if parser.parse_args().write:
        put("learn", text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
