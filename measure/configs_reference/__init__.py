"""What the shipped examples of four frameworks set, worked out without whynan's readers.

The defaults are taken out of the framework's own source with `ast`; YAML is read by PyYAML; launch scripts
are run by bash in restricted mode with nothing on its path, so that all it can do is say which words each
command got. The few rules that turn arguments into facts are written down here again, from the frameworks'
source. What hangs on the GPU, on the checkpoint or on a file that is not shipped is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from measure.configs_reference import axolotl, llamafactory, ms_swift, torchtune
from measure.configs_reference.sources import Facts, Reader, defaults

MODULES = {
    "LLaMA-Factory": llamafactory,
    "axolotl": axolotl,
    "torchtune": torchtune,
    "ms-swift": ms_swift,
}

Examples = Iterator[tuple[Path, Facts]]


def readers(folder: Path, transformers: Path) -> dict[str, Reader]:
    """A reader for each framework: `folder` holds their repositories, `transformers` its wheel, unpacked."""
    trainer = defaults(transformers / "transformers" / "training_args.py")
    return {name: module.reader(folder / name, trainer) for name, module in MODULES.items()}


def examples(folder: Path, name: str, read: Reader) -> Examples:
    """The examples of a framework that train, with what they set."""
    paths = {path for pattern in MODULES[name].EXAMPLES for path in (folder / name).glob(pattern)}
    for path in sorted(paths):
        if facts := read(path.read_text(encoding="utf-8")):
            yield path, facts
