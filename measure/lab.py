"""How often whynan finds the cause of the fault lab's own runs, from the files that a user would have.

    .venv/bin/python -m measure.lab --cache FOLDER           prints the tables
    .venv/bin/python -m measure.lab --cache FOLDER --write   puts them into docs/measured.md

Every fault of probes/lab, and healthy runs that look odd, over some seeds; each as the log and config of
Hugging Face's Trainer and of XTuner (lab_logs.py, lab_texts.py). whynan reads the files as anybody's. A cause
is right when it is the fault's. FOLDER keeps the runs' series: half an hour of training, done once.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

import kb
from app import inputs
from app.conclusion import verdict
from app.session import Known, Session, known
from kb.model import Knowledge
from kb.standing import standing
from measure.lab_healthy import HEALTHY, SEEDS
from measure.lab_logs import head, log
from measure.lab_probes import learnt, noted, probed
from measure.lab_texts import FRAMEWORKS, config
from measure.lab_trained import Example, columns, numbers, ranked
from measure.tables import put
from probes.lab import FAULTS, Damage, Settings, Trace
from probes.lab import run as train

GIVEN = (
    "points of every 10th step",
    "points of every step",
    "log of every 10th step",
    "log of every step",
    "log of every step, config",
    "log, config, probes",
)
# For each of them: what a classifier reached that was trained on a lab's runs (../shared/research/lab.md).
GOALS = ((60, 85), (80, 95), (60, 85), (80, 95), (90, 100), (95, 100))


class Run(NamedTuple):
    """A run of the lab: what it is called, its cause ("": healthy), what was asked for and what came."""

    name: str
    seed: int
    cause: str
    settings: Settings
    damage: Damage
    trace: Trace
    steps: tuple[int, ...]
    note: str = ""  # the watch's, where it would have stopped the run


class Verdict(NamedTuple):
    """What whynan says of one run by one framework's files."""

    run: Run
    framework: str
    given: str
    abnormal: bool
    causes: tuple[str, ...]
    evenly: tuple[str, ...]  # by the lab's mix of faults as priors
    features: dict[str, float]  # what a classifier gets of the same files


def kept(folder: Path, name: str, settings: Settings, damage: Damage) -> Trace:
    """The run's series, from the folder where they are there."""
    path = folder / f"{name}-{settings.seed}.json"
    if path.is_file():
        data = json.loads(path.read_text())
        # A setting that the lab has got since was at its default.
        if {**dataclasses.asdict(Settings()), **data["settings"]} == dataclasses.asdict(settings):
            series = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
            return Trace(**series, symptom=data["symptom"], first_bad_step=data["first_bad_step"])
    trace = train(settings, damage)
    path.write_text(json.dumps({**dataclasses.asdict(trace), "settings": dataclasses.asdict(settings)}))
    return trace


def watched(folder: Path, name: str, settings: Settings, damage: Damage, trace: Trace) -> str:
    """The watch's note on a run that has something to stop for; "" for others."""
    if all(map(math.isfinite, (*trace.loss, *trace.grad_norm))):
        return ""
    return noted(settings, damage, folder / f"{name}-{settings.seed}.note")


def runs(folder: Path, seeds: int) -> Iterator[Run]:
    """All faults and all healthy runs."""
    for seed in range(max(seeds, SEEDS)):
        for name, fault in FAULTS.items() if seed < seeds else ():
            settings = fault.settings.but(seed=seed)
            trace = kept(folder, name, settings, fault.damage)
            ran = tuple(range(1, len(trace.loss) + 1))
            note = watched(folder, name, settings, fault.damage, trace)
            yield Run(name, seed, fault.cause, settings, fault.damage, trace, ran, note)
        for name, (odd, damage, ran) in HEALTHY.items() if seed < SEEDS else ():
            settings = odd.but(seed=seed)
            trace = kept(folder, f"healthy-{name}", settings, damage)
            yield Run(name, seed, "", settings, damage, trace, ran)


def lab_mix(knowledge: Knowledge) -> Knowledge:
    """The knowledge with the lab's faults for all there is, each as common as the next."""
    made = Counter(fault.finer or fault.cause for fault in FAULTS.values())
    causes = {
        name: cause.model_copy(update={"prior": made[name] / made.total()})
        for name, cause in knowledge.causes.items()
    }
    return knowledge.model_copy(update={"causes": causes, "version": f"{knowledge.version}, the lab's mix"})


def judged(knowledge: Knowledge, run: Run, framework: str, given: str) -> Verdict:
    """The files on disk, and whynan's reading of them."""
    every = 10 if "10th" in given else 1
    epochs = run.settings.batch * run.settings.accumulation * run.settings.ranks / len(learnt())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        text = log(run.settings, run.trace, framework, every, epochs, run.steps)
        if "points" not in given:
            text = head(run.settings, framework, run.name) + text
        (folder / "train.log").write_text(text)
        if "config" in given:
            for name, text in config(run.settings, framework, run.name).items():
                (folder / name).write_text(text)
        if "probes" in given:
            probed(run.settings, run.damage, run.name, folder)
            if run.note:
                (folder / "watched.json").write_text(run.note)
        found = inputs.read([folder])
        figures = numbers((folder / "train.log").read_text(), framework)
    facts = known(Session().read(*found.reports), knowledge)
    return Verdict(
        run,
        framework,
        given,
        verdict(facts) == "abnormal",
        ordered(knowledge, facts),
        ordered(lab_mix(knowledge), facts),
        figures if "points" in given else {**figures, **columns(facts.values())},
    )


def ordered(knowledge: Knowledge, facts: Known) -> tuple[str, ...]:
    """The causes, likeliest first, by the belief alone: no fixes, no questions."""
    case = standing(knowledge, facts.values(), {}, facts.assumed())
    belief: dict[str, float] = {}
    for cause, probability in zip(case.active.of, case.posterior, strict=True):
        belief[cause] = belief.get(cause, 0.0) + float(probability)
    return tuple(sorted(belief.keys() & knowledge.causes.keys(), key=lambda cause: -belief[cause]))


Order = Callable[[Verdict], Sequence[str]]


def share(verdicts: list[Verdict], most: int, order: Order = lambda one: one.causes) -> float:
    """Of the faulty runs, those whose cause is among the first `most`."""
    return 100 * sum(one.run.cause in order(one)[:most] for one in verdicts) / len(verdicts)


def trained(verdicts: list[Verdict], held_back: Callable[[Example], Hashable]) -> str:
    """The same of a classifier that was trained on the runs that are not held back."""
    examples = [Example(one.run.cause, one.run.name, one.run.seed, one.features) for one in verdicts]
    orders = dict(zip(map(id, verdicts), ranked(examples, held_back), strict=True))
    return both(verdicts, lambda one: orders[id(one)])


def both(verdicts: list[Verdict], order: Order = lambda one: one.causes) -> str:
    """The cause first, and among three."""
    return f"{share(verdicts, 1, order):.0f} / {share(verdicts, 3, order):.0f} %"


def table(verdicts: list[Verdict], knowledge: Knowledge) -> str:
    """Two rows for each evidence: with people's chances, and with the lab's."""
    faulty = [one for one in verdicts if one.run.cause]
    well = [one for one in verdicts if not one.run.cause]
    count, kinds = len({one.run[:2] for one in faulty}), len({one.run.name for one in faulty})
    lines = [
        f"{count} faulty runs ({kinds} faults, {len({one.run.cause for one in faulty})} causes) and "
        f"{len({one.run[:2] for one in well})} healthy ones, each by two frameworks' files.",
        "",
        "| given | cause first / among three | goal | trained, faults seen | trained, faults unseen "
        "| by the Trainer's files | by XTuner's | called healthy | false alarms, goal |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for given, (first, three) in zip(GIVEN, GOALS, strict=True):
        these = [one for one in faulty if one.given == given]
        each = [[one for one in these if one.framework == name] for name in FRAMEWORKS]
        odd = [one for one in well if one.given == given]
        missed = f"{sum(not one.abnormal for one in these)} of {len(these)}"
        alarms = f"{sum(one.abnormal for one in odd)} of {len(odd)}, 2 %" if odd else ""
        goal = f"{first} / {three} %"
        known_ones, new_ones = (
            trained(these, held) for held in (lambda one: one.seed, lambda one: one.fault)
        )
        cells = (both(these), goal, known_ones, new_ones, *map(both, each), missed, alarms)
        lines.append(f"| {given} | {' | '.join(cells)} |")
        mixed = [both(some, lambda one: one.evenly) for some in (these, *each)]
        lines.append(
            f"| the same, with the lab's mix as priors | {mixed[0]} | | | | {mixed[1]} | {mixed[2]} | | |"
        )
    common = [cause for cause, _ in Counter(one.run.cause for one in faulty).most_common()]
    total = len(knowledge.causes)
    counted = both(faulty, lambda _: common)
    lines.append(f"| nothing, the most common first (counted on these runs) | {counted} | | | | | | | |")
    lines.append(
        f"| nothing, at random among {total} | {100 / total:.0f} / {300 / total:.0f} % | | | | | | | |"
    )
    return "\n".join(lines)


def confusion(verdicts: list[Verdict]) -> str:
    """For each fault and evidence: what is put first, and how often."""
    lines = [f"| fault | cause | {' | '.join(GIVEN)} |", "|---|---|" + "---|" * len(GIVEN)]
    for name, fault in FAULTS.items():
        cells = []
        for given in GIVEN:
            these = [one for one in verdicts if one.run.name == name and one.given == given]
            first = Counter(one.causes[0] for one in these)
            cells.append(", ".join(f"{cause} {times}" for cause, times in first.most_common()))
        lines.append(f"| {name} | {fault.cause} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--each", action="store_true", help="what each fault is taken for, and each false alarm"
    )
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    knowledge = kb.load()
    verdicts = []
    for run in runs(arguments.cache, arguments.seeds):
        for framework, given in itertools.product(FRAMEWORKS, GIVEN):
            if run.cause or given != GIVEN[-1]:
                verdicts.append(judged(knowledge, run, framework, given))
    text = table(verdicts, knowledge)
    print(text)
    if arguments.each:
        print(confusion(verdicts))
        for one in verdicts:
            if not one.run.cause and one.abnormal:
                print("false alarm:", one.run.name, one.run.seed, one.framework, one.given)
    if arguments.write:
        put("lab-diagnosis", text)


if __name__ == "__main__":
    main()
