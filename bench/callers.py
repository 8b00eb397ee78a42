"""Requests as phones send them, made before the clock runs: every one from another member, about a household of his."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import cycle

import orjson

from app.kernel.values import uuid7
from bench.house import Caller
from bench.load import get, post

_NOTE = "自来水压力小，早上上不来水，说好周末一起去看看管道"


def headers(caller: Caller, number: int) -> str:
    """Who he is, and from where the web server in front says that he comes."""
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return f"Authorization: Bearer {caller.token}\r\nX-Forwarded-For: {address}\r\n"


def visit_bodies(callers: Sequence[Caller]) -> Iterator[tuple[Caller, bytes]]:
    """One visit for every household, in an order that jumps from member to member, each under a fresh id."""
    doors = [(caller, home) for caller in callers for home in caller.household_ids]
    random.shuffle(doors)
    now = datetime.now(UTC)
    for caller, home in doors:
        body = {
            "id": uuid7(datetime.now(UTC)),
            "household_id": home,
            "visited_at": now,
            "kind": "door",
            "themes": ["livelihood"],
            "note": _NOTE,
            "problems": [],
        }
        yield caller, orjson.dumps(body)


def visits(callers: Sequence[Caller], path: str) -> list[bytes]:
    """One visit for every household, as requests."""
    numbers = {caller.token: number for number, caller in enumerate(callers)}
    return [post(path, body, headers(who, numbers[who.token])) for who, body in visit_bodies(callers)]


def looks(callers: Sequence[Caller], path: str) -> Iterator[bytes]:
    """The same question by one member after the other, without end."""
    return cycle([get(path, headers(caller, number)) for number, caller in enumerate(callers)])
