"""The fault lab: a small language model is fine-tuned for a minute, and one thing about it is wrong.

Only a run needs torch; what there is to run, and the settings of it, do not.
"""

from __future__ import annotations

from probes.lab.damage import NONE, Damage
from probes.lab.faults import FAULTS
from probes.lab.fixes import FIXES, applied, possible
from probes.lab.settings import Settings, Trace

__all__ = ["FAULTS", "FIXES", "Damage", "Settings", "Trace", "applied", "possible", "run"]


def run(settings: Settings, damage: Damage = NONE) -> Trace:
    """Trains, and says what whynan's reader of logs sees. See probes.lab.loop."""
    from probes.lab import loop

    return loop.run(settings, damage)
