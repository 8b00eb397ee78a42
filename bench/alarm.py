"""Row 9: a villager whistles, and the phones of those on duty ring: from his tap to their screens, each whistle to 33 of them.

Urgent whistles of households without a keeper go to the village's office, in which 33 people sit; each is told by SMS.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import requests

from app.domains.areas.models import Area, Household, Person
from app.domains.identity.models import Account, RoleGrant, SignIn
from app.kernel.access import SYSTEM
from app.kernel.crypto import random_token, token_hash
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from app.kernel.values import uuid7
from bench import stage
from bench.house import House, Town
from bench.report import Row, at_most
from bench.run import Run

_PATHS = {"419001/": "county", "419001/101/": "town", "419001/101/203/": "village"}
_VILLAGE, _OFFICE, _ON_DUTY, _VILLAGERS = "419001/101/203/", "clerk", 33, 100
_RATES = (1, 10, 50)  # whistles a second
_PATIENCE = 180.0
_TAPPERS = 8


class Village(NamedTuple):
    """Where villagers tap, who they are, and the numbers of those on duty."""

    town: Town
    url: str
    tokens: Sequence[str]
    numbers: Sequence[str]


class Ring(NamedTuple):
    """How long the alerts of one round took, in seconds from the tap, shortest first; and how many never came."""

    seconds: Sequence[float]
    lost: int

    def at(self, share: float) -> float:
        """The percentile."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))]


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row."""
    town = open_house().empty("alarm")
    with ExitStack() as processes:
        runtime = processes.enter_context(town.runtime())
        tokens, numbers = _fill(runtime)
        processes.enter_context(town.sandbox())
        _ask(town, "phones", {"phones": [{"number": n, "name": "值守", "shown": False} for n in numbers]})
        server = processes.enter_context(town.api())
        log = run.folder / "alarm-push.log"
        processes.enter_context(stage.running([sys.executable, "-m", "bot", "push"], log=log, env=town.env))
        _wait_for(log)
        village = Village(town, f"http://127.0.0.1:{server.port}/api/v1/cases", tokens, numbers)
        found = {rate: _round(run, village, rate=rate) for rate in _RATES}
    return _row(found)


def _row(found: dict[int, Ring]) -> Row:
    row = Row(9, "alarm", f"from the villager's tap to {_ON_DUTY} phones, 1 push worker, 2 × 4 web threads")
    for rate, ring in found.items():
        row.add(f"{rate} whistles a second: p50", ring.at(0.5), "s", at_most(1))
        row.add("  p99", ring.at(0.99), "s", at_most(5))
        row.add("  alerts", len(ring.seconds), "")
        row.add("  never came", ring.lost, "", at_most(0))
    return row


def _round(run: Run, village: Village, *, rate: int) -> Ring:
    """So many whistles a second for two seconds; then the phones are read."""
    count = rate * 2
    tapped = _tap(village, count=count, rate=rate)
    wanted, deadline = count * len(village.numbers), time.monotonic() + _PATIENCE
    while len(rung := _rung(village, tapped)) < wanted and time.monotonic() < deadline:
        time.sleep(1.0)
    ring = Ring(sorted(rung), wanted - len(rung))
    run.say(f"{rate}/s: {len(rung):,} alerts, p50 {ring.at(0.5):.2f} s, p99 {ring.at(0.99):.2f} s")
    return ring


def _wait_for(log: Path) -> None:
    """The worker has come up."""
    while " ready" not in log.read_text(encoding="utf-8"):
        time.sleep(0.1)
    time.sleep(0.5)


def _tap(village: Village, *, count: int, rate: int) -> dict[str, float]:
    """Villagers tap one after the other, at their moments; the moment of each tap by the number that he was told."""
    began, tapped = time.time() + 0.2, dict[str, float]()

    def tap(own: range) -> None:
        with requests.Session() as phone:
            for place in own:
                time.sleep(max(0.0, began + place / rate - time.time()))
                moment = time.time()
                body = {"id": str(_new_id()), "kind": "whistle", "category": "living", "form": {"text": "水管爆了"}}
                key = {"Authorization": f"Bearer {village.tokens[place % len(village.tokens)]}"}
                answer = phone.post(village.url, json=body, headers=key, timeout=60)
                answer.raise_for_status()
                tapped[answer.json()["number"]] = moment

    crowd = [threading.Thread(target=tap, args=(range(n, count, _TAPPERS),)) for n in range(_TAPPERS)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(tapped) == count, "a villager was not answered"
    return tapped


def _rung(village: Village, tapped: dict[str, float]) -> list[float]:
    """How long after its tap each alert lay on a screen."""
    found = []
    for number in village.numbers:
        for item in _ask(village.town, f"phones/{number}/messages")["messages"]:
            told = next((case for case in tapped if f"编号{case}，" in item["text"]), None)
            if told is not None:
                found.append(item["at"] - tapped[told])
    return found


def _ask(town: Town, path: str, body: dict[str, Any] | None = None) -> Any:
    url = f"http://127.0.0.1:{town.sandbox_port}/__ctl/{path}"
    answer = requests.get(url, timeout=30) if body is None else requests.post(url, json=body, timeout=30)
    answer.raise_for_status()
    return answer.json()


def _new_id() -> UUID:
    return uuid7(datetime.now(UTC))


def _fill(runtime: Runtime) -> tuple[list[str], list[str]]:
    """A village with an office full of people, and villagers who are signed in; their tokens, and the office's numbers."""
    with transaction(runtime, SYSTEM) as tx:
        for path, level in _PATHS.items():
            code = path.replace("/", "").ljust(12, "0")
            parent = next((above for above in reversed(_PATHS) if path != above and path.startswith(above)), None)
            row = {"path": path, "code": code, "name": "示例", "level": level, "parent_path": parent}
            tx.add(Area, **row, is_local=False, closed_on=None)
            tx.flush()
        numbers = [f"199{n:08d}" for n in range(1, _ON_DUTY + 1)]
        for number in numbers:
            person = _person(tx, number)
            since = tx.now - timedelta(days=1)
            tx.add(RoleGrant, id=tx.new_id(), person_id=person, role=_OFFICE, area_path=_VILLAGE, since=since)
        tokens = [_villager(tx, place) for place in range(_VILLAGERS)]
    return tokens, numbers


def _villager(tx: Tx, place: int) -> str:
    home, account, token = tx.new_id(), tx.new_id(), random_token(43)
    tx.add(
        Household, id=home, area_path=_VILLAGE, number=f"{place:04d}", group_name="一组", flags=[], state="active",
        created_at=tx.now,
    )  # fmt: skip
    person = _person(tx, None, household_id=home)
    tx.add(Account, id=account, kind="wechat", person_id=person, state="active", created_at=tx.now)
    until = tx.now + timedelta(days=1)
    tx.add(SignIn, token_hash=token_hash(token), account_id=account, created_at=tx.now, expires_at=until)
    return token


def _person(tx: Tx, phone: str | None, *, household_id: UUID | None = None) -> UUID:
    person_id, vault = tx.new_id(), tx.vault
    tx.add(
        Person,
        id=person_id,
        household_id=household_id,
        area_path=_VILLAGE,
        name_sealed=vault.seal(f"areas_person.name:{person_id}", "段永平"),
        name_index=vault.index("areas_person.name", "段永平"),
        phone_sealed=vault.seal(f"areas_person.phone:{person_id}", phone) if phone else None,
        phone_index=vault.index("areas_person.phone", phone) if phone else None,
        state="active",
        created_at=tx.now,
    )
    return person_id
