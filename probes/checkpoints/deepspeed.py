"""What DeepSpeed saves: a folder global_step… with a file a rank, and `latest`, which names the last step."""

from __future__ import annotations

import dataclasses
import pathlib
import re

from probes.checkpoints import single, torch_zip
from probes.checkpoints.listing import DAMAGE, DamagedError, Finding, Listing

NAME = "deepspeed"
_FILE = re.compile(
    r"(?P<rank>zero_pp_rank_|bf16_zero_pp_rank_|fp16_zero_pp_rank_|mp_rank_)\d+.*_(?P<what>model|optim)_states\.pt"
)


def recognises(path: pathlib.Path, head: bytes) -> bool:
    """Whether the folder is a step's, or holds `latest` and the step that it names."""
    return path.is_dir() and _step(path) is not None


def read(path: pathlib.Path) -> Listing:
    """The tensors of all ranks' files of the last step; a rank whose file is missing is damage."""
    folder = _step(path) or path
    files = [file for file in sorted(folder.iterdir()) if _FILE.fullmatch(file.name)]
    found = single.read_all(files)
    findings = [*found.findings]
    ranks = _ranks(files)
    for what in ("model", "optim"):
        shards = [
            file for file in files if "zero_pp_rank_" in file.name and file.name.endswith(f"{what}_states.pt")
        ]
        if shards and len(shards) < ranks:
            lack = f"{len(shards)} of {ranks} ranks have their {what}_states.pt"
            findings.append(Finding(DAMAGE, folder.name, "", lack))
    return dataclasses.replace(found, kind=NAME, findings=tuple(findings))


def _step(path: pathlib.Path) -> pathlib.Path | None:
    """The folder of the last step: the one that `latest` names, or `path` itself."""
    latest = path / "latest"
    if latest.is_file():
        name = latest.read_bytes()[:200].decode("utf-8", "replace").strip()
        if name and pathlib.PurePath(name).name == name and (path / name).is_dir():
            return path / name
    return path if any(_FILE.fullmatch(file.name) for file in path.glob("*_states.pt")) else None


def _ranks(files: list[pathlib.Path]) -> int:
    """How many ranks saved: the world sizes that the model's states name; 0 where they name none."""
    for file in files:
        if file.name.endswith("model_states.pt"):
            try:
                numbers = torch_zip.numbers(file)
            except DamagedError:
                continue
            return numbers.get("dp_world_size", 0) * max(numbers.get("mp_world_size", 1), 1)
    return 0
