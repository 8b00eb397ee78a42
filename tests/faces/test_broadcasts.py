"""Telling everybody over HTTP: what is offered, who would get it, one deed a client id, who has not read, reading it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import media_worker
from tests.makers.areas import NEXT_VILLAGE, VILLAGE, make_area, make_household
from tests.makers.identity import bearer
from tests.makers.visits import Someone, make_cadre, make_villager


@pytest.fixture
def cadre(runtime: Runtime) -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx, NEXT_VILLAGE)
        return make_cadre(tx)


@pytest.fixture
def villager(runtime: Runtime) -> Someone:
    """Somebody with a phone; the head of his household has only a number."""
    with transaction(runtime, SYSTEM) as tx:
        return make_villager(tx, make_household(tx, head="侯秀英", head_phone="13800000007"))


def get(client: FlaskClient, who: Someone, path: str) -> Any:
    answer = client.get(f"/api/v1{path}", headers=bearer(who.token))
    assert answer.status_code == 200, answer.text
    return answer.json


def post(client: FlaskClient, who: Someone, path: str, status: int = 201, **body: Any) -> Any:
    answer = client.post(f"/api/v1{path}", json=body, headers=bearer(who.token))
    assert answer.status_code == status, answer.text
    return answer.json


def a_body(**changes: Any) -> dict[str, Any]:
    body = {"id": str(uuid4()), "area_path": VILLAGE, "audience": "everybody", "words": "明天停水，今晚存一些"}
    return {**body, "is_urgent": False, **changes}


def sent(client: FlaskClient, runtime: Runtime, cadre: Someone) -> UUID:
    told = post(client, cadre, "/broadcasts", **a_body())
    while media_worker.work_once(runtime):
        pass
    return UUID(told["id"])


def test_one_is_offered_ones_own_places_and_told_how_many_would_get_it(
    client: FlaskClient, cadre: Someone, villager: Someone
) -> None:
    offer = get(client, cadre, "/broadcasts/offer")
    assert [place["path"] for place in offer["places"]] == [VILLAGE]
    assert [one["words"] for one in offer["audiences"]] == ["全体村民", "党员", "联户党员"]
    reach = get(client, cadre, f"/broadcasts/reach?area={VILLAGE}&audience=everybody")
    assert reach == {"people": 2, "reachable": 1, "unreachable": 1}
    assert client.get(f"/api/v1/broadcasts/reach?area={NEXT_VILLAGE}", headers=bearer(cadre.token)).status_code == 403
    assert client.get("/api/v1/broadcasts/offer", headers=bearer(villager.token)).status_code == 403


def test_a_town_may_write_to_one_of_its_villages(client: FlaskClient, runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx, VILLAGE)
        make_area(tx, NEXT_VILLAGE)
        boss = make_cadre(tx, "周敏", path="419001/101/", role="town_cadre")
    places = [place["path"] for place in get(client, boss, "/broadcasts/offer")["places"]]
    assert sorted(places) == ["419001/101/", VILLAGE, NEXT_VILLAGE]


@pytest.mark.usefixtures("villager")
def test_the_same_id_again_is_the_same_broadcast(client: FlaskClient, cadre: Someone) -> None:
    body = a_body()
    first, again = (post(client, cadre, "/broadcasts", **body) for _ in range(2))
    assert first == again
    assert len(get(client, cadre, "/broadcasts")["items"]) == 1


def test_who_has_not_read_is_listed_with_how_it_went_and_whether_one_may_call(
    client: FlaskClient, runtime: Runtime, cadre: Someone, villager: Someone
) -> None:
    broadcast_id = sent(client, runtime, cadre)
    post(client, villager, f"/told/{broadcast_id}/read", 200)
    one = get(client, cadre, f"/broadcasts/{broadcast_id}")
    assert (one["told"], one["read"], one["state"], one["may_remind"]) == (2, 1, "sent", True)
    unread = get(client, cadre, f"/broadcasts/{broadcast_id}/unread")["items"]
    assert [(u["name"], u["is_reachable"], u["may_call"], u["way"]) for u in unread] == [("侯**", True, True, "还在送")]
    assert "13800000007" not in str(unread)


@pytest.mark.usefixtures("villager")
def test_reminding_is_said_once_a_day(client: FlaskClient, runtime: Runtime, cadre: Someone) -> None:
    broadcast_id = sent(client, runtime, cadre)
    assert post(client, cadre, f"/broadcasts/{broadcast_id}/remind", id=str(uuid4())) == {"reminded": 2}
    refused = post(client, cadre, f"/broadcasts/{broadcast_id}/remind", 409, id=str(uuid4()))
    assert refused["code"] == "notices.reminded_today"
    assert get(client, cadre, f"/broadcasts/{broadcast_id}")["may_remind"] is False


def test_who_was_told_opens_it_from_the_inbox(
    client: FlaskClient, runtime: Runtime, cadre: Someone, villager: Someone
) -> None:
    broadcast_id = sent(client, runtime, cadre)
    (letter,) = get(client, villager, "/inbox")["items"]
    assert letter["page"] == f"pages/told/index?id={broadcast_id}"
    assert (letter["title"], letter["is_alarm"]) == ("山口村有通知", False)
    told = get(client, villager, f"/told/{broadcast_id}")
    assert (told["words"], told["author"], told["read_at"]) == ("明天停水，今晚存一些", "赵建国", None)
    assert client.get(f"/api/v1/told/{broadcast_id}", headers=bearer(cadre.token)).status_code == 404
