"""Which entries concern a symptom, a framework, a library's version: what cannot be there is left out."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from kb.model import WORDS, Advisory, Cause, Knowledge

SYMPTOM, FRAMEWORK = "loss.symptom", "framework.name"

_CORE = {"torch", "triton", "flash-attn", "xformers"}
_HUGGING_FACE = {*_CORE, "transformers", "accelerate", "peft", "bitsandbytes", "deepspeed", "liger-kernel"}
# The libraries that each framework trains with, of those that the advisories are about: its own packages,
# what it requires, and what a switch of its own brings in.
BUILT_ON = {
    "transformers": _HUGGING_FACE,
    "trl": {*_HUGGING_FACE, "trl"},
    "llamafactory": {*_HUGGING_FACE, "trl", "llamafactory", "unsloth", "unsloth-zoo"},
    "axolotl": {*_HUGGING_FACE, "trl", "axolotl"},
    "ms-swift": {*_HUGGING_FACE, "trl", "ms-swift", "megatron-core", "transformer-engine"},
    "xtuner": {*_HUGGING_FACE, "xtuner"} - {"liger-kernel"},
    "unsloth": {*_HUGGING_FACE, "trl", "unsloth", "unsloth-zoo"},
    "torchtune": {"torch", "triton", "torchtune", "bitsandbytes"},
    "megatron": {"torch", "triton", "flash-attn", "megatron-core", "transformer-engine"},
    "deepspeed": {*_CORE, "deepspeed", "transformers", "peft", "bitsandbytes"},
    "lightning": {*_HUGGING_FACE, "lightning", "transformer-engine"},
    "torch": {*_CORE, "bitsandbytes", "liger-kernel", "transformer-engine"},
}


@dataclass(frozen=True)
class Wanted:
    """What to narrow by; "" does not narrow. A `version` counts beside its `package` only."""

    symptom: str = ""
    framework: str = ""
    package: str = ""
    version: str = ""


def narrow(knowledge: Knowledge, wanted: Wanted) -> frozenset[str]:
    """The ids of the causes, fixes and advisories that `wanted` leaves.

    Of a library, there are its advisories, the causes that they belong to and the fixes that help; else a
    fix is there where it often cures a cause or an advisory that is. Raises ValueError, with the text, for
    what is no version.
    """
    advisories = {a.id: a for a in knowledge.advisories.values() if _concerns(knowledge, a, wanted)}
    causes = {c.id: c for c in knowledge.causes.values() if _possible(knowledge, c, wanted)}
    if wanted.package:
        named = {advisory.cause for advisory in advisories.values()}
        causes = {name: cause for name, cause in causes.items() if name in named}
    curing: list[Cause | Advisory] = [*advisories.values()]
    if not wanted.package:
        curing += causes.values()
    fixes = {f for entry in curing for f, chance in entry.fixes.items() if chance >= WORDS["sometimes"]}
    return frozenset({*advisories, *causes, *fixes})


def _concerns(knowledge: Knowledge, advisory: Advisory, wanted: Wanted) -> bool:
    if wanted.package and advisory.package != wanted.package:
        return False
    if wanted.package and wanted.version and not _affects(advisory, wanted.version):
        return False
    if wanted.framework and advisory.package not in BUILT_ON.get(wanted.framework, _CORE):
        return False
    return _possible(knowledge, advisory, wanted)


def _affects(advisory: Advisory, text: str) -> bool:
    try:
        return SpecifierSet(advisory.affected).contains(Version(text), prereleases=True)
    except InvalidVersion:
        raise ValueError(text) from None


def _possible(knowledge: Knowledge, entry: Cause | Advisory, wanted: Wanted) -> bool:
    """Whether the symptom is no rare one for this fault, and the framework none that its signs rule out."""
    shown = _share(knowledge, entry, SYMPTOM, wanted.symptom)
    usual = knowledge.facts[SYMPTOM].typical.get(wanted.symptom, 0.0)
    if wanted.symptom and shown < min(usual, WORDS["seldom"]):
        return False
    there = _share(knowledge, entry, FRAMEWORK, wanted.framework)
    return not wanted.framework or there > WORDS["never"]


def _share(knowledge: Knowledge, entry: Cause | Advisory, fact: str, value: str) -> float:
    """P(value | entry). Signs that name some values of a choice leave the others next to nothing."""
    signs = entry.signs.get(fact)
    return knowledge.facts[fact].typical.get(value, 0.0) if signs is None else signs.get(value, 0.0)
