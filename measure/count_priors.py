"""The causes' priors, counted from the public threads of measure/threads.yaml.

    .venv/bin/python -m measure.count_priors            says which priors are not what the counts give
    .venv/bin/python -m measure.count_priors --write    writes them, and the counts, into kb/causes

An expert's guess counts as much as `kb.learn.WEIGHT` threads (a Dirichlet prior): rare causes keep a chance
though no thread had them. Finer causes share what their cause has, in the proportion that they had before.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

import kb
from kb.learn import ROUNDED, spread, told
from kb.learn import totals as weighed
from kb.load import HERE
from kb.model import Knowledge

THREADS = Path(__file__).parent / "threads.yaml"


@dataclass(frozen=True)
class Thread:
    """A public thread whose resolution is known."""

    url: str
    cause: str

    @property
    def repository(self) -> str:
        """owner/name, in lower case."""
        return "/".join(self.url.lower().split("/")[3:5])


def threads() -> tuple[Thread, ...]:
    """All threads that were read, each once."""
    rows = yaml.safe_load(THREADS.read_text(encoding="utf-8"))
    return tuple(Thread(url, cause) for cause, urls in rows.items() for url in urls)


def totals(knowledge: Knowledge, counted: Iterable[Thread]) -> dict[str, float]:
    """Each contract cause's prior, its finer causes included; runs that were told of stay in it."""
    return weighed(knowledge, Counter(thread.cause for thread in counted), told(knowledge))


def recounted(knowledge: Knowledge, counted: Iterable[Thread], name: str) -> Knowledge:
    """The knowledge with priors from other threads; `name` tells it from the original one."""
    priors = spread(knowledge, totals(knowledge, counted))
    causes = {c.id: c.model_copy(update={"prior": priors[c.id]}) for c in knowledge.causes.values()}
    return knowledge.model_copy(update={"causes": causes, "version": f"{knowledge.version}-{name}"})


def rewritten(text: str, prior: float, cases: int, here: int) -> str:
    """A cause's file with its prior and, where it has them, its counts."""
    text = re.sub(r"^prior: .*$", f"prior: {prior:.4f}".replace("0.", ".", 1), text, count=1, flags=re.M)
    return re.sub(
        r"^(counted: \{)cases: \d+, here: \d+", rf"\g<1>cases: {cases}, here: {here}", text, flags=re.M
    )


def main() -> int:
    """Compares or writes. The status is 1 where something would change and is not written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    knowledge, counted = kb.load(), threads()
    here = Counter(thread.cause for thread in counted)
    priors = spread(knowledge, totals(knowledge, counted))
    stale = 0
    for cause in knowledge.causes.values():
        (path,) = HERE.glob(f"causes/*/{cause.id}.yaml")
        old = path.read_text(encoding="utf-8")
        near = abs(priors[cause.id] - cause.prior) < ROUNDED
        prior = cause.prior if near else priors[cause.id]
        new = rewritten(old, prior, len(counted), here[cause.id])
        if new != old:
            stale += 1
            print(f"{path.name}: prior {cause.prior:.4f}, counted {priors[cause.id]:.4f}")
            if arguments.write:
                path.write_text(new, encoding="utf-8")
    return 1 if stale and not arguments.write else 0


if __name__ == "__main__":
    raise SystemExit(main())
