"""A phone's queue over HTTP: one receipt an item, what waits stays visible, what is unreadable harms nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.domains.areas import actions as areas
from app.domains.identity import actions as identity
from app.domains.visits.models import Tap, Visit
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.receipts import Parked, forget_answers
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.conftest import MORNING
from tests.makers.identity import bearer
from tests.makers.visits import Door, Someone, make_door, make_villager, visit_body


@pytest.fixture
def door(runtime: Runtime) -> Door:
    return make_door(runtime)


def visit(door: Door, item_id: UUID | None = None, *, hours: int = 0, **changes: Any) -> dict[str, Any]:
    item_id = item_id or uuid4()
    body = visit_body(door.household_id, item_id, MORNING - timedelta(hours=hours), **changes)
    return {"id": str(item_id), "kind": "visit", "body": body}


def note(visit_id: object, words: str = "补一句", **outer: Any) -> dict[str, Any]:
    body = {"visit_id": str(visit_id), "made_at": MORNING.isoformat(), "words": words}
    return {"id": str(uuid4()), "kind": "visit_note", "body": body, **outer}


def sync(client: FlaskClient, who: Someone, *items: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/sync", json={"items": list(items)}, headers=bearer(who.token))
    assert answer.status_code == 200, answer.data
    assert answer.json
    found: dict[str, Any] = answer.json
    return found


def states(answer: dict[str, Any]) -> list[str]:
    return [receipt["state"] for receipt in answer["receipts"]]


def waiting(client: FlaskClient, who: Someone) -> list[tuple[str, str]]:
    answer = client.get("/api/v1/sync/waiting", headers=bearer(who.token)).json
    assert answer
    return [(item["id"], item["state"]) for item in answer["items"]]


def test_forty_visits_of_three_days_come_in_any_order_twice_and_are_there_once(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    items = [visit(door, hours=hours) for hours in range(40)]
    first = sync(client, door.keeper, *items[25:], *items[:10])
    again = sync(client, door.keeper, *items[::-1])
    assert set(states(first) + states(again)) == {"received"}
    by_id = {receipt["id"]: receipt["answer"] for receipt in first["receipts"]}
    for receipt in again["receipts"]:
        if receipt["id"] in by_id:
            assert receipt["answer"]["id"] == by_id[receipt["id"]]["id"]
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(Visit)) == 40


def test_a_child_before_its_parent_is_done_in_the_same_batch(client: FlaskClient, door: Door) -> None:
    parent = visit(door)
    child = note(parent["id"])
    answer = sync(client, door.keeper, child, parent)
    assert states(answer) == ["received", "received"]
    assert waiting(client, door.keeper) == []


def test_an_item_whose_parent_has_not_come_waits_visibly_and_is_done_when_it_comes(
    client: FlaskClient, door: Door
) -> None:
    parent = visit(door)
    child = note(parent["id"])
    for _ in range(2):
        assert states(sync(client, door.keeper, child)) == ["waiting"]
    assert waiting(client, door.keeper) == [(child["id"], "waiting")]
    arrived = sync(client, door.keeper, parent)
    assert states(arrived) == ["received"]
    assert [(one["id"], one["label"]) for one in arrived["settled"]] == [(child["id"], "已收")]
    assert waiting(client, door.keeper) == []
    assert states(sync(client, door.keeper, child)) == ["received"]


def test_an_item_that_waits_is_done_at_once_when_its_parent_comes_by_the_single_route(
    client: FlaskClient, door: Door
) -> None:
    parent = visit(door)
    child = note(parent["id"])
    grandchild = note(parent["id"], depends_on=child["id"])
    assert states(sync(client, door.keeper, grandchild, child)) == ["waiting", "waiting"]
    body = {**parent["body"], "id": parent["id"]}
    assert client.post("/api/v1/visits", json=body, headers=bearer(door.keeper.token)).status_code == 201
    assert waiting(client, door.keeper) == []


@pytest.mark.parametrize("by_sync", [True, False])
def test_a_villagers_tap_that_waits_for_the_members_visit_is_done_when_that_comes(
    client: FlaskClient, runtime: Runtime, door: Door, *, by_sync: bool
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        villager = make_villager(tx, door.household_id)
    parent = visit(door)
    body = {"visit_id": parent["id"], "made_at": MORNING.isoformat(), "says_yes": True}
    tap = {"id": str(uuid4()), "kind": "visit_tap", "body": body}
    assert states(sync(client, villager, tap)) == ["waiting"]
    if by_sync:
        assert sync(client, door.keeper, parent)["settled"] == []  # it is not his, he is not told
    else:
        client.post("/api/v1/visits", json={**parent["body"], "id": parent["id"]}, headers=bearer(door.keeper.token))
    assert waiting(client, villager) == []
    with reading(runtime) as db:
        assert db.get_one(Tap, UUID(parent["id"])).says_yes


def test_what_waits_of_somebody_who_closed_his_account_is_never_done(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        villager = make_villager(tx, door.household_id)
    parent = visit(door)
    body = {"visit_id": parent["id"], "made_at": MORNING.isoformat(), "says_yes": True}
    sync(client, villager, {"id": str(uuid4()), "kind": "visit_tap", "body": body})
    with transaction(runtime, villager.actor) as tx:
        identity.close_account(tx)
    sync(client, door.keeper, parent)
    with reading(runtime) as db:
        assert db.get(Tap, UUID(parent["id"])) is None


def test_after_72_hours_an_item_that_comes_again_is_answered_as_it_stands_now(
    client: FlaskClient, runtime: Runtime, door: Door, clock: MovableClock
) -> None:
    parent = visit(door)
    child = note(parent["id"])
    first = sync(client, door.keeper, parent, child)["receipts"]
    body = {"id": str(uuid4()), "made_at": MORNING.isoformat(), "reason": "记错户了"}
    client.post(f"/api/v1/visits/{parent['id']}/void", json=body, headers=bearer(door.keeper.token))
    clock.set(clock.now() + timedelta(hours=73), rate=0)
    with transaction(runtime, SYSTEM) as tx:
        assert forget_answers(tx) == 3
    again = sync(client, door.keeper, parent, child)["receipts"]
    assert first[0]["answer"]["is_counted"] is True
    now = {**first[0]["answer"], "is_counted": False, "visited_at": "2026-11-02T01:00:00Z"}
    assert again[0]["answer"] == now
    assert again[1]["answer"] == {**first[1]["answer"], "visit_state": "voided"}


def test_after_72_hours_who_has_lost_sight_of_the_household_is_told_no_more_than_the_id(
    client: FlaskClient, runtime: Runtime, door: Door, clock: MovableClock
) -> None:
    item = visit(door)
    sync(client, door.keeper, item)
    with transaction(runtime, SYSTEM) as tx:
        areas.release_zone(tx, keeper_id=door.keeper.person_id, reason="换人")
    clock.set(clock.now() + timedelta(hours=73), rate=0)
    with transaction(runtime, SYSTEM) as tx:
        forget_answers(tx)
    assert sync(client, door.keeper, item)["receipts"][0]["answer"] == {"id": item["id"]}


def test_what_depends_on_another_item_waits_for_it_through_a_whole_chain(client: FlaskClient, door: Door) -> None:
    first, second, third = visit(door, hours=2), visit(door, hours=1), visit(door)
    second["depends_on"], third["depends_on"] = first["id"], second["id"]
    assert states(sync(client, door.keeper, third, second)) == ["waiting", "waiting"]
    answer = sync(client, door.keeper, first)
    assert {one["id"]: one["state"] for one in answer["settled"]} == {
        second["id"]: "received",
        third["id"]: "received",
    }


def test_after_five_days_a_waiting_item_is_a_conflict_that_stays_visible(
    client: FlaskClient, door: Door, clock: MovableClock
) -> None:
    parent = visit(door)
    child = note(parent["id"])
    sync(client, door.keeper, child)
    clock.set(clock.now() + timedelta(days=5), rate=0)
    assert waiting(client, door.keeper) == [(child["id"], "conflict")]
    answer = sync(client, door.keeper, parent)
    assert (states(answer), answer["settled"]) == (["received"], [])
    assert waiting(client, door.keeper) == [(child["id"], "conflict")]


def test_what_is_refused_after_waiting_stays_visible_with_its_reason(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    foreign = make_door(runtime)
    parent, child = visit(door), visit(foreign)
    child["depends_on"] = parent["id"]
    sync(client, door.keeper, child)
    answer = sync(client, door.keeper, parent)
    assert [(one["state"], one["code"]) for one in answer["settled"]] == [("conflict", "areas.household_not_found")]
    assert waiting(client, door.keeper) == [(child["id"], "conflict")]


def test_unreadable_items_are_refused_one_by_one_and_the_others_are_received(client: FlaskClient, door: Door) -> None:
    good = visit(door)
    bad: list[Any] = [
        None,
        7,
        [],
        {},
        {"id": "x", "kind": "visit", "body": {}},
        {"id": str(uuid4()), "kind": "teleport", "body": {}},
        {"id": str(uuid4()), "kind": "visit", "body": {"note": "a\u0000"}},
        {"id": str(uuid4()), "kind": "visit_note", "body": {"words": "无主", "made_at": MORNING.isoformat()}},
        {**visit(door), "id": str(uuid4())},
        {**visit(door), "extra": 1},
        visit(door, note=["not", "text"]),
    ]
    answer = sync(client, door.keeper, *bad, good)
    assert states(answer) == ["conflict"] * len(bad) + ["received"]
    assert {receipt["code"] for receipt in answer["receipts"][:-1]} == {"sync.unreadable"}
    assert "无主" not in str(answer)


def test_one_id_with_two_contents_is_a_conflict_also_while_it_waits(client: FlaskClient, door: Door) -> None:
    item = visit(door)
    other = {**item, "body": {**item["body"], "note": "别的"}}
    answer = sync(client, door.keeper, item, other)
    assert [(r["state"], r["code"]) for r in answer["receipts"]] == [
        ("received", None),
        ("conflict", "same_id_other_content"),
    ]
    child = note(uuid4())
    changed = {**child, "body": {**child["body"], "words": "别的"}}
    assert states(sync(client, door.keeper, child, changed)) == ["waiting", "conflict"]


def test_too_many_or_too_large_changes_nothing(client: FlaskClient, runtime: Runtime, door: Door) -> None:
    many = client.post(
        "/api/v1/sync", json={"items": [visit(door, hours=n) for n in range(51)]}, headers=bearer(door.keeper.token)
    )
    assert (many.status_code, many.json and many.json["code"]) == (422, "sync.too_many_items")
    large = client.post(
        "/api/v1/sync",
        json={"items": [visit(door), {"padding": "x" * 257 * 1024}]},
        headers=bearer(door.keeper.token),
    )
    assert large.status_code == 413
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(Visit)) == 0


def test_the_single_route_and_the_queue_give_one_receipt_for_one_item(client: FlaskClient, door: Door) -> None:
    item = visit(door)
    single = client.post("/api/v1/visits", json=item["body"], headers=bearer(door.keeper.token))
    assert single.status_code == 201
    queued = sync(client, door.keeper, item)
    assert queued["receipts"][0]["answer"] == single.json


def test_what_waits_is_sealed_and_nobody_elses(client: FlaskClient, runtime: Runtime, door: Door) -> None:
    child = note(uuid4(), "夜里怕黑")
    sync(client, door.keeper, child)
    other = make_door(runtime).keeper
    assert waiting(client, other) == []
    assert states(sync(client, other, child)) == ["conflict"]
    with reading(runtime) as db:
        assert "夜里怕黑".encode() not in db.scalars(select(Parked.body_sealed)).one()
