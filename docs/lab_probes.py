"""What whynan's own probes find in a run of the lab before it starts: checkpoint, headroom, data."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import torch

from probes import headroom
from probes.lab import Damage, Settings
from probes.lab.batches import stream
from probes.lab.text import IGNORED, TASKS, samples
from probes.lab.weights import prepared
from probes.report import to_json

BATCHES = 40


def probed(settings: Settings, damage: Damage, folder: Path) -> None:
    """Writes what a user would hand in: the checkpoint, the report of `headroom`, the tokenized data set.

    The lab lends a small model a large one's activations by scaling weights up and down again; the checkpoint
    is the one without that.
    """
    learnt = [TASKS[settings.task](sample) for sample in samples()]
    first = next(stream(learnt, 8, 10_007, "right"))
    model = prepared(settings.but(headroom=None, quantized=False, lora_rank=0), first)
    damage.weights(model, settings)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")

    model = prepared(settings, first)
    damage.weights(model, settings)
    model.compute_in("float32", False, "sdpa")
    training = headroom.PURE if settings.weights == "float16" else headroom.MIXED
    found = headroom.report(headroom.measure(model, (first.tokens, first.bias)), "headroom.json", training)
    (folder / "headroom.json").write_text(json.dumps(to_json(found)))

    batches = stream(
        damage.text(learnt), settings.batch, settings.seed, settings.padding, settings.max_length
    )
    with (folder / "train.jsonl").open("w") as file:
        for batch in islice((damage.batch(batch, 1) for batch in batches), BATCHES):
            for tokens, labels in zip(batch.tokens.tolist(), batch.labels.tolist(), strict=True):
                row = {"input_ids": tokens, "labels": [IGNORED if one < 0 else one for one in labels]}
                file.write(json.dumps(row) + "\n")
