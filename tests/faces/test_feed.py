"""The feed over HTTP: one's village and town, names masked outside, thirty at a time, and the cadre's hand on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, update
from werkzeug.test import TestResponse

from app.domains.visits.models import Post
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import media_worker
from miniprogram_api.feed import FeedShape
from tests.makers.areas import NEXT_VILLAGE
from tests.makers.identity import bearer
from tests.makers.visits import Door, Someone, a_share, make_cadre, make_door, make_villager, make_visit


@pytest.fixture
def door(runtime: Runtime) -> Door:
    return make_door(runtime)


@pytest.fixture
def villager(runtime: Runtime, door: Door) -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        return make_villager(tx, door.household_id)


def posted(runtime: Runtime, door: Door, count: int = 1, *, words: str = "灯修好了") -> Sequence[UUID]:
    """Posts that have passed the check, the newest first."""
    ids = [make_visit(runtime, door, share=a_share(f"{words} {n}")).id for n in range(count)]
    while media_worker.work_once(runtime):
        pass
    with transaction(runtime, SYSTEM) as tx:
        for n, post_id in enumerate(ids):
            tx.db.execute(update(Post).where(Post.id == post_id).values(posted_at=tx.now - timedelta(minutes=n)))
    return ids


def get(client: FlaskClient, who: Someone, query: str = "", **headers: str) -> TestResponse:
    return client.get(f"/api/v1/feed{query}", headers={**bearer(who.token), **headers})


def feed(client: FlaskClient, who: Someone, query: str = "") -> dict[str, Any]:
    answer = get(client, who, query)
    assert answer.status_code == 200
    assert answer.json
    found: dict[str, Any] = answer.json
    return found


def test_a_page_holds_what_its_shape_says_and_nothing_else(
    client: FlaskClient, runtime: Runtime, door: Door, villager: Someone
) -> None:
    posted(runtime, door)

    page = feed(client, villager)

    shaped = FeedShape.model_validate(page).model_dump(mode="json")
    assert page.keys() == shaped.keys()
    assert [post.keys() for post in page["posts"]] == [post.keys() for post in shaped["posts"]] != []


def test_thirty_posts_come_at_a_time_the_newest_first(
    client: FlaskClient, runtime: Runtime, door: Door, villager: Someone
) -> None:
    ids = [str(each) for each in posted(runtime, door, 31)]
    first = feed(client, villager)
    rest = feed(client, villager, f"?after={first['next']}")
    assert [post["id"] for post in first["posts"] + rest["posts"]] == ids
    assert (len(first["posts"]), rest["next"]) == (30, None)


def test_a_village_sees_its_own_feed_and_its_town_with_names_of_others_masked(
    client: FlaskClient, runtime: Runtime, door: Door, villager: Someone
) -> None:
    posted(runtime, door)
    posted(runtime, make_door(runtime, path=NEXT_VILLAGE))
    posted(runtime, make_door(runtime, path="419001/102/201/"))
    near = feed(client, villager)["posts"]
    town = feed(client, villager, "?area=town")["posts"]
    assert [(post["author"], post["place"]) for post in near] == [("段永平", "山口村")]
    assert {(post["author"], post["place"]) for post in town} == {("段永平", "山口村"), ("段**", "白龙庙村")}
    assert "household_id" not in near[0]


def test_the_author_alone_sees_what_is_still_being_checked(
    client: FlaskClient, runtime: Runtime, door: Door, villager: Someone
) -> None:
    make_visit(runtime, door, share=a_share("还没看过"))
    mine = feed(client, door.keeper)
    assert [(post["words"], post["state"], post["is_mine"]) for post in mine["unseen"]] == [
        ("还没看过", "checking", True)
    ]
    assert (mine["posts"], feed(client, villager)["unseen"]) == ([], [])


def test_a_phone_that_asks_again_is_told_that_nothing_has_changed(
    client: FlaskClient, runtime: Runtime, door: Door, villager: Someone
) -> None:
    posted(runtime, door)
    tag = get(client, villager).headers["ETag"]
    again = get(client, villager, **{"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    posted(runtime, door)
    assert get(client, villager, **{"If-None-Match": tag}).status_code == 200


def test_a_page_takes_two_statements_and_who_asks_one(
    client: FlaskClient, runtime: Runtime, door: Door, villager: Someone
) -> None:
    posted(runtime, door, 3)
    said: list[str] = []
    event.listen(runtime.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    feed(client, villager)
    assert len(said) == 3


def test_a_cadre_of_the_place_takes_a_post_out_and_lets_it_be_shown_again(
    client: FlaskClient, runtime: Runtime, door: Door, villager: Someone
) -> None:
    (post_id,) = posted(runtime, door)
    with transaction(runtime, SYSTEM) as tx:
        cadre, foreign = make_cadre(tx), make_cadre(tx, "外村干部", path=NEXT_VILLAGE)

    def step(who: Someone, what: str) -> int:
        body = {"reason": "private"} if what == "hold" else None
        return client.post(f"/api/v1/feed/{post_id}/{what}", json=body, headers=bearer(who.token)).status_code

    assert [step(door.keeper, "hold"), step(foreign, "hold")] == [403, 404]
    assert [step(cadre, "hold"), step(cadre, "hold")] == [200, 200]
    assert feed(client, villager)["posts"] == []
    assert step(cadre, "release") == 200
    assert len(feed(client, villager)["posts"]) == 1


@pytest.mark.parametrize("query", ["?after=zzz", "?area=county", "?limit=9"])
def test_a_page_that_cannot_be_asked_for_is_refused(client: FlaskClient, villager: Someone, query: str) -> None:
    assert get(client, villager, query).status_code == 422
