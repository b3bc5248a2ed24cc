import random

from probes.logs.wordings import Wordings


def test_every_wording_is_found_at_each_of_its_places_and_nowhere_else():
    chance = random.Random(0)
    wordings = [b"overflow", b"flow", b"zap", b"ee"]
    words = [*wordings, b"o", b"e", b" ", b"\n", b"z", b"w"]
    for _ in range(200):
        block = b"".join(chance.choice(words) for _ in range(100))
        start, end = sorted(chance.sample(range(10, len(block) - 10), 2))

        found = Wordings(wordings, sample=b"a" * 900 + b"e" * 90 + b"o w z").find(block, start, end)

        assert {wording: sorted(places) for wording, places in found.items()} == {
            wording: places
            for wording in wordings
            if (places := [at for at in range(start, end) if block.startswith(wording, at)])
        }
