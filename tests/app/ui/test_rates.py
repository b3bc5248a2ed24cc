from __future__ import annotations

import pytest

from app.ui import rates
from app.ui.rates import Rate


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(rates.time, "monotonic", lambda: now[0])
    return now


def test_a_burst_is_let_through_and_then_one_each_interval(clock):
    rate = Rate(burst=3, seconds=10)

    assert [rate.wait("a") for _ in range(4)] == [0, 0, 0, 10]
    clock[0] += 4
    assert rate.wait("a") == pytest.approx(6)
    clock[0] += 6
    assert [rate.wait("a"), rate.wait("a")] == [0, pytest.approx(10)]


def test_clients_do_not_wait_for_each_other(clock):
    rate = Rate(burst=1, seconds=10)

    assert [rate.wait("a"), rate.wait("b"), rate.wait("a")] == [0, 0, 10]


def test_what_is_remembered_is_bounded(clock, monkeypatch):
    monkeypatch.setattr(rates, "MOST_CLIENTS", 5)
    rate = Rate(burst=1, seconds=10)
    for client in range(50):
        rate.wait(str(client))

    assert len(rate._left) == 5
