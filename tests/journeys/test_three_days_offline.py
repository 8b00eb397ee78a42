"""Three days without signal: what the phone has written arrives in any order, twice, while processes die; all is there once."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.journeys.people import new_id, said
from tests.journeys.trouble import cut_off, insist
from tests.journeys.village import ZHAO, Village, zone_of
from tests.stack import Phone, Stack

ZONE, DAYS, VISITS = 15, 3, 40
DICE = random.Random(40)


@dataclass
class Queue:
    """What lies on the phone: items as they travel, and what each visit is about."""

    items: list[dict[str, Any]]
    households: list[str]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The items of one kind."""
        return [item for item in self.items if item["kind"] == kind]

    def batches(self, size: int) -> list[list[dict[str, Any]]]:
        """The whole queue in a new order, cut into batches."""
        mixed = DICE.sample(self.items, len(self.items))
        return [mixed[at : at + size] for at in range(0, len(mixed), size)]


@pytest.fixture(scope="module")
def queue(stack: Stack, village: Village) -> Queue:
    """Forty visits of three days, a note on some of them, one tap of a finger too many."""
    homes = [home["id"] for home in zone_of(village.call(ZHAO))]
    start = stack.clock.now()
    items = [
        _visit(stack, homes[n % ZONE], start + timedelta(days=n * DAYS // VISITS, minutes=n)) for n in range(VISITS)
    ]
    items += [_note(stack, visit) for visit in items[::8]]
    return Queue(items, homes)


def _visit(stack: Stack, household_id: str, at: datetime) -> dict[str, Any]:
    body = {"household_id": household_id, "visited_at": at.isoformat(), "kind": "door", "note": "都好，不缺什么"}
    return {"id": new_id(stack), "kind": "visit", "body": body}


def _note(stack: Stack, visit: dict[str, Any]) -> dict[str, Any]:
    body = {"visit_id": visit["id"], "made_at": visit["body"]["visited_at"], "words": "忘了写：灯泡已经换好"}
    return {"id": new_id(stack), "kind": "visit_note", "body": body}


def test_a_queue_of_three_days_arrives_whole_whatever_dies_on_the_way(
    stack: Stack, village: Village, queue: Queue
) -> None:
    stack.forward(days=DAYS - 1, hours=10)
    phone = village.call(ZHAO)
    first: dict[str, Any] = {}
    for n, batch in enumerate(queue.batches(8)):
        answer = _sent(phone, batch, is_cut_off=n % 2 == 0)
        assert [receipt["id"] for receipt in answer["receipts"]] == [item["id"] for item in batch]
        first |= {receipt["id"]: receipt for receipt in [*answer["receipts"], *answer["settled"]]}
    assert first.keys() == {item["id"] for item in queue.items}
    got = {i: receipt["answer"] for i, receipt in first.items() if receipt["label"] == "已收"}
    assert got.keys() >= {item["id"] for item in queue.of_kind("visit")}, "only a note may wait for its visit"

    again = [receipt for batch in queue.batches(23) for receipt in _sent(phone, batch)["receipts"]]
    assert {receipt["label"] for receipt in again} == {"已收"}
    assert all(receipt["answer"] == got.get(receipt["id"], receipt["answer"]) for receipt in again)
    assert said(phone.get("sync/waiting"))["items"] == []
    _are_all_there_once(phone, queue)


def _sent(phone: Phone, items: list[dict[str, Any]], *, is_cut_off: bool = False) -> dict[str, Any]:
    def send() -> Any:
        return phone.post("sync", {"items": items})

    return said(cut_off(phone.stack, send, also=("worker",)) if is_cut_off else insist(send))


def _are_all_there_once(phone: Phone, queue: Queue) -> None:
    kept = [v for home in queue.households for v in said(phone.get(f"households/{home}/visits"))["visits"]]
    sent = {item["id"]: item["body"] for item in queue.of_kind("visit")}
    assert Counter(visit["id"] for visit in kept) == Counter(sent.keys())
    today = max(visit["visited_at"][:10] for visit in kept)
    assert {v["id"] for v in kept if v["is_late"]} == {v["id"] for v in kept if v["visited_at"][:10] < today}
    counted = Counter((v["household_id"], v["visited_at"][:10]) for v in kept if v["is_counted"])
    assert set(counted.values()) == {1}
    assert counted.keys() == {(v["household_id"], v["visited_at"][:10]) for v in kept}
    month = said(phone.get("duties/month"))
    assert (month["done"], month["owed"]) == (ZONE, 0)
    for note in queue.of_kind("visit_note"):
        history = said(phone.get(f"visits/{note['body']['visit_id']}"))["history"]
        assert [told["words"] for told in history] == [note["body"]["words"]]


def test_a_note_waits_for_its_visit_and_is_settled_when_it_comes(stack: Stack, village: Village, queue: Queue) -> None:
    phone = village.call(ZHAO)
    visit = _visit(stack, queue.households[0], stack.clock.now())
    note = _note(stack, visit)
    early = _sent(phone, [note])["receipts"][0]
    assert (early["label"], early["answer"]) == ("等待", None)
    assert [item["label"] for item in said(phone.get("sync/waiting"))["items"]] == ["等待"]
    both = _sent(phone, [visit, note])
    assert {receipt["label"] for receipt in both["receipts"]} == {"已收"}
    assert said(phone.get("sync/waiting"))["items"] == []


def test_what_can_never_be_done_is_a_conflict_and_harms_nothing_else(
    stack: Stack, village: Village, queue: Queue
) -> None:
    phone = village.call(ZHAO)
    strange = _visit(stack, new_id(stack), stack.clock.now())
    changed = {**queue.of_kind("visit")[0], "body": {**queue.of_kind("visit")[0]["body"], "note": "改了口"}}
    too_old = _visit(stack, queue.households[1], stack.clock.now() - timedelta(days=30))
    fine = _visit(stack, queue.households[1], stack.clock.now())
    receipts = _sent(phone, [strange, changed, {"id": "x"}, too_old, fine])["receipts"]
    assert [receipt["label"] for receipt in receipts] == ["冲突", "冲突", "冲突", "冲突", "已收"]
    assert receipts[1]["code"] == "same_id_other_content"
    assert receipts[3]["code"] == "visits.too_old"
    assert all(receipt["message"] for receipt in receipts[:4])
