"""Whether a fix's patch does what it says to the shipped examples of four frameworks, and nothing else.

    .venv/bin/python -m measure.patches frameworks transformers-src     prints; --write fills measured.md

(measure/configs.py says how to get the two folders.) Each example is given as it is or, for use-bf16,
as a twin in float16. The patch that the page would offer is applied; measure/configs_reference then reads the
file anew. Right: the fact that the fix is about has the value that the patch sets, and no other changed.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import kb
from app.patch import patch
from kb.model import Knowledge
from measure import configs_reference as reference
from measure.configs_reference.sources import Facts, Reader
from measure.tables import put

# Words of an example that computes in bfloat16, and of its twin in float16.
HALF = {
    "LLaMA-Factory": ((r"^bf16: true", "fp16: true"),),
    "axolotl": ((r"^fp16:.*\n", ""), (r"^bf16:.*", "bf16: false\nfp16: true")),
    "torchtune": ((r"^dtype: bf16", "dtype: fp16"),),
    "ms-swift": ((r"torch_dtype(:?) bfloat16", r"torch_dtype\1 float16"), (r"--bf16 true", "--fp16 true")),
}


@dataclass(frozen=True)
class Aim:
    """A fix, the fact it sets to a value, where it is due, and what may change along with it."""

    fix: str
    fact: str
    value: object
    along: tuple[str, ...] = ()

    def due(self, facts: Facts) -> bool:
        """Whether the patch has something to do."""
        now = facts.get(self.fact)
        if self.fact == "optimizer.learning_rate":
            return isinstance(now, float) and now > 2e-5
        if self.fact == "precision.compute":
            return now == "float16"
        return bool(now is not None and now != self.value)


AIMS = (
    Aim("use-bf16", "precision.compute", "bfloat16", ("precision.weights", "quantization.compute_dtype")),
    Aim("lower-learning-rate", "optimizer.learning_rate", 2e-5),
    Aim("warm-up-learning-rate", "schedule.warmup", True),
    Aim("clip-gradients", "optimizer.max_grad_norm", 1.0),
)


def twin(text: str, framework: str) -> str:
    """The example, in float16 where it says bfloat16."""
    for pattern, half in HALF[framework]:
        text = re.sub(pattern, half, text, flags=re.MULTILINE)
    return text


def judge(aim: Aim, path: Path, read: Reader, framework: str, knowledge: Knowledge) -> str | None:
    """right, wrong, none (no patch is offered), or None where the fix has nothing to do."""
    text = path.read_text(encoding="utf-8")
    text = twin(text, framework) if aim.fact == "precision.compute" else text
    before = read(text) or {}
    if not aim.due(before):
        return None
    changed = patch(knowledge.fixes[aim.fix], {path.name: text}, None)
    if changed is None:
        return "none"
    after = read(changed.files[path.name]) or {}
    moved = {fact for fact in before.keys() | after.keys() if before.get(fact) != after.get(fact)}
    return "right" if after.get(aim.fact) == aim.value and moved <= {aim.fact, *aim.along} else "wrong"


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the four repositories lie")
    parser.add_argument("transformers", type=Path, help="transformers' wheel, unpacked")
    parser.add_argument("--kb", type=Path, help="another knowledge base")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--misses", action="store_true", help="list every example that is not right")
    arguments = parser.parse_args()
    knowledge = kb.load(arguments.kb) if arguments.kb else kb.load()
    counts: Counter[tuple[str, str, str]] = Counter()
    readers = reference.readers(arguments.folder, arguments.transformers)
    for framework, read in readers.items():
        for path, _ in reference.examples(arguments.folder, framework, read):
            for aim in AIMS:
                verdict = judge(aim, path, read, framework, knowledge)
                counts[framework, aim.fix, str(verdict)] += 1
                if arguments.misses and verdict in ("wrong", "none"):
                    print(f"{framework}\t{aim.fix}\t{verdict}\t{path}")
    lines = ["| framework | fix | due | right | no patch | wrong |", "|---|---|---:|---:|---:|---:|"]
    for framework in readers:
        for aim in AIMS:
            right, none, wrong = (counts[framework, aim.fix, word] for word in ("right", "none", "wrong"))
            if due := right + none + wrong:
                lines.append(f"| {framework} | {aim.fix} | {due} | {right} | {none} | {wrong} |")
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        put("patches", text)


if __name__ == "__main__":
    main()
