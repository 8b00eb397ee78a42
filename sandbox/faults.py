"""Faults on order: which calls go wrong, how, how often; and how slow the sandbox answers."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

KINDS = (
    "errcode",  # refuse with this error number, nothing is accepted
    "timeout_after_accept",  # accept, then never answer
    "black_hole",  # accept nothing, never answer
    "http_502",  # a gateway's error page
    "html",  # an HTML page with status 200
    "truncated_json",  # accept, then send half of the answer
    "reset",  # break the connection before anything is accepted
    "reset_after_accept",  # accept, then break the connection
    "delay_ms",  # accept and answer, but later
)
ACCEPTING = frozenset({"timeout_after_accept", "truncated_json", "reset_after_accept", "delay_ms"})
UNANSWERED = ACCEPTING - {"delay_ms"}
_ids = count(1)


@dataclass(slots=True)
class Fault:
    """One rule of the plan; the path may end in `*`."""

    path: str
    kind: str
    errcode: int = 0
    delay_ms: int = 0
    times: int | None = None
    probability: float = 1.0
    openid: str | None = None
    label: str = ""
    id: int = field(default_factory=lambda: next(_ids))
    hits: int = 0

    @classmethod
    def of(cls, told: dict[str, Any]) -> Fault:
        """A fault from JSON; the kind may be left out when an error number or a delay says it."""
        kind = told.get("kind") or ("errcode" if "errcode" in told else "delay_ms" if "delay_ms" in told else "")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of: {', '.join(KINDS)}")
        return cls(**{"path": "*", **told, "kind": kind})

    def meets(self, path: str, to: str) -> bool:
        """Whether this fault is about such a call and has turns left."""
        if self.times is not None and self.times <= 0:
            return False
        if self.openid is not None and self.openid != to:
            return False
        return path == self.path or (self.path.endswith("*") and path.startswith(self.path[:-1]))

    def as_dict(self) -> dict[str, Any]:
        """The fault as the control API shows it."""
        return asdict(self)


class FaultPlan:
    """The faults in force; the first that meets a call and wins its draw is played."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Put a fault into force."""
        self.faults.append(fault)
        return fault

    def draw(self, path: str, to: str) -> Fault | None:
        """The fault that this call shall have."""
        for fault in self.faults:
            if fault.meets(path, to) and random.random() < fault.probability:
                fault.hits += 1
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def clear(self, *, number: int | None = None, label: str | None = None) -> None:
        """Take one fault, all of a label, or all faults out of force."""
        if number is None and label is None:
            self.faults = []
        self.faults = [one for one in self.faults if one.id != number and (label is None or one.label != label)]


@dataclass(slots=True)
class Latency:
    """How long an answer takes: usually `p50_ms` give or take `jitter_ms`, now and then `tail_ms`, perhaps never."""

    p50_ms: float = 0.0
    jitter_ms: float = 0.0
    tail: float = 0.0  # the share of calls that take long
    tail_ms: tuple[float, float] = (3000.0, 8000.0)
    black_hole: float = 0.0  # the share of calls that are never answered

    def seconds(self) -> float | None:
        """How long this answer takes; None: it never comes."""
        if self.black_hole and random.random() < self.black_hole:
            return None
        if self.tail and random.random() < self.tail:
            return random.uniform(*self.tail_ms) / 1000
        jitter = random.uniform(-self.jitter_ms, self.jitter_ms) if self.jitter_ms else 0.0
        return max(0.0, self.p50_ms + jitter) / 1000

    def as_dict(self) -> dict[str, Any]:
        """The profile as the control API shows it."""
        return asdict(self)
