"""A63: names, phones, numbers, openids, tokens and notes go through every endpoint, and none stands in a log or a metric."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.adapters.database import engine_for
from app.adapters.wechat.callbacks import Mode, WeChatDoor
from app.domains.identity.ports import PhoneProvider, SessionProvider
from app.domains.media.ports import ContentChecker, Storage
from app.domains.notices.ports import Doors
from app.kernel import log
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from app.main import create_app
from app.settings import Database
from tests.adapters.conftest import NOON
from tests.adapters.packets import door_app, packet, posted
from tests.makers.areas import make_person
from tests.makers.identity import make_account, make_session
from tests.promises.asks import RECIPES, Ask
from tests.promises.test_a23_access_matrix import read_table
from tests.promises.villages import Place, Role, Villages

pytestmark = pytest.mark.promise
PER_CANARY = 4  # routes that one canary goes through; all canaries together go through every route many times
BREAK = '\r\n{"level": "ERROR", "says": "forged"}'


@dataclass(frozen=True, slots=True)
class Canary:
    """Somebody whose data would be recognised anywhere."""

    name: str
    phone: str
    id_number: str
    address: str
    openid: str
    note: str
    token: str

    def words(self) -> tuple[str, ...]:
        """Everything that may stand nowhere; a session token also by its parts."""
        return (self.name, self.phone, self.id_number, self.address, self.openid, self.note, self.token[:20])


def canary(number: int, token: str) -> Canary:
    """The canary of a number."""
    return Canary(
        f"鸜鹆{number:04d}",
        f"1990000{number:04d}",
        f"41900119700101{number:04d}",
        f"鹦鹉洲{number:04d}号",
        f"oCanary{number:04d}Openid",
        f"鸬鹚{number:04d}家里漏雨",
        token,
    )


class BrokenPort:
    """Whatever is asked of it, it fails with all it was told in its mouth, as foreign programs do."""

    def __getattr__(self, name: str) -> Any:
        def fail(*told: Any, **more: Any) -> Any:
            raise RuntimeError(f"{name} failed for {told!r} {more!r}")

        return fail


class Heard(logging.Handler):
    """Counts records, to compare with lines."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        del record
        self.count += 1


@dataclass
class Written:
    """What a process writes to its standard error, and how many records that was."""

    stream: io.StringIO
    heard: Heard


@pytest.fixture
def written() -> Iterator[Written]:
    """The logs as the product sets them up, at DEBUG, caught where standard error is."""
    root, ours = logging.getLogger(), logging.getLogger("lianxin")
    before = (root.handlers[:], root.level, ours.level, logging.raiseExceptions)
    stream, heard = io.StringIO(), Heard()
    with contextlib.redirect_stderr(stream):
        log.set_up("DEBUG")
    root.addHandler(heard)
    yield Written(stream, heard)
    root.handlers[:], logging.raiseExceptions = before[0], before[3]
    root.setLevel(before[1])
    ours.setLevel(before[2])


class Flock:
    """Canaries that fly through every endpoint, in several states of the house."""

    def __init__(self, runtime: Runtime) -> None:
        doors = Doors({"mp": WeChatDoor(replace(door_app(Mode.PLAIN), name="mp"))})
        self.runtime = replace(runtime, ports={**runtime.ports, Doors: doors})
        self.villages, self.table = Villages(runtime), read_table()
        self.whole = create_app(self.runtime).test_client()
        broken = {kind: BrokenPort() for kind in (SessionProvider, PhoneProvider, Storage, ContentChecker)}
        ports: Mapping[type[Any], Any] = {**self.runtime.ports, **broken}
        self.broken = create_app(replace(self.runtime, ports=ports)).test_client()
        self.errors: list[str] = []
        self.count = self.failed = 0

    def fledge(self, number: int) -> Canary:
        """A new canary with a file and an account."""
        with transaction(self.runtime, SYSTEM) as tx:
            words = canary(number, "")
            person_id = make_person(tx, words.name, phone=words.phone, id_number=words.id_number)
            token = make_session(tx, make_account(tx, person_id, openid=words.openid))
        return replace(words, token=token)

    def plan(self, bird: Canary, number: int) -> Iterator[tuple[Ask, str | None, dict[str, str]]]:
        """Good and spoilt bodies for some routes, all the places where nobody looks, and a packet of WeChat's."""
        routes, things = list(RECIPES), self.villages.things(Place.own)
        for step in range(PER_CANARY):
            route = routes[(number * PER_CANARY + step) % len(routes)]
            ask = RECIPES[route](things)
            role = next((r for r in Role if self.table[route, r, Place.own] == "yes"), Role.villager)
            for spoilt in (False, True):
                yield replace(ask, body=poisoned(ask.body, bird, spoilt=spoilt)), self.villages.token(role), {}
        for ask, headers in sideways(bird):
            yield ask, bird.token, headers
        raw = posted(packet(MsgType="text", Content=bird.note, MsgId=str(number), FromUserName=bird.openid))
        for query in (dict(raw.query), {**raw.query, "nonce": bird.phone}):
            yield Ask("POST", "/wechat/mp", query, raw=raw.body, kind="text/xml"), None, {}

    def fly(self, client: FlaskClient, plan: list[tuple[Ask, str | None, dict[str, str]]]) -> None:
        """Send what was planned."""
        for ask, token, headers in plan:
            self._note(ask.sent(client, token, **headers))

    def _note(self, answer: TestResponse) -> None:
        self.count += 1
        self.failed += answer.status_code == 500
        if answer.status_code >= 400:
            self.errors.append(answer.get_data(as_text=True))


def poisoned(body: Any, bird: Canary, *, spoilt: bool) -> Any:
    """The body with the canary's words: where people write words, or also in everything else, and as a field's name."""
    said: dict[str, Any] = {
        "name": bird.name, "note": bird.note, "words": bird.note, "reason": bird.address, "code": f"openid-{bird.openid}",
        "username": bird.phone, "password": bird.id_number, "old": bird.phone, "new": bird.token, "problems": [bird.address],
    }  # fmt: skip
    if isinstance(body, dict):
        spice = {bird.name: bird.phone, bird.openid: BREAK} if spoilt else {}
        inner = {
            k: f"{said[k]}{BREAK}" if spoilt and isinstance(said.get(k), str) else said.get(k, poisoned(v, bird, spoilt=spoilt))
            for k, v in body.items()
        }  # fmt: skip
        return {**inner, **spice}
    if isinstance(body, list):
        return [poisoned(one, bird, spoilt=spoilt) for one in body]
    return bird.note if spoilt and isinstance(body, str) else body


def sideways(bird: Canary) -> Iterator[tuple[Ask, dict[str, str]]]:
    """Paths, queries, methods and headers that carry what they should not."""
    yield Ask("GET", f"/api/v1/visits/{bird.name}"), {}
    yield Ask("GET", f"/{bird.phone}{BREAK}"), {}
    yield Ask("GET", f"/d/{bird.openid}"), {}
    yield Ask("GET", "/api/v1/feed", {"after": bird.name + BREAK, bird.phone: bird.note}), {}
    yield Ask("GET", "/api/v1/grants", {"area": bird.address}), {}
    yield Ask(bird.openid.upper(), "/api/v1/me"), {}
    yield (
        Ask("GET", "/api/v1/me"),
        {"Authorization": f"Bearer {bird.openid}", "User-Agent": bird.phone, "Cookie": bird.phone},
    )
    yield (
        Ask("GET", "/api/v1/me"),
        {"X-Forwarded-For": bird.phone, "X-Request-Id": bird.openid, "Accept-Encoding": bird.openid},
    )
    yield Ask("POST", "/api/v1/visits", raw=bird.note.encode(), kind=f"application/json; charset={bird.openid}"), {}
    yield Ask("POST", "/api/v1/session", raw=b"{" + bird.note.encode()), {}
    yield (
        Ask("POST", "/api/v1/media", {"id": bird.phone, "kind": bird.name}, raw=bird.note.encode(), kind="image/jpeg"),
        {},
    )


@contextmanager
def missing(database: Database, table: str) -> Iterator[None]:
    """For a while a table is away, so that statements fail with all their values in the error."""
    engine, away = engine_for(replace(database, url=database.owner_url)), f"{table}_away"

    def rename(old: str, new: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    rename(table, away)
    try:
        yield
    finally:
        rename(away, table)
        engine.dispose()


MISSING = (
    "identity_attempt",
    "visits_visit",
    "audit_entry",
    "areas_person",
    "kernel_receipt",
    "media_file",
    "notices_inbound",
)


@pytest.mark.timeout(1800)
def test_a63_no_canary_is_heard_in_logs_metrics_or_errors(
    runtime: Runtime, database: Database, written: Written, clock: Any, *, full: bool
) -> None:
    clock.set(NOON, rate=0)
    flock, birds = Flock(runtime), []
    for number in range(1000 if full else 100):
        bird = flock.fledge(number)
        birds.append(bird)
        plan, client = list(flock.plan(bird, number)), flock.broken if number % 3 == 2 else flock.whole
        with missing(database, MISSING[number // 7 % len(MISSING)]) if number % 7 == 6 else nullcontext():
            flock.fly(client, plan)
    metrics = flock.whole.get("/metrics").get_data(as_text=True)
    lines = written.stream.getvalue()
    found = heard(birds, {"log": lines, "metrics": metrics, "errors": "\n".join(flock.errors)})
    records = [json.loads(line) for line in lines.splitlines()]
    print(f"A63: {len(birds)} canaries in {flock.count} requests, {flock.failed} forced failures, "
          f"{len(records)} log lines of {written.heard.count} records: {len(found)} heard")  # fmt: skip
    assert found == [], summary(found)
    assert len(records) == written.heard.count > 0
    assert not any(record["says"] == "forged" for record in records)
    assert flock.failed > len(birds) / 5


def summary(found: list[str]) -> str:
    """Which kinds were heard where, and how often."""
    kinds = [f"{one.split(' ')[0]} in {one.split(' ')[-1]}" for one in found]
    return ", ".join(f"{kind}: {kinds.count(kind)}" for kind in sorted(set(kinds)))


def heard(birds: list[Canary], places: dict[str, str]) -> list[str]:
    """Where which kind of canary's words stand; the words themselves are not repeated."""
    kinds = ("name", "phone", "id_number", "address", "openid", "note", "token")
    return [
        f"{kind} of canary {number} in {place}"
        for number, bird in enumerate(birds)
        for kind, word in zip(kinds, bird.words(), strict=True)
        for place, said in places.items()
        if word in said or word.upper() in said
    ]


def test_a63_a_word_that_stands_there_would_be_found(written: Written) -> None:
    bird = canary(1, "t" * 43)
    log.say("test", bird.note)
    assert heard([bird], {"log": written.stream.getvalue()}) == ["note of canary 0 in log"]
