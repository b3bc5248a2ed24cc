"""What several reports say together: for each fact the one source that is believed."""

from __future__ import annotations

import typing

from probes.report import ASSUMED, TOLD, Fact, Report

# Who is believed first, by the fact's first word. What a run shows stands in its log; what a machine is, the
# machine says; what a run was told to do, its launch command says before its config, and prose comes last.
FIRST = {
    "loss": ("log", "report"),
    "gradient": ("log", "report"),
    "loss_scale": ("log", "report"),
    "log": ("log", "report"),
    "gpu": ("machine", "environment", "log", "report"),
    "machine": ("machine", "environment"),
    "numerics": ("machine",),
    "checkpoint": ("checkpoint", "report"),
    "data": ("dataset", "log", "report"),
    "probe": ("headroom", "watch", "report"),
    "version": ("machine", "environment", "log", "report"),
}
# XTuner writes these into DeepSpeed's config at launch, whatever stands there (xtuner/tools/train.py).
SET_AT_LAUNCH = {"xtuner": ("batch.per_device", "batch.accumulation", "optimizer.max_grad_norm")}
OTHERWISE = ("command", "config", "part", "log", "environment", "report", "machine")


def merge(reports: typing.Iterable[Report]) -> Report:
    """One report of many. An explicit value beats a framework's default, wherever each was read."""
    reports = _runs(tuple(reports))
    best: dict[str, tuple[tuple[bool, bool, int], Fact]] = {}
    overruled = {fact for report in reports for fact in SET_AT_LAUNCH.get(_framework(report), ())}
    for report in reports:
        kind = _kind(report)
        for fact in report.facts:
            if kind == "part" and fact.id in overruled:
                continue
            rank = (fact.state == ASSUMED, _is_well(fact), _rank(fact.id, kind))
            if fact.id not in best or rank < best[fact.id][0]:
                best[fact.id] = (rank, fact)
    unknown = {item.id: item for report in reports for item in report.unknown if item.id not in best}
    return Report(
        name=", ".join(report.name for report in reports),
        kind="merged",
        facts=tuple(fact for _, fact in best.values()),
        unknown=tuple(unknown.values()),
        curve=max((report.curve for report in reports), key=len, default=()),
    )


def _runs(reports: tuple[Report, ...]) -> tuple[Report, ...]:
    """Without the base files that another config of the same hands was read with: alone they are no run."""
    bases = {
        fact.source.rpartition(":")[0]
        for report in reports
        if report.kind == "config"
        for fact in report.facts
        if not fact.source.startswith(report.name + ":")
    }
    return tuple(report for report in reports if report.kind != "config" or report.name not in bases)


def _framework(report: Report) -> str:
    return str(report.values().get("framework.name"))


def _kind(report: Report) -> str:
    """A config that names no framework (DeepSpeed's JSON, accelerate's YAML) is a part: the whole decides."""
    part = report.kind == "config" and "framework.name" not in report.values()
    return "part" if part else report.kind


def _is_well(fact: Fact) -> bool:
    """A log that shows nothing may be the part before the fault: whoever tells of one is believed."""
    return (fact.id, fact.value) == ("loss.symptom", "healthy")


def _rank(fact: str, kind: str) -> int:
    # What really ran is believed before what was asked for. Only how near to float16's end a model begins is
    # not said by how far it was in the end.
    if kind == TOLD or (kind == "watch" and fact != "probe.headroom"):
        return -2 if kind == TOLD else -1
    order = FIRST.get(fact.partition(".")[0], OTHERWISE)
    return order.index(kind) if kind in order else len(order)
