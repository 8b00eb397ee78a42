"""What the workers count, for whoever watches them from outside."""

from __future__ import annotations

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

pushes = Counter("lianxin_pushes_total", "Messages handed to a channel, by what came of it", ["channel", "outcome"])
push_seconds = Histogram("lianxin_push_seconds", "How long a channel took", ["channel"])
in_flight = Gauge("lianxin_pushes_in_flight", "Messages that are taken and not written down yet")
packets = Counter("lianxin_packets_total", "Packets that WeChat sent us, by what became of them", ["app", "outcome"])
inbound = Counter("lianxin_inbound_total", "Packets acted on, by event and outcome", ["event", "outcome"])
sweeps = Counter("lianxin_sweeps_total", "Runs of sweeps, by name and outcome", ["name", "outcome"])


def count_push(channel: str, outcome: str, *, seconds: float) -> None:
    """Count one message handed to a channel."""
    counter, histogram = _of_push(channel, outcome)
    counter.inc()
    histogram.observe(seconds)


@cache
def _of_push(channel: str, outcome: str) -> tuple[Counter, Histogram]:
    """Looking labels up by name for every message would cost more than counting."""
    return pushes.labels(channel, outcome), push_seconds.labels(channel)
