"""The breaker: five failures, then one probe in ten seconds."""

from __future__ import annotations

from datetime import timedelta

from app.adapters.wechat.breaker import Breaker
from tests.adapters.conftest import NOON


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(5):
        assert breaker.held_until(NOON) is None
        breaker.failed(NOON)
    return breaker


def test_five_failures_in_a_row_hold_calls_back() -> None:
    assert opened().held_until(NOON) == NOON + after(10)


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(NOON)
    breaker.succeeded()
    for _ in range(4):
        breaker.failed(NOON)
    assert not breaker.is_open


def test_one_probe_passes_every_ten_seconds() -> None:
    breaker = opened()
    passed = 0
    for second in range(60):
        moment = NOON + after(second)
        if breaker.held_until(moment) is None:
            passed += 1
            breaker.failed(moment)
    assert passed == 5


def test_only_one_of_many_that_ask_at_once_is_the_probe() -> None:
    breaker = opened()
    moment = NOON + after(10)
    assert [breaker.held_until(moment) is None for _ in range(32)].count(True) == 1


def test_a_probe_that_succeeds_lets_everything_out() -> None:
    breaker = opened()
    assert breaker.held_until(NOON + after(10)) is None
    breaker.succeeded()
    assert all(breaker.held_until(NOON + after(10)) is None for _ in range(32))
