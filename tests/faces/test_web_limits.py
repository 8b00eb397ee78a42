"""How often one caller may knock, with Redis away as well."""

from __future__ import annotations

from app.web.limits import Limiter, OwnWindow


def test_a_caller_may_knock_1200_times_a_minute_and_others_are_not_touched() -> None:
    window = OwnWindow()
    assert all(window.hit("a", now=60.0) for _ in range(1200))
    assert not window.hit("a", now=119.0)
    assert window.hit("b", now=119.0)
    assert window.hit("a", now=120.0)


def test_a_redis_that_is_away_costs_one_try_and_then_memory_counts() -> None:
    limiter = Limiter("redis://127.0.0.1:1/0")
    assert all(limiter.allows("a") for _ in range(1200))
    assert not limiter.allows("a")
