"""How much of what other frameworks' shipped examples set is read right.

    pip download --no-deps transformers==5.23.0 && unzip -q transformers-*.whl -d transformers-src
    mkdir frameworks && cd frameworks        then `git clone https://github.com/…` for hiyouga/LLaMA-Factory,
        axolotl-ai-cloud/axolotl, pytorch/torchtune, modelscope/ms-swift, volcengine/verl, OpenRLHF/OpenRLHF,
        OpenRLHF-0.9 (its tag v0.9.10) and torchtitan-0.2 (pytorch/torchtitan's tag v0.2.2); and, unpacked by
        unzip, the wheels torchtitan==0.3.0 as torchtitan-0.3 and nemo_toolkit==2.4.0 as NeMo-2.4
    .venv/bin/python -m measure.configs frameworks transformers-src    prints; --write fills measured.md

Every example that trains is read alone, as a user gives it, and compared with measure/configs_reference. A
value is right when both say the same, wrong when they differ or when whynan states what the file does not
decide, missing when whynan does not say it. Nothing of the frameworks is run.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from measure import configs_reference as reference
from measure.configs_reference.sources import Facts
from measure.tables import put
from probes import files
from probes.merge import merge
from probes.report import ReadError

FACTS = {
    "optimizer.learning_rate": "learning rate",
    "optimizer.name": "optimizer",
    "optimizer.max_grad_norm": "clipping",
    "batch.accumulation": "accumulation",
    "batch.per_device": "batch size",
    "precision.compute": "compute dtype",
    "precision.weights": "weight dtype",
    "quantization.bits": "quantization bits",
    "quantization.compute_dtype": "4-bit compute dtype",
    "lora.enabled": "LoRA",
    "schedule.warmup": "warm-up",
    "sequence.max_length": "maximum length",
    "model.name": "model name",
    "gradient_checkpointing": "gradient checkpointing",
    "attention.kernel": "attention kernel",
    "deepspeed.enabled": "DeepSpeed",
    "deepspeed.stage": "ZeRO stage",
}
RIGHT, MISSING, WRONG = "right", "missing", "wrong"


def judge(path: Path, expected: Facts) -> dict[str, tuple[str, object, object]]:
    """For each fact that the file decides or whynan states: the verdict, what was expected, what was read."""
    try:
        read = merge(files.read_file(path)).values()
    except ReadError:
        read = {}
    found: dict[str, tuple[str, object, object]] = {}
    for fact in FACTS:
        if fact not in expected and fact not in read:
            continue
        wanted, said = expected.get(fact), read.get(fact)
        found[fact] = (RIGHT if wanted == said else MISSING if said is None else WRONG, wanted, said)
    return found


def table(frameworks: dict[str, reference.Examples], shown: bool) -> str:
    """The figures as Markdown, and the differences one by one where they are asked for."""
    rows = ["| framework | examples | values | right | missing | wrong |", "|---|---:|---:|---:|---:|---:|"]
    by_fact: dict[str, Counter[str]] = {fact: Counter() for fact in FACTS}
    for framework, examples in frameworks.items():
        verdicts: Counter[str] = Counter()
        number = 0
        for path, expected in examples:
            number += 1
            for fact, (verdict, wanted, said) in judge(path, expected).items():
                verdicts[verdict] += 1
                by_fact[fact][verdict] += 1
                if shown and verdict != RIGHT:
                    print(f"{framework}\t{fact}\t{verdict}\t{wanted!r}\t{said!r}\t{path}")
        total = verdicts.total()
        rows.append(
            f"| {framework} | {number} | {total} | {verdicts[RIGHT] / total:.1%} "
            f"| {verdicts[MISSING]} | {verdicts[WRONG]} |"
        )
    rows += ["", "| of all | values | right | missing | wrong |", "|---|---:|---:|---:|---:|"]
    for fact, name in FACTS.items():
        verdicts = by_fact[fact]
        share = f"{verdicts[RIGHT] / max(verdicts.total(), 1):.1%}"
        rows.append(f"| {name} | {verdicts.total()} | {share} | {verdicts[MISSING]} | {verdicts[WRONG]} |")
    return "\n".join(rows)


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the repositories and wheels lie")
    parser.add_argument("transformers", type=Path, help="transformers' wheel, unpacked")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--misses", action="store_true", help="list every value that is not right")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    frameworks = {
        name: reference.examples(folder, name, read)
        for name, read in reference.readers(folder, arguments.transformers).items()
    }
    text = table(frameworks, arguments.misses)
    print(text)
    if arguments.write:
        put("configs", text)


if __name__ == "__main__":
    main()
