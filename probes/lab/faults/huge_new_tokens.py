"""Tokens were added with rows far larger than the others, and the template uses them in every sample."""

from __future__ import annotations

import dataclasses
import typing

from probes.lab.damage import NONE, Damage
from probes.lab.fault import Fault
from probes.lab.settings import Settings
from probes.lab.text import BEGIN, PAD, VOCABULARY

if typing.TYPE_CHECKING:
    from probes.lab.batches import Batch
    from probes.lab.model import Llama

NEW = PAD + 1


class Huge(Damage):
    """The begin mark is a new token, whose rows hold whatever lay in memory."""

    def weights(self, model: Llama, settings: Settings) -> None:
        """Rows two hundred times as large, in the embedding and in the head."""
        import torch

        generator = torch.Generator().manual_seed(settings.seed)
        for table in (model.embed.weight.data, model.lm_head.weight.data):
            rows = table[NEW:VOCABULARY]
            rows.normal_(0, 200 * float(table[:BEGIN].std()), generator=generator)

    def batch(self, batch: Batch, step: int) -> Batch:
        """The begin mark is the first new token."""
        return dataclasses.replace(batch, tokens=batch.tokens.masked_fill(batch.tokens == BEGIN, NEW))


FAULT = Fault(
    cause="untrained-tokens",
    settings=Settings(steps=60),
    symptoms=("too-high",),
    onset=(1, 3),
    fixes=("initialise-new-tokens",),
    damage=Huge(),
    undone_by={"initialise-new-tokens": NONE},
)
