"""New priors and chances of cure from a store's outcomes, as a change of the knowledge's files to review."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.link import LinkError, decode
from app.session import known
from app.store import Told
from kb.belief import WORKED
from kb.learn import ROUNDED, Learnt, Run, learn, spread, told, totals
from kb.model import Advisory, Cause, Knowledge

LEAST = 0.005  # a smaller change is not worth a line


@dataclass(frozen=True)
class Proposal:
    """`counts`: a line for each figure that changes, with what it comes from. `diff`: for `patch -p1`."""

    counts: tuple[str, ...]
    diff: str


def propose(knowledge: Knowledge, folder: Path, rows: tuple[Told, ...]) -> Proposal:
    """What the outcomes in `rows` that are newer than `learned_until` of policy.yaml would change.

    A run is a diagnosis with all that go on from it. Where more is told of one that was counted before, or
    something else, it is counted as it stands now, and what it counted then is taken back.
    """
    until = knowledge.policy.learned_until
    heard = {row.run for row in rows if row.told > until and row.outcome in WORKED}
    mine = [row for row in rows if row.run in heard]
    runs = list(_runs(knowledge, mine))
    before = _runs(knowledge, [row for row in mine if row.told <= until])
    learnt = learn(knowledge, runs).less(learn(knowledge, before))
    counts: list[str] = []
    changes: list[str] = []
    had = told(knowledge)
    now = {cause: max(had[cause] + learnt.causes[cause], 0.0) for cause in had}
    here = {c.id: c.counted.here for c in knowledge.causes.values() if c.counted}
    priors = spread(knowledge, totals(knowledge, here, now))
    entries: list[Cause | Advisory] = [*knowledge.causes.values(), *knowledge.advisories.values()]
    for entry in entries:
        (path,) = folder.glob(f"*/*/{entry.id}.yaml")
        old = new = path.read_text(encoding="utf-8")
        if isinstance(entry, Cause) and runs:
            new = _with_prior(new, entry, priors[entry.id], now.get(entry.id))
            if abs(priors[entry.id] - entry.prior) >= LEAST:
                counts.append(
                    f"{entry.id}: prior {entry.prior:.4f} -> {priors[entry.id]:.4f} "
                    f"({learnt.causes[entry.under or entry.id]:+.1f} of {len(runs)} runs told of)"
                )
        for fix, chance in entry.fixes.items():
            cure = learnt.cure(entry.id, fix, chance, knowledge.policy.applied)
            if abs(cure - chance) >= LEAST:
                new = _with_cure(new, fix, cure)
                counts.append(_cured(entry, fix, cure, learnt))
        changes += _diff(folder, path, old, new)
    if runs:
        path = folder / "policy.yaml"
        old = path.read_text(encoding="utf-8")
        changes += _diff(folder, path, old, _with_until(old, max(row.told for row in rows)))
    return Proposal(tuple(counts), "".join(changes))


def _runs(knowledge: Knowledge, rows: Sequence[Told]) -> Iterator[Run]:
    """The rows, oldest first, by run: the newest diagnosis knows most, the last word on a fix counts."""
    by_run: dict[str, list[Told]] = {}
    for row in rows:
        by_run.setdefault(row.run, []).append(row)
    for mine in by_run.values():
        try:
            session = decode(mine[-1].link)
        except LinkError:  # kept by a newer whynan
            continue
        facts = known(session, knowledge)
        told = {row.fix: row.outcome for row in mine if row.fix in knowledge.fixes}
        tried = {fix: outcome for fix, outcome in facts.tried if fix in knowledge.fixes}
        yield Run(facts.values(), facts.assumed(), tried | told, told)


def _cured(entry: Cause | Advisory, fix: str, cure: float, learnt: Learnt) -> str:
    worked, failed = learnt.worked[entry.id, fix], learnt.failed[entry.id, fix]
    return (
        f"{entry.id}: {fix} {entry.fixes[fix]:.3f} -> {cure:.3f} (worked {worked:.1f}, failed {failed:.1f})"
    )


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("0.", ".", 1)


def _with_prior(text: str, cause: Cause, prior: float, told: float | None) -> str:
    """The file with another prior, and in `counted` the runs that are in it."""
    if abs(prior - cause.prior) >= ROUNDED:
        text = re.sub(r"^prior: .*$", f"prior: {_number(prior, 4)}", text, count=1, flags=re.M)
    if told is None or cause.counted is None or f"{told:.2f}" == f"{cause.counted.told:.2f}":
        return text
    return re.sub(r"^(counted: \{.*?)(, told: [\d.]+)?\}", rf"\g<1>, told: {told:.2f}}}", text, flags=re.M)


def _with_cure(text: str, fix: str, cure: float) -> str:
    """The file with another chance under `fixes:`, on a line of its own or within braces."""
    before, key, after = text.partition("\nfixes:")
    end = re.search(r"\n(?=\S)", after)
    part, rest = (after[: end.start()], after[end.start() :]) if end else (after, "")
    part = re.sub(rf"(?<![\w-])({fix}: *)[\w.]+", rf"\g<1>{_number(cure, 3).rstrip('0')}", part, count=1)
    return before + key + part + rest


def _with_until(text: str, until: int) -> str:
    line = f"learned_until: {until}"
    if re.search(r"^learned_until:", text, re.M):
        return re.sub(r"^learned_until: \d+", line, text, flags=re.M)
    return f"{text.rstrip()}\n{line}  # seconds since 1970; `kb learn` has counted what was told up to then\n"


def _diff(folder: Path, path: Path, old: str, new: str) -> Iterator[str]:
    name = (Path(folder.name) / path.relative_to(folder)).as_posix()
    before, after = (text.splitlines(keepends=True) for text in (old, new))
    return difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")
