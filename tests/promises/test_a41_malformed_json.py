"""A41: bodies made to break a parser: never a server error, never slow, and nothing of them comes back."""

from __future__ import annotations

import gc
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from app.kernel.runtime import Runtime
from tests.promises.asks import RECIPES, Ask
from tests.promises.test_a23_access_matrix import read_table
from tests.promises.villages import Place, Role, Villages

pytestmark = pytest.mark.promise
MARK = "QzCanary41"  # stands in everything that is sent; it may stand in nothing that comes back
SLOWEST = 0.050  # seconds of work for one hostile body
MB = 1 << 20

FIXED: dict[str, bytes] = {
    "nothing": b"",
    "spaces": b"   ",
    "deep arrays": b"[" * 100_000,
    "deep arrays, closed": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"id":' * 30_000 + b"1" + b"}" * 30_000,
    "moderately deep": b'{"id":' + b"[" * 900 + b"]" * 900 + b"}",
    "not a number": b'{"id":NaN}',
    "infinity": b'{"id":-Infinity}',
    "huge exponent": b'{"id":1e999}',
    "huge integer": b'{"id":' + b"7" * 5_000 + b"}",
    "long fraction": b'{"id":0.' + b"7" * 5_000 + b"}",
    "half a character": b'{"id":"\\ud800"}',
    "halves in the wrong order": b'{"id":"\\udc00\\ud800"}',
    "zero character": b'{"id":"\\u0000"}',
    "zero byte": b'{"id":"a\x00b"}',
    "zero character as name": b'{"\\u0000":1}',
    "half a character as name": b'{"\\ud800":1}',
    "byte order mark": b'\xef\xbb\xbf{"id":1}',
    "utf-16": '{"id":1}'.encode("utf-16"),
    "utf-32": '{"id":1}'.encode("utf-32"),
    "gbk": '{"id":"汉"}'.encode("gbk"),
    "broken utf-8": b'{"id":"\xc3\x28"}',
    "names twice": b'{"id":1,"id":2,"id":"' + MARK.encode() + b'"}',
    "many names": b"{" + b",".join(b'"k%d":1' % n for n in range(15_000)) + b"}",
    "many values": b"[" + b"1," * 100_000 + b"1]",
    "one long text": b'{"id":"' + "汉".encode() * 95_000 + b'"}',
    "one long text of halves": b'{"name":"' + b"\\u202e" * 45_000 + b'"}',
    "many names in a name": b'{"choices":{' + b",".join(b'"k%d":1' % n for n in range(15_000)) + b"}}",
    "many items": b'{"items":[' + b'{"id":1},' * 30_000 + b"1]}",
    "cut": b'{"id":"' + MARK.encode(),
    "something after": b'{"id":1}{"id":2}',
    "python": b"{'id': 'x'}",
    "comment": b'{/* x */"id":1}',
    "trailing comma": b'{"id":1,}',
    "null": b"null",
    "true": b"true",
    "text": b'"' + MARK.encode() + b'"',
    "number": b"-0.0",
    "array": b'["' + MARK.encode() + b'"]',
    "array of an array": b"[[]]",
    "prototype": b'{"__proto__":{"x":1},"constructor":{"prototype":{}}}',
    "xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94\x8c\x06system\x94\x93\x94.",
    "above the limit": b'{"id":"' + b"x" * (400 * 1024) + b'"}',
}
HUGE = b'{"id":"' + b"x" * (10 * MB) + b'"}'
KINDS = [
    "application/json",
    "text/plain",
    "application/xml",
    "multipart/form-data",
    "application/json; charset=utf-16",
    "",
]
VALUES: list[Any] = [
    None, True, -1, 10**30, 1.5, "", " ", MARK, "\u0000", "\ud800", "\u202e" + MARK, "\u200b", "x" * 30_000, [], [[]], {}, {MARK: MARK},
    "00000000-0000-0000-0000-000000000000", "2026-11-02", "2026-02-30T25:61:00+08:00", "9999-12-31T23:59:59.999999+00:00",
    "0001-01-01T00:00:00+14:00", "1e999", "-9223372036854775809", "'; DROP TABLE areas_person; --", "{{7*7}}", "%s%n", "../../etc/passwd",
]  # fmt: skip
MOMENTS = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


class Attack:
    """Sends bodies as somebody who would get his way, and notes what goes wrong."""

    def __init__(self, villages: Villages, client: FlaskClient, *, slowest: float) -> None:
        self._villages, self._client, self._limit = villages, client, slowest
        self._table = read_table()
        self.count, self.slowest, self.wrong = 0, 0.0, list[str]()

    def routes(self) -> Iterator[tuple[str, Ask]]:
        """Every route that reads JSON, with a good request."""
        things = self._villages.things(Place.own)
        for route, recipe in RECIPES.items():
            ask = recipe(things)
            if ask.body is not None:
                yield route, ask

    def send(self, route: str, ask: Ask, *, what: str, headers: dict[str, str] | None = None) -> None:
        """Send one request and look at the answer."""
        role = next((r for r in Role if self._table[route, r, Place.own] == "yes"), Role.villager)
        token = self._villages.token(role)
        gc.disable()  # the tests' own heap is not what is measured
        began = time.thread_time()
        answer = ask.sent(self._client, token, **(headers or {}))
        took = time.thread_time() - began
        gc.enable()
        self.count, self.slowest = self.count + 1, max(self.slowest, took)
        if answer.status_code >= 500 or took > self._limit:
            self.wrong.append(f"{route}, {what}: {answer.status_code} in {took * 1000:.0f} ms")
        if answer.status_code >= 400 and MARK in answer.get_data(as_text=True):
            self.wrong.append(f"{route}, {what}: {answer.status_code} repeats what was sent")


@pytest.fixture
def attack(runtime: Runtime, client: FlaskClient, *, full: bool) -> Iterator[Attack]:
    """A warm application and somebody who means it harm; how long each may take is asked at full size only."""
    made = Attack(Villages(runtime), client, slowest=SLOWEST if full else math.inf)
    for route, ask in made.routes():
        made.send(route, ask, what="a good request")
    made.count, made.slowest, made.wrong = 0, 0.0, []
    yield made
    print(f"A41: {made.count} bodies, the slowest {made.slowest * 1000:.1f} ms of work, {len(made.wrong)} complaints")
    assert made.wrong == [], "\n".join(made.wrong)


def put_in(body: Any, value: Any) -> Iterator[Any]:
    """The body with the value in the place of each of its values, however deep."""
    if isinstance(body, dict):
        for key, inner in body.items():
            yield {**body, key: value}
            yield from ({**body, key: changed} for changed in put_in(inner, value))
        yield {**body, MARK: value}
    if isinstance(body, list):
        for place, inner in enumerate(body):
            yield from ([*body[:place], changed, *body[place + 1 :]] for changed in put_in(inner, value))


def raw(ask: Ask, body: Any) -> Ask:
    """The request with a body in Python's JSON: it writes NaN, and half characters as escapes."""
    return replace(ask, body=None, raw=json.dumps(body).encode())


@pytest.mark.timeout(600)
def test_a41_no_malformed_body_breaks_a_route(attack: Attack) -> None:
    for route, ask in attack.routes():
        for what, body in FIXED.items():
            attack.send(route, replace(ask, body=None, raw=body), what=what)
        attack.send(route, replace(ask, body=None, raw=HUGE), what="10 MB")
        good = json.dumps(ask.body).encode()
        for kind in KINDS:
            attack.send(route, replace(ask, body=None, raw=good, kind=kind), what=f"as {kind!r}")
        for length in ("999999999999", "3", "0", "-1", "x"):
            attack.send(
                route,
                replace(ask, body=None, raw=good),
                what=f"said to be {length}",
                headers={"Content-Length": length},
            )


@pytest.mark.timeout(600)
def test_a41_no_value_in_no_place_of_a_body_breaks_a_route(attack: Attack, dice: random.Random, *, full: bool) -> None:
    for route, ask in attack.routes():
        for value in VALUES if full else [*MOMENTS, *dice.sample(VALUES, 5)]:
            for body in put_in(ask.body, value):
                attack.send(route, raw(ask, body), what=f"{json.dumps(value)[:40]}")


@pytest.mark.timeout(1800)
def test_a41_whatever_hypothesis_thinks_of_breaks_no_route(attack: Attack, dice: random.Random, *, full: bool) -> None:
    for route, ask in attack.routes():

        @seed(dice.randrange(1 << 30))
        @settings(
            max_examples=120 if full else 8,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(ANYTHING, st.integers(min_value=0), st.just(route), st.just(ask))
        def send(value: Any, where: int, route: str, ask: Ask) -> None:
            bodies = [value, *put_in(ask.body, value)]
            attack.send(route, raw(ask, bodies[where % len(bodies)]), what="made up")

        send()
