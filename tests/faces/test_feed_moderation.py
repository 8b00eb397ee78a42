"""Keeping the feed decent over HTTP, as it is lived: neighbours report, it is taken in, a cadre looks, and the author learns why."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import media_worker
from tests.makers.areas import NEXT_VILLAGE
from tests.makers.identity import bearer
from tests.makers.visits import Door, Someone, a_share, make_cadre, make_door, make_villager, make_visit


class People:
    """An author, a cadre of the place, one of the next village, and neighbours from different households."""

    def __init__(self, runtime: Runtime, client: FlaskClient) -> None:
        self.runtime, self.client = runtime, client
        self.door: Door = make_door(runtime)
        self.author = self.door.keeper
        self.neighbours = [self._villager(name) for name in ("王桂兰", "卢冬生", "尚春生", "段永安")]
        with transaction(runtime, SYSTEM) as tx:
            self.cadre = make_cadre(tx)
            self.foreign_cadre = make_cadre(tx, "孟德胜", path=NEXT_VILLAGE)

    def _villager(self, name: str) -> Someone:
        home = make_door(self.runtime)
        with transaction(self.runtime, SYSTEM) as tx:
            return make_villager(tx, home.household_id, name)

    def post(self) -> UUID:
        """A post that everybody in the village sees."""
        post_id = make_visit(self.runtime, self.door, share=a_share("三组的灯修好了")).id
        self.work()
        return post_id

    def work(self) -> None:
        """Let the content check answer."""
        while media_worker.work_once(self.runtime):
            pass

    def do(self, who: Someone, path: str, **body: Any) -> TestResponse:
        """A deed of one of them."""
        return self.client.post(f"/api/v1/feed/{path}", json=body, headers=bearer(who.token))

    def report(self, who: Someone, path: str, reason: str = "rude") -> TestResponse:
        """Say that something is not right."""
        return self.do(who, f"{path}/report", id=str(uuid4()), reason=reason)

    def read(self, who: Someone, path: str = "") -> dict[str, Any]:
        """What one of them sees."""
        return self.client.get(f"/api/v1/feed{path}", headers=bearer(who.token)).json or {}

    def sees(self, who: Someone, post_id: UUID) -> bool:
        """Whether the post is in somebody's feed."""
        return str(post_id) in {post["id"] for post in self.read(who)["posts"]}


@pytest.fixture
def people(runtime: Runtime, client: FlaskClient) -> People:
    return People(runtime, client)


def test_what_several_households_report_is_taken_in_and_a_cadre_lets_it_be_shown_again(people: People) -> None:
    post_id, most = people.post(), people.runtime.presets["feed"].reports_to_hold
    *early, last = people.neighbours[:most]
    for who in early:
        answer = people.report(who, str(post_id))
        assert (answer.status_code, answer.json and answer.json["message"]) == (
            201,
            "收到了，村里会看一眼。谁说的不会告诉别人。",
        )
    assert people.sees(people.neighbours[-1], post_id)
    people.report(last, str(post_id), reason="untrue")
    assert not people.sees(people.neighbours[-1], post_id)

    (waiting,) = people.read(people.cadre, "/held")["items"]
    assert (waiting["id"], waiting["kind"], waiting["state"], waiting["reports"]) == (
        str(post_id),
        "post",
        "held",
        most,
    )
    assert [(one["code"], one["count"]) for one in waiting["reasons"]] == [("rude", most - 1), ("untrue", 1)]
    assert not any(who.person_id and str(who.person_id) in str(waiting) for who in people.neighbours)

    released = people.do(people.cadre, f"{post_id}/release")
    assert released.json == {"id": str(post_id), "state": "shown"}
    assert people.read(people.cadre, "/held")["items"] == []
    assert people.sees(people.neighbours[-1], post_id)


def test_a_household_reports_once_however_many_of_it_do_and_however_often(people: People) -> None:
    post_id, who = people.post(), people.neighbours[0]
    for _ in range(people.runtime.presets["feed"].reports_to_hold + 1):
        assert people.report(who, str(post_id)).status_code == 201
    assert people.sees(people.neighbours[1], post_id)
    (waiting,) = people.read(people.cadre, "/held")["items"]
    assert (waiting["state"], waiting["reports"]) == ("shown", 1)


def test_a_cadre_takes_a_post_in_and_its_author_is_told_once_and_why(people: People) -> None:
    post_id = people.post()
    for _ in range(2):
        assert people.do(people.cadre, f"{post_id}/hold", reason="picture").json == {
            "id": str(post_id),
            "state": "hidden",
        }
    assert not people.sees(people.neighbours[0], post_id)
    told = people.client.get("/api/v1/inbox", headers=bearer(people.author.token)).json or {}
    assert [letter["text"] for letter in told["items"] if "照片没问过本人" in letter["text"]] != []
    assert len(told["items"]) == 1
    assert people.do(people.cadre, f"{post_id}/release").json == {"id": str(post_id), "state": "shown"}


def test_a_comment_that_is_reported_waits_and_is_kept_in_or_let_go(people: People) -> None:
    post_id, (talker, reader, *_) = people.post(), people.neighbours
    comment_id = uuid4()
    assert people.do(talker, f"{post_id}/comments", id=str(comment_id), words="我家门口那盏也忽闪").status_code == 201
    people.work()
    assert [one["id"] for one in people.read(reader, f"/{post_id}/comments")["comments"]] == [str(comment_id)]
    people.report(reader, f"comments/{comment_id}")
    (waiting,) = people.read(people.cadre, "/held")["items"]
    assert (waiting["kind"], waiting["id"], waiting["post_id"]) == ("comment", str(comment_id), str(post_id))

    held = people.do(people.cadre, f"comments/{comment_id}/hold", reason="rude")
    assert held.json == {"id": str(comment_id), "state": "hidden"}
    assert people.read(reader, f"/{post_id}/comments")["comments"] == []
    (own,) = people.read(talker, f"/{post_id}/comments")["comments"]
    assert (own["is_mine"], own["state"]) == (True, "hidden")
    assert people.do(people.cadre, f"comments/{comment_id}/release").json == {"id": str(comment_id), "state": "shown"}
    assert len(people.read(reader, f"/{post_id}/comments")["comments"]) == 1


def test_what_one_does_not_want_to_see_is_gone_for_oneself_alone_and_comes_back(people: People) -> None:
    post_id, (reader, other, *_) = people.post(), people.neighbours
    assert people.do(reader, f"{post_id}/mute").json == {"id": str(post_id), "is_muted": True}
    assert [people.sees(who, post_id) for who in (reader, other, people.author)] == [False, True, True]
    again = people.client.delete(f"/api/v1/feed/{post_id}/mute", headers=bearer(reader.token))
    assert again.json == {"id": str(post_id), "is_muted": False}
    assert people.sees(reader, post_id)


@pytest.mark.parametrize("deed", ["hold", "release"])
def test_only_a_cadre_of_the_place_takes_in_and_lets_go(people: People, deed: str) -> None:
    post_id = people.post()
    body = {"reason": "rude"} if deed == "hold" else {}
    refused = [people.do(who, f"{post_id}/{deed}", **body) for who in (people.neighbours[0], people.author)]
    assert [answer.status_code for answer in refused] == [403, 403]
    foreign = people.do(people.foreign_cadre, f"{post_id}/{deed}", **body)
    unknown = people.do(people.foreign_cadre, f"{uuid4()}/{deed}", **body)
    assert (foreign.status_code, foreign.data) == (404, unknown.data)
    assert people.sees(people.neighbours[0], post_id)


def test_a_reason_that_is_not_on_the_list_is_refused_and_nothing_happens(people: People) -> None:
    post_id = people.post()
    for answer in (
        people.report(people.neighbours[0], str(post_id), "dislike"),
        people.do(people.cadre, f"{post_id}/hold", reason="dislike"),
    ):
        assert (answer.status_code, answer.json and answer.json["code"]) == (422, "visits.unknown_reason")
    assert people.read(people.cadre, "/held")["items"] == []
    assert people.sees(people.neighbours[0], post_id)


def test_a_villager_sees_no_queue_of_what_waits(people: People) -> None:
    assert people.client.get("/api/v1/feed/held", headers=bearer(people.neighbours[0].token)).status_code == 403
