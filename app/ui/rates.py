"""How often one client may do what costs something: so much at once, and so much again with time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

MOST_CLIENTS = 10_000  # the longest unseen are forgotten, so that memory stays bounded


@dataclass
class Rate:
    """`burst` at once, and one more each `seconds`; of each client on its own (a token bucket)."""

    burst: int
    seconds: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # (tokens, when)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, client: str) -> float:
        """0.0 and counts, where `client` may go on; else the seconds until it may."""
        now = time.monotonic()
        with self._lock:
            tokens, when = self._left.pop(client, (float(self.burst), now))
            tokens = min(float(self.burst), tokens + (now - when) / self.seconds)
            allowed = tokens >= 1
            self._left[client] = (tokens - 1 if allowed else tokens, now)
            if len(self._left) > MOST_CLIENTS:
                self._left.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) * self.seconds


SAVING = Rate(burst=20, seconds=30)  # short links and outcomes: a person makes a few, a script thousands
DIAGNOSING = Rate(burst=60, seconds=1)  # through the JSON interface
