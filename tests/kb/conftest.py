"""A small base of knowledge, and a way to write any other one."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

TEXT = {"en": "text", "zh": "文本"}


def small() -> dict[str, Any]:
    """Two causes that one question tells apart, and a fix for each."""
    return {
        "facts.yaml": {
            "loss.symptom": {"kind": "choice", "typical": {"nan": 0.5, "zero": 0.5}, "question": TEXT},
            "precision": {"kind": "choice", "typical": {"float16": 0.4, "bfloat16": 0.6}, "question": TEXT},
            "bf16": {"kind": "bool", "typical": {True: 0.8, False: 0.2}, "question": TEXT},
            "rate": {
                "kind": "number",
                "bands": {"usual": "..1e-3", "high": "1e-3.."},
                "typical": {"usual": 0.9, "high": 0.1},
                "question": TEXT,
            },
        },
        "tree.yaml": {
            "start": ["symptom"],
            "nodes": {
                "symptom": {
                    "fact": "loss.symptom",
                    "branches": {"nan": ["precision", "rate"], "*": ["rate"]},
                },
                "precision": {"fact": "precision", "branches": {"float16": ["bf16"]}},
                "rate": {"fact": "rate"},
                "bf16": {"fact": "bf16"},
            },
        },
        "policy.yaml": {"none_of_these": 0.1, "escalate_minutes": 500, "restart_minutes": 5},
        "causes/precision/overflow.yaml": {
            "id": "overflow",
            "title": TEXT,
            "prior": 0.5,
            "explanation": TEXT,
            "signs": {"precision": {"float16": "always"}, "loss.symptom": {"nan": "usually"}},
            "fixes": {"use-bf16": "usually"},
        },
        "causes/optimizer/too-fast.yaml": {
            "id": "too-fast",
            "title": TEXT,
            "prior": 0.4,
            "explanation": TEXT,
            "signs": {"rate": {"high": 0.7}},
            "fixes": {"lower-rate": 0.9, "use-bf16": 0.05},
        },
        "fixes/use-bf16.yaml": {
            "id": "use-bf16",
            "title": TEXT,
            "minutes": 10,
            "restart": True,
            "needs": {"bf16": True},
            "steps": TEXT,
        },
        "fixes/lower-rate.yaml": {"id": "lower-rate", "title": TEXT, "minutes": 20, "steps": TEXT},
    }


class Plain(yaml.SafeDumper):
    """YAML without anchors, which the knowledge base does not use."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(folder: Path, files: dict[str, Any]) -> Path:
    """The folder with these files, YAML for everything that is not text already."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (
            data
            if isinstance(data, str)
            else yaml.dump(data, Dumper=Plain, allow_unicode=True, sort_keys=False)
        )
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def files() -> dict[str, Any]:
    return copy.deepcopy(small())


@pytest.fixture
def folder(tmp_path: Path, files: dict[str, Any]) -> Path:
    return write(tmp_path / "kb", files)
