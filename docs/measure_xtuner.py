"""The document's run on XTuner's shipped Llama and InternLM configs: how many end in the right patch.

    pip download --no-deps xtuner==0.1.11 && unzip -q xtuner-*.whl -d xtuner-src
    .venv/bin/python docs/measure_xtuner.py xtuner-src     prints; --write puts it into docs/measured.md

Right: fp16-overflow and use-bf16 come first; the patch applies to the file itself, and the config probe then
reads bfloat16. The configs are read as text, never run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tables import put

import kb
from app.conclusion import conclude
from app.inputs import paste, read
from app.session import Session
from kb.model import Knowledge
from probes import files
from probes.merge import merge

LINE = "11/24 03:12:{0} - mmengine - INFO - Iter(train) [  {0}/9690]  lr: 2.0e-05  loss: {1}  grad_norm: {2}"
LOG = "\n".join(LINE.format(*row) for row in ((10, 1.8250, 0.8127), (20, "nan", "nan"), (30, "nan", "nan")))


def judge(path: Path, knowledge: Knowledge) -> tuple[bool, bool, bool]:
    """Whether the cause leads, whether the fix leads, whether its patch brings bfloat16."""
    given = read([path]) + paste(LOG, "train.log")
    shown = conclude(knowledge, Session().read(*given.reports), dict(given.texts))
    best = shown.fixes[0]
    text = best.patch.files.get(path.name, "") if best.patch else ""
    after = merge(files.read_text(text, path.name)).values() if text else {}
    return (
        shown.causes[0].entry.id == "fp16-overflow",
        best.entry.id == "use-bf16",
        after.get("precision.compute") == "bfloat16",
    )


def main() -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    knowledge = kb.load()
    root = arguments.folder / "xtuner" / "configs"
    paths = [path for family in ("llama", "internlm") for path in sorted(root.glob(f"{family}/*/*.py"))]
    rows = {path: judge(path, knowledge) for path in paths if path.name != "__init__.py"}
    counts = [sum(row[i] for row in rows.values()) for i in range(3)]
    lines = ["| of | configs |", "|---|---:|", f"| Llama and InternLM configs read | {len(rows)} |"]
    names = ("fp16-overflow first", "use-bf16 first", "patched, reads as bfloat16")
    lines += [f"| {name} | {count} |" for name, count in zip(names, counts, strict=True)]
    text = "\n".join(lines)
    print(text)
    for path, row in rows.items():
        if not all(row):
            print(path.relative_to(root), row)
    if arguments.write:
        put("xtuner", text)


if __name__ == "__main__":
    main()
