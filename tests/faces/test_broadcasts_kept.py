"""A broadcast in doubt is kept over HTTP: it waits for the check or for somebody else's eye, goes out by itself, or is taken back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domains.notices.models import Message
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import media_worker
from tests.makers.areas import NEXT_VILLAGE, VILLAGE, make_household
from tests.makers.identity import bearer
from tests.makers.notices import rows
from tests.makers.visits import Someone, make_cadre, make_villager

IN_DOUBT, FINE = "请再看一遍", "明天停水，今晚存一些"


class Village:
    """Somebody who writes, a second pair of eyes, one of the next village, and who would be told."""

    def __init__(self, runtime: Runtime, client: FlaskClient) -> None:
        self.runtime, self.client = runtime, client
        with transaction(runtime, SYSTEM) as tx:
            self.author, self.eye = make_cadre(tx), make_cadre(tx, "周敏")
            self.stranger = make_cadre(tx, "孟德胜", path=NEXT_VILLAGE)
            self.villager = make_villager(tx, make_household(tx))

    def ask(self, who: Someone, method: str, path: str, status: int, **body: Any) -> Any:
        answer = self.client.open(f"/api/v1{path}", method=method, json=body or None, headers=bearer(who.token))
        assert answer.status_code == status, answer.text
        return answer.json

    def write(self, words: str, *, is_checked: bool = True) -> str:
        """Words to everybody; the check has answered, unless it is away."""
        body = {"id": str(uuid4()), "area_path": VILLAGE, "audience": "everybody", "words": words, "is_urgent": False}
        broadcast_id: str = self.ask(self.author, "POST", "/broadcasts", 201, **body)["id"]
        if is_checked:
            self.check()
        return broadcast_id

    def check(self) -> None:
        while media_worker.work_once(self.runtime):
            pass

    def one(self, broadcast_id: str, who: Someone | None = None) -> Any:
        """It in the list of those who may write to the place."""
        items = self.ask(who or self.author, "GET", "/broadcasts", 200)["items"]
        return next(one for one in items if one["id"] == broadcast_id)

    def waiting(self, who: Someone) -> list[tuple[str, str]]:
        return [(one["kind"], one["id"]) for one in self.ask(who, "GET", "/feed/held", 200)["items"]]

    def told(self, broadcast_id: str) -> bool:
        mine = Message.key == f"broadcast:{broadcast_id}"
        return self.villager.person_id in {one.person_id for one in rows(self.runtime, select(Message).where(mine))}

    def letters(self) -> list[str]:
        return [one["title"] for one in self.ask(self.author, "GET", "/inbox", 200)["items"]]


@pytest.fixture
def village(runtime: Runtime, client: FlaskClient) -> Village:
    return Village(runtime, client)


def test_while_the_check_is_away_it_is_kept_and_goes_out_by_itself_when_it_is_back(village: Village) -> None:
    broadcast_id = village.write(FINE, is_checked=False)
    one = village.one(broadcast_id)
    assert (one["state"], one["may_withdraw"], one["why"]) == ("checking", True, "")
    assert not village.told(broadcast_id)
    village.check()
    assert village.one(broadcast_id)["state"] == "sent"
    assert village.told(broadcast_id)


def test_what_is_in_doubt_waits_for_somebody_elses_eye_and_then_goes_out(village: Village) -> None:
    broadcast_id = village.write(IN_DOUBT)
    assert (village.one(broadcast_id)["state"], village.letters()) == ("held", ["通知先留着"])
    assert village.waiting(village.eye) == [("broadcast", broadcast_id)]
    assert [village.waiting(who) for who in (village.author, village.stranger)] == [[], []]
    for who in (village.author, village.stranger):
        village.ask(who, "POST", f"/feed/broadcasts/{broadcast_id}/release", 404)
    for _ in range(2):
        released = village.ask(village.eye, "POST", f"/feed/broadcasts/{broadcast_id}/release", 200)
        assert released == {"id": broadcast_id, "state": "sent"}
    assert village.told(broadcast_id)
    assert village.waiting(village.eye) == []


def test_what_somebody_else_keeps_in_is_never_told_and_its_author_reads_why(village: Village) -> None:
    broadcast_id = village.write(IN_DOUBT)
    village.ask(village.eye, "POST", f"/feed/broadcasts/{broadcast_id}/hold", 422, reason="dislike")
    for _ in range(2):
        kept = village.ask(village.eye, "POST", f"/feed/broadcasts/{broadcast_id}/hold", 200, reason="private")
        assert kept == {"id": broadcast_id, "state": "refused"}
    one = village.one(broadcast_id)
    assert (one["state"], one["why"], one["may_withdraw"]) == ("refused", "说到了别人家的事", False)
    assert sorted(village.letters()) == ["通知先留着", "通知没发出去"]
    village.ask(village.eye, "POST", f"/feed/broadcasts/{broadcast_id}/release", 200)
    assert not village.told(broadcast_id)


@pytest.mark.parametrize("words", [FINE, IN_DOUBT])
def test_who_wrote_it_takes_it_back_while_nobody_has_heard_it(village: Village, words: str) -> None:
    broadcast_id = village.write(words, is_checked=words == IN_DOUBT)
    assert not village.one(broadcast_id, village.eye)["may_withdraw"]
    village.ask(village.eye, "POST", f"/broadcasts/{broadcast_id}/withdraw", 403, id=str(uuid4()))
    for _ in range(2):
        back = village.ask(village.author, "POST", f"/broadcasts/{broadcast_id}/withdraw", 201, id=str(uuid4()))
        assert back["state"] == "withdrawn"
    village.check()
    village.ask(village.eye, "POST", f"/feed/broadcasts/{broadcast_id}/release", 200)
    assert (village.one(broadcast_id)["state"], village.waiting(village.eye)) == ("withdrawn", [])
    assert not village.told(broadcast_id)


def test_what_was_told_cannot_be_taken_back(village: Village) -> None:
    broadcast_id = village.write(FINE)
    refused = village.ask(village.author, "POST", f"/broadcasts/{broadcast_id}/withdraw", 409, id=str(uuid4()))
    assert refused["code"] == "notices.sent_already"
