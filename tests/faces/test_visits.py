"""Visits over HTTP: one id, one visit, one answer; put right, noted, tapped; and seen by whoever may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.domains.audit.models import Entry
from app.domains.duties import actions
from app.domains.visits.models import Visit
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.conftest import MORNING
from tests.makers.duties import KIND, MONTH, state_of
from tests.makers.identity import bearer
from tests.makers.media import RECORDING, make_file
from tests.makers.visits import Door, Someone, make_door, make_keeper, make_villager, visit_body


@pytest.fixture
def door(runtime: Runtime) -> Door:
    return make_door(runtime)


def post(client: FlaskClient, who: Someone, path: str, body: dict[str, Any]) -> TestResponse:
    return client.post(f"/api/v1{path}", json=body, headers=bearer(who.token))


def get(client: FlaskClient, who: Someone, path: str) -> TestResponse:
    return client.get(f"/api/v1{path}", headers=bearer(who.token))


def said(**changes: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "made_at": MORNING.isoformat(), **changes}


def logged(client: FlaskClient, door: Door, **changes: Any) -> UUID:
    visit_id = uuid4()
    answer = post(client, door.keeper, "/visits", visit_body(door.household_id, visit_id, MORNING, **changes))
    assert answer.status_code == 201
    return visit_id


def test_a_visit_is_logged_with_a_receipt_and_fulfils_the_duty(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        actions.open_period(tx, KIND, MONTH)
    visit_id = uuid4()
    body = visit_body(None, visit_id, MORNING, door_code=door.code, share={"words": "灯修好了"})
    answer = post(client, door.keeper, "/visits", body)
    assert answer.status_code == 201
    assert answer.json == {
        "id": str(visit_id),
        "household_id": str(door.household_id),
        "visited_at": "2026-11-02T09:00:00+08:00",
        "proof": "scanned",
        "is_late": False,
        "is_counted": True,
        "post_state": "checking",
    }
    assert state_of(runtime, door.household_id) == "done"
    with reading(runtime) as db:
        assert db.scalars(select(Entry.action).where(Entry.subject_id == visit_id)).all() == ["visits.log"]


def test_the_same_id_again_gives_the_same_bytes_and_other_content_is_refused(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    body = visit_body(door.household_id, uuid4(), MORNING)
    first, again = (post(client, door.keeper, "/visits", body) for _ in range(2))
    assert (first.status_code, first.data) == (again.status_code, again.data)
    other = post(client, door.keeper, "/visits", {**body, "note": "别的"})
    assert (other.status_code, other.json and other.json["code"]) == (422, "same_id_other_content")
    with transaction(runtime, SYSTEM) as tx:
        thief = make_keeper(tx, "马会计")
    assert post(client, thief, "/visits", body).status_code == 422
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(Visit)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "飞去的"}, "kind"),
        ({"themes": ["gossip"]}, "themes.0"),
        ({"note": "长" * 2001}, "note"),
        ({"problems": ["长" * 41]}, "problems.0"),
        ({"visited_at": "2026-11-02T09:00:00"}, "visited_at"),
        ({"lat": 35.1}, None),
        ({"note": "a\u0000b"}, "note"),
        ({"door_code": "x"}, "door_code"),
        ({"share": {"words": ""}}, "share.words"),
    ],
)
def test_a_form_that_is_not_right_is_refused_by_the_name_of_its_field(
    client: FlaskClient, door: Door, changes: dict[str, Any], field: str | None
) -> None:
    body = visit_body(door.household_id, uuid4(), MORNING) | changes
    answer = post(client, door.keeper, "/visits", body)
    assert answer.status_code == 422
    assert answer.json
    assert answer.json["field"] == field


def test_a_foreign_household_and_one_that_does_not_exist_look_the_same(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    foreign = make_door(runtime)
    answers = [
        post(client, door.keeper, "/visits", visit_body(household_id, uuid4(), MORNING))
        for household_id in (foreign.household_id, uuid4())
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].data == answers[1].data


def test_a_villager_logs_no_visits(client: FlaskClient, runtime: Runtime, door: Door) -> None:
    with transaction(runtime, SYSTEM) as tx:
        villager = make_villager(tx, door.household_id)
    assert post(client, villager, "/visits", visit_body(door.household_id, uuid4(), MORNING)).status_code == 403


def test_a_visit_is_corrected_noted_tapped_and_voided_and_all_of_it_is_told(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    visit_id = logged(client, door)
    with transaction(runtime, SYSTEM) as tx:
        villager = make_villager(tx, door.household_id)
    steps = [
        (door.keeper, "correct", said(themes=["governance"], note="改成这样")),
        (door.keeper, "note", said(words="补一句")),
        (villager, "tap", said(says_yes=True)),
        (door.keeper, "void", said(reason="记错户了")),
    ]
    for who, step, body in steps:
        first, again = (post(client, who, f"/visits/{visit_id}/{step}", body) for _ in range(2))
        assert (first.status_code, first.data) == (201, again.data)
    seen = get(client, villager, f"/visits/{visit_id}").json
    assert seen
    assert (seen["note"], seen["state"], seen["proof"], seen["is_counted"]) == (
        "改成这样",
        "voided",
        "confirmed",
        False,
    )
    assert sorted(told["kind"] for told in seen["history"]) == ["correct", "note", "void"]
    assert next(told for told in seen["history"] if told["kind"] == "correct")["first_story"]["note"] == "路灯不亮"


def test_a_word_about_a_visit_that_is_not_there_waits(client: FlaskClient, door: Door) -> None:
    body = said(words="补一句")
    answer = post(client, door.keeper, f"/visits/{uuid4()}/note", body)
    assert (answer.status_code, answer.json) == (202, {"id": body["id"], "state": "waiting"})


def test_the_visits_of_a_household_are_read_page_by_page(client: FlaskClient, door: Door) -> None:
    for hours in range(31):
        at = MORNING - timedelta(hours=hours)
        assert post(client, door.keeper, "/visits", visit_body(door.household_id, uuid4(), at)).status_code == 201
    page = get(client, door.keeper, f"/households/{door.household_id}/visits").json
    assert page
    assert (len(page["visits"]), page["visits"][0]["visitor_name"]) == (30, "段永平")
    rest = get(client, door.keeper, f"/households/{door.household_id}/visits?after={page['next']}").json
    assert rest
    assert (len(rest["visits"]), rest["next"]) == (1, None)
    bad = get(client, door.keeper, f"/households/{door.household_id}/visits?after=zzz")
    assert bad.status_code == 422


def test_whoever_does_not_answer_for_a_household_finds_none_of_its_visits(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    visit_id = logged(client, door)
    with transaction(runtime, SYSTEM) as tx:
        other = make_keeper(tx, "马会计")
        neighbour = make_villager(tx, make_door(runtime).household_id, "赵四")
    for who in (other, neighbour):
        assert get(client, who, f"/visits/{visit_id}").status_code == 404
        assert get(client, who, f"/households/{door.household_id}/visits").status_code == 404


def test_pictures_and_recordings_are_told_apart_and_a_visitor_knows_how_long_he_may_put_right(
    client: FlaskClient, runtime: Runtime, door: Door, clock: MovableClock
) -> None:
    voice = uuid4()
    heard = client.post(f"/api/v1/media?id={voice}&kind=voice", data=RECORDING, headers=bearer(door.keeper.token))
    assert heard.status_code == 201
    picture, on_its_way = make_file(runtime, door.keeper.actor), uuid4()
    visit_id = logged(client, door, file_ids=[str(each) for each in (picture, voice, on_its_way)])
    with transaction(runtime, SYSTEM) as tx:
        villager = make_villager(tx, door.household_id, "王桂兰")
    mine, theirs = (get(client, who, f"/visits/{visit_id}").json or {} for who in (door.keeper, villager))
    assert (mine["file_ids"], mine["voice_ids"]) == ([str(picture), str(on_its_way)], [str(voice)])
    assert (mine["is_mine"], mine["correct_until"]) == (True, "2026-11-03T01:00:00Z")
    assert (theirs["is_mine"], theirs["correct_until"]) == (False, None)
    clock.set(MORNING + timedelta(hours=24), rate=0)
    late = get(client, door.keeper, f"/visits/{visit_id}").json or {}
    assert (late["is_mine"], late["correct_until"]) == (True, None)


def test_a_visit_that_is_void_cannot_be_put_right(client: FlaskClient, door: Door) -> None:
    visit_id = logged(client, door)
    assert post(client, door.keeper, f"/visits/{visit_id}/void", said(reason="记错了户")).status_code == 201
    told = get(client, door.keeper, f"/visits/{visit_id}").json or {}
    assert (told["state"], told["correct_until"]) == ("voided", None)
