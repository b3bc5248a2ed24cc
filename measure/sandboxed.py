"""Runs one Python config, away from everything, and prints the names that it leaves behind as JSON.

Whatever the config imports is a stand-in, which remembers its own name: `dict(type=AdamW)` leaves
`{"type": {"name": "torch.optim.AdamW"}}`. It is for measuring only: whynan itself never runs a config.

`namespace` starts this file as a process of its own: isolated Python, no network where the system allows it,
no packages, no environment, no file but the configs beside, and limits on time, memory and what it may write.
"""

from __future__ import annotations

import builtins
import functools
import json
import resource
import shutil
import subprocess
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECONDS, BYTES, PATIENCE = 1, 512 * 2**20, 60  # of processor, of memory, of waiting
# What a config may call without importing it: nothing that reads, writes, starts or compiles anything.
_BUILTINS = frozenset(dir(builtins)) - {
    *("open", "exec", "eval", "compile", "input", "breakpoint", "help", "exit", "quit", "copyright"),
    *("credits", "license", "globals", "locals", "vars", "memoryview", "__loader__", "__spec__"),
}


class Name:
    """A stand-in for an imported thing, by its full name."""

    def __init__(self, name: str) -> None:
        self.__dict__["name"] = name

    def __getattr__(self, part: str) -> Name:
        if part.startswith("__"):
            raise AttributeError(part)
        return Name(f"{self.name}.{part}")

    def __call__(self, *args: Any, **kwargs: Any) -> Name:
        return Name(f"{self.name}()")

    def __enter__(self) -> Name:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def run(files: Mapping[str, str], path: str) -> dict[str, Any]:
    """What the config at `path` binds. `from .base import x` and `_base_` are found among `files`."""

    def bring(name: str, _g: Any = None, _l: Any = None, wanted: Any = (), level: int = 0) -> Any:
        if not level:
            return Name(name if wanted else name.partition(".")[0])
        folder = Path(path).parents[level - 1]
        return types.SimpleNamespace(**run(files, str(folder / (name.replace(".", "/") + ".py"))))

    allowed = {name: getattr(builtins, name) for name in _BUILTINS} | {"__import__": bring}
    space: dict[str, Any] = {"__builtins__": allowed, "__name__": "config"}
    exec(compile(files[path], path, "exec"), space)
    own = {key: value for key, value in space.items() if not key.startswith("__")}
    bases = own.pop("_base_", [])
    merged: dict[str, Any] = {}
    for base in [bases] if isinstance(bases, str) else bases:
        merged.update(run(files, str((Path("/") / path).parent.joinpath(base).resolve().relative_to("/"))))
    return _merge(merged, own)


def _merge(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """mmengine's inheritance: dicts are merged key by key unless the heir says `_delete_=True`."""
    result = {} if own.get("_delete_") else dict(base)
    for key, value in own.items():
        old = result.get(key)
        both = isinstance(value, dict) and isinstance(old, dict)
        result[key] = _merge(old, value) if both else value  # type: ignore[arg-type]
    return {key: value for key, value in result.items() if key != "_delete_"}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return {"name": value.name if isinstance(value, Name) else getattr(value, "__name__", "?")}


def namespace(files: Mapping[str, str], path: str) -> dict[str, Any]:
    """The names of the config at `path`, run in a sandbox. Raises RuntimeError for one that fails there."""
    command = [*_alone(), sys.executable, "-I", "-S", "-B", __file__]
    given = json.dumps({"files": dict(files), "path": path})
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={},
        cwd="/",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{path}: {done.stderr.strip().rpartition(chr(10))[2]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@functools.cache
def _alone() -> list[str]:
    """The words that start a command without a network, where the system allows it."""
    words = [shutil.which("unshare") or "unshare", "--user", "--net", "--map-root-user"]
    try:
        allowed = subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        allowed = False
    return words if allowed else []


def main() -> None:
    """The inner process: limits itself, runs, prints."""
    given = json.load(sys.stdin)
    limits = {
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_AS: BYTES,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 3,
        resource.RLIMIT_NPROC: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    print(json.dumps(_plain(run(given["files"], given["path"]))))


if __name__ == "__main__":
    main()
