"""The messages of the mini-program: what came, what WeChat may bring, when it must not ring."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.domains.notices import actions as notices
from app.domains.notices.models import Credit
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx
from app.web.application import build
from miniprogram_api import inbox
from tests.makers.areas import make_household, make_person
from tests.makers.identity import bearer, make_account, make_session, signed_in
from tests.makers.notices import make_credit, make_message, rows

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


@pytest.fixture
def phone(runtime: Runtime) -> FlaskClient:
    """A phone that talks to the inbox."""
    return build(runtime, (inbox.api,)).test_client()


@pytest.fixture
def person(tx_as: TxAs) -> UUID:
    """A villager."""
    with tx_as(SYSTEM) as tx:
        return make_person(tx, household_id=make_household(tx))


@pytest.fixture
def token(tx_as: TxAs, person: UUID) -> str:
    """The villager's session."""
    with tx_as(SYSTEM) as tx:
        return signed_in(tx, person)


def said(answer: TestResponse) -> tuple[int, Any]:
    """Status and body of an answer."""
    return answer.status_code, answer.json


def get(phone: FlaskClient, path: str, token: str) -> Any:
    """Ask, and read the answer."""
    answer = phone.get(f"/api/v1{path}", headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_message_is_read_in_words(phone: FlaskClient, tx_as: TxAs, person: UUID, token: str) -> None:
    values = {"month": "11月", "left": "9", "due": "11月30日"}
    with tx_as(SYSTEM) as tx:
        notices.queue(tx, person_id=person, template="visit_reminder", values=values, key="k")
    told = get(phone, "/inbox", token)
    (letter,) = told["items"]
    assert letter["title"] == "还有 9 户没去"
    assert letter["text"].startswith("11月还有 9 户没去过，11月30日前")
    assert (told["unread"], told["next"], letter["read_at"]) == (1, None, None)


def test_pages_of_thirty_hold_every_message_once(
    phone: FlaskClient, tx_as: TxAs, person: UUID, token: str, clock: MovableClock
) -> None:
    start = clock.now()
    for n in range(65):
        clock.set(start + timedelta(seconds=n // 3), rate=0)
        with tx_as(SYSTEM) as tx:
            make_message(tx, person, f"k{n}")
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = get(phone, f"/inbox?after={after}", token)
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 65


@pytest.mark.usefixtures("person")
def test_nobody_sees_or_opens_the_messages_of_another(phone: FlaskClient, tx_as: TxAs, token: str) -> None:
    with tx_as(SYSTEM) as tx:
        other = make_person(tx, "李静", household_id=make_household(tx))
        make_message(tx, other)
        others = signed_in(tx, other)
    (letter,) = get(phone, "/inbox", others)["items"]
    assert get(phone, "/inbox", token)["items"] == []
    answer = phone.post(f"/api/v1/inbox/{letter['id']}/read", headers=bearer(token))
    assert answer.status_code == 404
    assert said(answer)[1]["code"] == "notices.message_not_found"


def test_reading_is_written_once_and_counts_down(phone: FlaskClient, tx_as: TxAs, person: UUID, token: str) -> None:
    with tx_as(SYSTEM) as tx:
        make_message(tx, person, "a")
        make_message(tx, person, "b")
    first = get(phone, "/inbox", token)["items"][0]
    for _ in range(2):
        answer = phone.post(f"/api/v1/inbox/{first['id']}/read", headers=bearer(token))
        assert (answer.status_code, answer.json) == (200, {"unread": 1})


def test_a_mark_we_did_not_write_is_refused_kindly(phone: FlaskClient, token: str) -> None:
    answer = phone.get("/api/v1/inbox?after=nonsense", headers=bearer(token))
    assert answer.status_code == 422
    assert said(answer)[1]["code"] == "bad_cursor"


def test_a_guest_has_an_empty_inbox(phone: FlaskClient, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        guest = make_session(tx, make_account(tx))
    assert get(phone, "/inbox", guest) == {"items": [], "unread": 0, "next": None}


def test_without_a_session_nothing_is_told(phone: FlaskClient) -> None:
    assert phone.get("/api/v1/inbox").status_code == 401


def test_what_the_phone_reports_is_shown_and_does_not_count(phone: FlaskClient, token: str) -> None:
    body = {"choices": {"visit_reminder": "accept", "weekly_digest": "reject"}}
    answer = phone.post("/api/v1/subscriptions", json=body, headers=bearer(token))
    assert answer.status_code == 200
    found = {one["template"]: one for one in get(phone, "/subscriptions", token)["items"]}
    reminder = found["visit_reminder"]
    assert (reminder["left"], reminder["reported"]) == (0, 1)
    assert reminder["words"] == "刚点的已经记下，等微信确认"
    assert found["weekly_digest"]["reported"] == 0


def test_wechats_word_counts_and_clears_what_was_reported(
    phone: FlaskClient, tx_as: TxAs, token: str, runtime: Runtime
) -> None:
    body = {"choices": {"visit_reminder": "accept"}}
    phone.post("/api/v1/subscriptions", json=body, headers=bearer(token))
    (account,) = rows(runtime, select(Credit.account_id))
    with tx_as(SYSTEM) as tx:
        notices.accept(tx, account, "visit_reminder")
    reminder = get(phone, "/subscriptions", token)["items"][0]
    assert (reminder["left"], reminder["reported"], reminder["words"]) == (1, 0, "微信还能通知您 1 次")


def test_unknown_templates_and_words_change_nothing(phone: FlaskClient, token: str) -> None:
    refused = phone.post("/api/v1/subscriptions", json={"choices": {"visit_reminder": "always"}}, headers=bearer(token))
    assert refused.status_code == 422
    answer = phone.post("/api/v1/subscriptions", json={"choices": {"nonsense": "accept"}}, headers=bearer(token))
    assert answer.status_code == 200
    assert all(one["reported"] == 0 for one in said(answer)[1]["items"])


def test_a_standing_yes_is_said_plainly(phone: FlaskClient, tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        account = make_account(tx, person)
        make_credit(tx, account, 0, is_long_term=True)
        token = make_session(tx, account)
    words = {one["template"]: one["words"] for one in get(phone, "/subscriptions", token)["items"]}
    assert words["visit_reminder"] == "一直会通知您"
    assert words["weekly_digest"] == "点一下，下次微信告诉您"


def test_quiet_hours_are_the_houses_until_one_chooses_own(phone: FlaskClient, token: str) -> None:
    assert get(phone, "/me/quiet-hours", token)["words"] == "21 点到 7 点只有急事会响"
    answer = phone.put("/api/v1/me/quiet-hours", json={"from_hour": 22, "to_hour": 6}, headers=bearer(token))
    assert answer.status_code == 200
    assert get(phone, "/me/quiet-hours", token) == {
        "from_hour": 22,
        "to_hour": 6,
        "words": "22 点到 6 点只有急事会响",
    }


@pytest.mark.parametrize("body", [{"from_hour": 24, "to_hour": 6}, {"from_hour": -1, "to_hour": 6}, {"from_hour": 1}])
def test_hours_that_do_not_exist_are_refused(phone: FlaskClient, token: str, body: dict[str, int]) -> None:
    assert phone.put("/api/v1/me/quiet-hours", json=body, headers=bearer(token)).status_code == 422


def test_a_guest_cannot_choose_quiet_hours(phone: FlaskClient, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        guest = make_session(tx, make_account(tx))
    answer = phone.put("/api/v1/me/quiet-hours", json={"from_hour": 22, "to_hour": 6}, headers=bearer(guest))
    assert answer.status_code == 403
    assert said(answer)[1]["code"] == "notices.no_account"
