"""The form of a fault of the lab."""

from __future__ import annotations

import dataclasses
import typing

from probes.lab.damage import NONE, Damage
from probes.lab.settings import Settings


@dataclasses.dataclass(frozen=True)
class Fault:
    """A broken run: what is wrong with it, what must show, and what cures it.

    `cause` and `finer` are ids of the knowledge's causes. What a user wrote wrong stands in `settings`;
    `damage` is what no setting says, and `undone_by` are the fixes that take it away (a clean checkpoint,
    another kernel). The run must show one of `symptoms`, first within the steps `onset`. `fixes` are those
    that cure it; the others do not. `simulated`: software plays what hardware or several ranks do.
    `well` is the run without the fault, where that is not the usual one.
    """

    cause: str
    settings: Settings
    symptoms: tuple[str, ...]
    onset: tuple[int, int]
    fixes: tuple[str, ...]
    finer: str = ""
    damage: Damage = NONE
    undone_by: typing.Mapping[str, Damage] = dataclasses.field(default_factory=dict)
    simulated: bool = False
    well: Settings | None = None

    @property
    def healthy(self) -> Settings:
        """The run as it should have been: `well`, or the usual settings for the same task and steps."""
        usual = Settings(
            task=self.settings.task, steps=self.settings.steps, lora_rank=self.settings.lora_rank
        )
        if usual.lora_rank:
            usual = usual.but(learning_rate=3e-3)
        return self.well or usual
