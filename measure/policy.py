"""How near whynan's next step comes to the exact optimum, how fast it is, and what pgmpy says of its belief.

    .venv/bin/python -m measure.policy --models 1000            prints the tables
    .venv/bin/python -m measure.policy --models 1000 --write    puts them into docs/measured.md

Cost is the expected minutes of repair (ECR): every question and every fix costs minutes, and handing the case
over costs `ESCALATE`. The optimum is found by dynamic programming over all orders of questions and fixes; a
policy's own cost is found by following it through every answer and outcome. The random models have 8 causes,
9 fixes that overlap and are imperfect, and 4 questions. On the real knowledge base the 11 best fixes and the
most telling questions of a situation are taken, which is more than whynan's own table holds.
pgmpy, where it is installed, is given the same model: its exact inference must give the same belief.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

import kb
from kb import exact
from kb.belief import Array, likelihood
from kb.diagnosis import answers
from kb.model import Plain
from kb.policy import Ask, Question, Try, next_step, repair_cost
from kb.standing import standing
from measure.tables import put

ESCALATE = 480.0
SITUATIONS: tuple[dict[str, Plain], ...] = (  # on the real base: a symptom, and what is often known beside it
    {"loss.symptom": "nan-after-steps"},
    {"loss.symptom": "nan-from-start"},
    {"loss.symptom": "zero"},
    {"loss.symptom": "divergence"},
    {"loss.symptom": "spike"},
    {"loss.symptom": "not-decreasing"},
    {"loss.symptom": "nan-after-steps", "precision.compute": "float16"},
    {"loss.symptom": "nan-after-steps", "precision.compute": "bfloat16"},
    {"loss.symptom": "zero", "precision.compute": "float16"},
    {"loss.symptom": "zero", "precision.compute": "bfloat16", "deepspeed.enabled": True},
)
FIXES, COLUMNS = 11, 1500


@dataclass(frozen=True, eq=False)
class Model:
    """belief (H,), cure (H, F), minutes (F,), tables (H, V) and minutes of the questions."""

    belief: Array
    cure: Array
    minutes: Array
    tables: tuple[Array, ...]
    asking: tuple[float, ...]


def random_model(seed: int, causes: int = 8, fixes: int = 9, questions: int = 4) -> Model:
    """A model whose fixes cure several causes, imperfectly, and whose questions have two to four answers."""
    rng = np.random.default_rng(seed)
    cure = np.where(rng.random((causes, fixes)) < 0.3, rng.uniform(0.2, 1.0, (causes, fixes)), 0.0)
    cure[np.arange(causes), rng.integers(fixes, size=causes)] = rng.uniform(0.6, 1.0, causes)
    return Model(
        belief=rng.dirichlet(np.ones(causes)),
        cure=cure,
        minutes=rng.lognormal(3.0, 0.5, fixes),
        tables=tuple(rng.dirichlet(np.full(rng.integers(2, 5), 0.6), causes) for _ in range(questions)),
        asking=tuple(rng.uniform(1, 10, questions)),
    )


def real_model(knowledge: kb.Knowledge, facts: dict[str, Plain]) -> Model:
    """What the knowledge base makes of `facts`: the best fixes, and the questions that would save most."""
    case = standing(knowledge, facts, {})
    order = np.argsort(-(case.posterior @ case.active.cure) / case.costs)[:FIXES]
    cure, minutes = case.active.cure[:, order], case.costs[order]
    shown = kb.diagnose(knowledge, facts)
    asked = dict.fromkeys(knowledge.tree.nodes[name].fact for name in shown.open)
    worth = []
    for name in asked:
        entry = knowledge.facts[name]
        table = answers(likelihood(knowledge, case.active, name)[1], entry.known)
        after = sum(
            float(repair_cost((case.posterior * answer / total)[None, :], cure, minutes, ESCALATE)[0]) * total
            for answer in table.T
            if (total := float(case.posterior @ answer)) > 1e-12
        )
        worth.append((entry.minutes + after, entry.minutes, table))
    chosen: list[tuple[float, Array]] = []
    for _, cost, table in sorted(worth, key=lambda row: row[0]):
        if exact.columns([*(t for _, t in chosen), table]) <= COLUMNS:
            chosen.append((cost, table))
    return Model(case.posterior, cure, minutes, tuple(t for _, t in chosen), tuple(c for c, _ in chosen))


def optimum(model: Model) -> float:
    """The least expected cost of repair over all orders of questions and fixes."""
    trying, asking = exact.optimum(
        model.belief, model.cure, model.minutes, model.tables, model.asking, ESCALATE
    )
    return float(min([ESCALATE, *trying, *asking]))


def followed(model: Model) -> float:
    """The expected cost of doing what whynan says, to the end, whatever is answered and whatever fails."""

    def cost(left: Array, fixes: list[int], facts: list[int]) -> float:
        total = float(left.sum())
        if total < 1e-12:
            return 0.0
        fixes = sorted(fixes, key=lambda fix: -(left @ model.cure[:, fix]) / model.minutes[fix])
        questions = [Question(str(q), model.asking[q], model.tables[q]) for q in facts]
        names = [str(fix) for fix in fixes]
        belief, cure, minutes = left / total, model.cure[:, fixes], model.minutes[fixes]
        step, _ = next_step(belief, cure, minutes, names, questions, ESCALATE)
        if isinstance(step, Ask):
            fact = int(step.fact)
            rest = [q for q in facts if q != fact]
            after = sum(cost(left * answer, fixes, rest) for answer in model.tables[fact].T)
            return model.asking[fact] * total + after
        if isinstance(step, Try):
            fix = int(step.fix)
            rest = [f for f in fixes if f != fix]
            return float(model.minutes[fix]) * total + cost(left * (1 - model.cure[:, fix]), rest, facts)
        return ESCALATE * total

    return cost(model.belief, list(range(len(model.minutes))), list(range(len(model.asking))))


def asked_first(model: Model) -> float:
    """The cost of asking everything in a fixed order, and then fixes by P/C."""
    total = float(sum(model.asking))
    for said in product(*[range(table.shape[1]) for table in model.tables]):
        joint = model.belief * np.prod([t[:, v] for t, v in zip(model.tables, said, strict=True)], axis=0)
        if joint.sum() > 1e-12:
            cost = repair_cost((joint / joint.sum())[None, :], model.cure, model.minutes, ESCALATE)[0]
            total += float(cost) * float(joint.sum())
    return total


def unasked(model: Model) -> float:
    """The cost of fixes by P/C, without a question."""
    return float(repair_cost(model.belief[None, :], model.cure, model.minutes, ESCALATE)[0])


def likeliest_first(model: Model) -> float:
    """The cost of fixes by their chance alone, whatever they cost."""
    return _in_order(model, [int(f) for f in np.argsort(-(model.belief @ model.cure))])


def shuffled(model: Model) -> float:
    """The cost of fixes in an order at random, the mean of 20."""
    rng = np.random.default_rng(0)
    orders = (rng.permutation(len(model.minutes)).tolist() for _ in range(20))
    return statistics.mean(_in_order(model, order) for order in orders)


def _in_order(model: Model, order: list[int]) -> float:
    """The cost of one order of fixes, which is given up where that is cheapest."""
    left, spent, costs = model.belief.copy(), 0.0, [ESCALATE]
    for fix in order:
        spent += float(model.minutes[fix] * left.sum())
        left = left * (1 - model.cure[:, fix])
        costs.append(spent + ESCALATE * float(left.sum()))
    return min(costs)


POLICIES: dict[str, Callable[[Model], float]] = {
    "whynan": followed,
    "everything asked first, then P/C": asked_first,
    "P/C without questions": unasked,
    "likeliest fix first, without questions": likeliest_first,
    "random order": shuffled,
}


def gaps(models: list[Model]) -> list[str]:
    """A row for each policy: by how much it is over the optimum, mean and 95th percentile."""
    best = [optimum(model) for model in models]
    lines = []
    for name, policy in POLICIES.items():
        over = [policy(model) / least - 1 for model, least in zip(models, best, strict=True)]
        assert min(over) > -1e-6, "nothing beats the optimum"
        lines.append(f"| {name} | {np.mean(over):.2%} | {np.percentile(over, 95):.2%} |")
    return lines


def speed(knowledge: kb.Knowledge) -> list[str]:
    """The time of a next step on the real base and on a large random one, in milliseconds of one core."""
    rows = []
    for facts in SITUATIONS:
        kb.diagnose(knowledge, facts)  # the likelihood tables are made once
        rows.append(_milliseconds(partial(kb.diagnose, knowledge, facts)))
    large = random_model(0, causes=200, fixes=60, questions=100)
    order = np.argsort(-(large.belief @ large.cure) / large.minutes)
    questions = [Question(str(q), large.asking[q], large.tables[q]) for q in range(100)]
    names = [str(fix) for fix in order]
    cure, minutes = large.cure[:, order], large.minutes[order]
    step = _milliseconds(partial(next_step, large.belief, cure, minutes, names, questions, ESCALATE))
    return [
        "| a next step | milliseconds of one core |",
        "|---|---:|",
        f"| the real base, a whole diagnosis, slowest of {len(rows)} situations | {max(rows):.0f} |",
        f"| 200 causes, 60 fixes, 100 open questions | {step:.0f} |",
    ]


def _milliseconds(call: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        start = time.process_time()
        call()
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def against_pgmpy(models: list[Model]) -> str:
    """The belief after all answers, by pgmpy's variable elimination and by whynan's own product."""
    try:
        from pgmpy.factors.discrete import TabularCPD
        from pgmpy.inference import VariableElimination
        from pgmpy.models import DiscreteBayesianNetwork
    except ImportError:
        return "pgmpy is not installed here: not compared."
    difference, theirs, ours = 0.0, 0.0, 0.0
    for model in models:
        names = [f"q{i}" for i in range(len(model.tables))]
        network = DiscreteBayesianNetwork([("cause", name) for name in names])
        network.add_cpds(TabularCPD("cause", len(model.belief), model.belief[:, None]))
        for name, table in zip(names, model.tables, strict=True):
            network.add_cpds(TabularCPD(name, table.shape[1], table.T, ["cause"], [len(model.belief)]))
        evidence = dict.fromkeys(names, 0)
        engine = VariableElimination(network)
        start = time.process_time()
        found = engine.query(["cause"], evidence=evidence, show_progress=False).values
        theirs += time.process_time() - start
        start = time.process_time()
        joint = model.belief * np.prod([table[:, 0] for table in model.tables], axis=0)
        mine = joint / joint.sum()
        ours += time.process_time() - start
        difference = max(difference, float(np.abs(found - mine).max()))
    return (
        f"Against pgmpy's variable elimination on {len(models)} of these models: the beliefs differ by at "
        f"most {difference:.0e}; pgmpy takes {theirs / ours:.0f} times as long. It has no fixes, costs or "
        "questions, so there is nothing else to compare."
    )


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    knowledge = kb.load()
    models = [random_model(seed) for seed in range(arguments.models)]
    head = ["| order | over the optimum, mean | 95th percentile |", "|---|---:|---:|"]
    lines = [f"{len(models)} random models (8 causes, 9 fixes, 4 questions):", "", *head, *gaps(models), ""]
    real = [real_model(knowledge, dict(facts)) for facts in SITUATIONS]
    lines += [f"{len(real)} situations of the real knowledge base ({knowledge.version}):", ""]
    lines += [*head, *gaps(real), "", *speed(knowledge), "", against_pgmpy(models[:50])]
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        put("policy", text)


if __name__ == "__main__":
    main()
