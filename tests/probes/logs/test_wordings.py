import random

import pytest

from probes.logs import deepspeed, messages, wordings
from probes.logs.wordings import LEAST, Wordings

WORDS = [b"overflow detected", b"flow detected", b"eeeeeeeeeee", b"zap the loss scale to 1"]


@pytest.mark.parametrize("numpy", [True, False])
def test_every_wording_is_found_at_each_of_its_places_and_nowhere_else(monkeypatch, numpy):
    if not numpy:
        monkeypatch.setattr(wordings, "np", None)
    chance = random.Random(0)
    parts = [*WORDS, *(word[:-1] for word in WORDS), b"o", b"e", b" ", b"\n", b"z", b"w", b"detected"]
    margin = b" " * max(map(len, WORDS))
    for _ in range(200):
        block = margin + b"".join(chance.choice(parts) for _ in range(60)) + margin
        start, end = sorted(chance.sample(range(len(margin), len(block) - len(margin)), 2))

        known = Wordings(WORDS, sample=b"a" * 900 + b"e" * 90 + b"detected")
        parts_of_it = ((start, (start + end) // 2), ((start + end) // 2, end + known.longest))
        found = known.find(block, [known.looks(block, *part) for part in parts_of_it], start, end)

        assert {wording: sorted(places) for wording, places in found.items()} == {
            wording: places
            for wording in WORDS
            if (places := [at for at in range(start, end) if block.startswith(wording, at)])
        }


def test_what_is_looked_for_is_long_enough():
    known = [wording for wording, _ in messages.WORDINGS] + list(deepspeed.WORDINGS)

    assert min(map(len, known)) >= LEAST
