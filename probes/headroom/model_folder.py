"""The headroom of a Hugging Face model folder, by transformers; no code of the folder runs."""

from __future__ import annotations

import dataclasses
import pathlib

from probes import headroom
from probes.headroom import loss_scale
from probes.report import ReadError, Report

# Letters, numbers, code and Chinese: large activations sit at the first token and at rare ones.
TEXT = """\
The loss was 1.83 at step 10 and not a number at step 20. What changed in between?
def step(batch): return model(**batch).loss / accumulate  # 0 is not None, 65504 + 16 is inf
第一步正常，二十步之后变成 NaN，请检查精度设置与学习率。
"""


def measure(
    path: pathlib.Path, text: str = TEXT, training: str = headroom.PURE, first_skips: bool = False
) -> Report:
    """One forward pass in bfloat16 over `text`; with `first_skips` one with its backward pass, too.

    Raises ReadError, one line, where that cannot be.
    """
    if not (path / "config.json").is_file():
        raise ReadError(f"{path.name}: there is no config.json in it, give a Hugging Face model's folder")
    try:
        import torch
        import transformers
    except ImportError as error:
        raise ReadError(
            f"{path.name}: needs {error.name or error}, which is not here, run it where it trains"
        ) from None
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(path), local_files_only=True)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            str(path), torch_dtype=torch.bfloat16, local_files_only=True, use_safetensors=True
        )
        batch = dict(tokenizer(text, return_tensors="pt"))
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        why = str(error).strip().partition("\n")[0][:200]
        raise ReadError(f"{path.name}: transformers does not load it ({why})") from None
    batch["use_cache"] = False
    report = headroom.report(headroom.measure(model, batch), path.name, training)
    if not first_skips:
        return report
    found = loss_scale.measure(model, {**batch, "labels": batch["input_ids"]}, training=training)
    return dataclasses.replace(report, facts=(*report.facts, *loss_scale.facts(found, path.name)))
