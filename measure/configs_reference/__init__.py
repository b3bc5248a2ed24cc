"""What the shipped examples of other frameworks set, worked out without whynan's readers.

The defaults are taken out of the framework's own source with `ast`; YAML is read by PyYAML; launch scripts
are run by bash in restricted mode with nothing on its path, so that all it can do is say which words each
command got. The few rules that turn arguments into facts are written down here again, from the frameworks'
source. What hangs on the GPU, on the checkpoint or on a file that is not shipped is left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from measure.configs_reference import (
    axolotl,
    llamafactory,
    ms_swift,
    nemo2,
    openrlhf,
    torchtitan,
    torchtitan_registry,
    torchtune,
    verl,
)
from measure.configs_reference.sources import Facts, Reader, defaults

MODULES = {
    "LLaMA-Factory": llamafactory,
    "axolotl": axolotl,
    "torchtune": torchtune,
    "ms-swift": ms_swift,
    "NeMo-2.4": nemo2,
    "verl": verl,
    "OpenRLHF": openrlhf,
    "OpenRLHF-0.9": openrlhf,
    "torchtitan-0.2": torchtitan,
    "torchtitan-0.3": torchtitan_registry,
}

Examples = Iterator[tuple[Path, Facts]]


def readers(folder: Path, transformers: Path) -> dict[str, Reader]:
    """A reader for each framework: `folder` holds their repositories, `transformers` its wheel, unpacked."""
    trainer = defaults(transformers / "transformers" / "training_args.py")
    return {name: module.reader(folder / name, trainer) for name, module in MODULES.items()}


def examples(folder: Path, name: str, read: Reader) -> Examples:
    """The examples of a framework that train, with what they set; one in a file of several is cut out."""
    module = MODULES[name]
    paths = sorted({path for pattern in module.EXAMPLES for path in (folder / name).glob(pattern)})
    cut = getattr(module, "pieces", None)
    with tempfile.TemporaryDirectory() as place:
        for number, path in enumerate(paths):
            text = path.read_text(encoding="utf-8")
            for piece, part in enumerate(cut(text) if cut else [text]):
                alone = Path(place, f"{number}-{piece}{path.suffix}") if cut else path
                if cut:
                    alone.write_text(part, encoding="utf-8")
                if facts := read(part):
                    yield alone, facts
