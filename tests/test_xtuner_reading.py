"""The reference that whynan's reading of XTuner's configs is held to, and the sandbox that it comes from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from measure import reference_xtuner as reference
from measure import sandboxed
from probes import configs

ROOT = Path(__file__).parent.parent
CONFIGS = Path(os.environ.get("WHYNAN_XTUNER", ROOT / "xtuner-src"), "xtuner/configs")


def run(text: str, **others: str) -> dict[str, object]:
    files = {"config.py": text, **{f"{name}.py": base for name, base in others.items()}}
    found: dict[str, object] = sandboxed.namespace(files, "config.py")
    return found


def test_a_config_leaves_the_names_of_what_it_imports() -> None:
    text = (
        "import torch\nfrom torch.optim import AdamW\nx = dict(type=AdamW, dtype=torch.float16, lr=1e-4 * 2)"
    )

    assert run(text)["x"] == {
        "type": {"name": "torch.optim.AdamW"},
        "dtype": {"name": "torch.float16"},
        "lr": 2e-4,
    }


def test_base_files_count_as_mmengine_reads_them() -> None:
    base = "lr = 1\nopt = dict(lr=lr, betas=[1, 2])\nother = dict(a=1)"
    listed = "_base_ = 'base.py'\nopt = dict(lr=3)\nother = dict(_delete_=True, b=2)"
    imported = (
        "from mmengine.config import read_base\nwith read_base():\n    from .base import *\nopt = dict(lr=lr)"
    )

    assert run(listed, base=base) == {"lr": 1, "opt": {"lr": 3, "betas": [1, 2]}, "other": {"b": 2}}
    assert run(imported, base=base)["opt"] == {"lr": 1}


@pytest.mark.parametrize(
    "text",
    [
        "open('/etc/passwd').read()",
        "eval('1')",
        "x = [0] * 10**9",
        "while True:\n    pass",
        "().__class__.__base__.__subclasses__()[0].__init__.__globals__['os'].system('true')",
    ],
)
def test_what_a_config_does_beyond_its_values_fails(text: str) -> None:
    with pytest.raises(RuntimeError, match=r"^config\.py: "):
        run(text)


def test_modules_of_a_config_are_not_the_real_ones() -> None:
    assert run("import os\nx = os.system('touch /tmp/no')\ny = os.getcwd()") == {
        "os": {"name": "os"},
        "x": {"name": "os.system()"},
        "y": {"name": "os.getcwd()"},
    }


def test_the_shipped_configs_are_read_as_they_run() -> None:
    """Each ninth of them: measure/xtuner.py has the whole."""
    if not CONFIGS.is_dir():
        pytest.skip(f"xtuner==0.1.11 is not unpacked in {CONFIGS.parents[1]}, README says how")
    for path in sorted(CONFIGS.glob("*/*/*.py"))[::9]:
        text = path.read_text(encoding="utf-8")
        right = reference.values(sandboxed.namespace({path.name: text}, path.name))
        found = configs.read(text, path.name).values()

        assert {fact: found.get(fact) for fact in right} == right, path


def test_the_names_of_shipped_deepspeed_configs_stand_for_what_they_hold() -> None:
    if not CONFIGS.is_dir():
        pytest.skip(f"xtuner==0.1.11 is not unpacked in {CONFIGS.parents[1]}, README says how")
    paths = sorted((CONFIGS / "deepspeed").glob("*.json"))
    assert len(paths) == 5
    for path in paths:
        held = configs.read(path.read_text(encoding="utf-8"), path.name).values()
        named = configs.read(f"xtuner train x.py --deepspeed {path.stem}", "", "command").values()

        told = {fact: value for fact, value in named.items() if fact.startswith("deepspeed.")}
        assert told == {fact: held[fact] for fact in told}, path
        assert {"deepspeed.stage", "deepspeed.offload", "deepspeed.fp16", "deepspeed.bf16"} < told.keys()
