"""Signing in and out over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.domains.identity import actions as identity
from app.domains.identity import rules
from app.domains.identity.models import SignIn
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading
from tests.makers.areas import make_person
from tests.makers.identity import bearer, make_grant

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


def enter(client: FlaskClient, code: str = "openid-li") -> dict[str, str]:
    """Sign in; the headers of the requests that follow."""
    answer = client.post("/api/v1/session", json={"code": code})
    assert answer.status_code == 201, answer.json
    return bearer(answer.json["token"])


def test_a_phone_signs_in_and_nothing_of_wechats_comes_back(client: FlaskClient) -> None:
    answer = client.post("/api/v1/session", json={"code": "openid-li"})
    assert answer.status_code == 201
    assert set(answer.json) == {"token", "expires_at"}
    assert len(answer.json["token"]) == 43
    assert "openid" not in answer.text
    assert "session_key" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/api/v1/me", headers=bearer(answer.json["token"])).status_code == 200


@pytest.mark.promise
def test_a39_one_code_sent_many_times_at_once_opens_one_session(app: Flask, runtime: Runtime) -> None:
    def send(_number: int) -> int:
        return app.test_client().post("/api/v1/session", json={"code": "openid-li"}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, range(16)))
    assert sorted(statuses) == [201] + [409] * 15
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(SignIn)) == 1


def test_a_code_that_wechat_does_not_know_is_refused_kindly(client: FlaskClient) -> None:
    answer = client.post("/api/v1/session", json={"code": "nonsense"})
    assert (answer.status_code, answer.json["code"]) == (422, "identity.bad_code")
    assert "再点一次" in answer.json["message"]


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": "x" * 200}, {"code": 7}, {"code": "a", "more": 1}, []])
def test_a_form_that_is_none_is_refused(client: FlaskClient, body: object) -> None:
    assert client.post("/api/v1/session", json=body).status_code == 422


def test_a_renewed_token_replaces_the_old_one(client: FlaskClient) -> None:
    old = enter(client)
    fresh = client.post("/api/v1/session/renew", headers=old)
    assert fresh.status_code == 201
    assert client.get("/api/v1/me", headers=old).status_code == 401
    assert client.get("/api/v1/me", headers=bearer(fresh.json["token"])).status_code == 200


def test_signing_out_ends_this_phone_and_everywhere_ends_all(client: FlaskClient) -> None:
    phones = [enter(client, f"openid-li#{n}") for n in range(3)]
    other = enter(client, "openid-wang")
    assert client.delete("/api/v1/session", headers=phones[0]).status_code == 200
    assert [client.get("/api/v1/me", headers=p).status_code for p in phones] == [401, 200, 200]
    assert client.delete("/api/v1/session/all", headers=phones[1]).status_code == 200
    assert [client.get("/api/v1/me", headers=p).status_code for p in (*phones, other)] == [401, 401, 401, 200]


def test_somebody_who_signs_in_all_the_time_is_asked_to_wait(client: FlaskClient) -> None:
    statuses = [client.post("/api/v1/session", json={"code": f"openid-li#{n}"}).status_code for n in range(22)]
    assert statuses == [201] * 20 + [429] * 2
    refused = client.post("/api/v1/session", json={"code": "openid-li#last"})
    assert int(refused.headers["Retry-After"]) > 0


class Desk:
    """A cadre with a staff account at his desk."""

    def __init__(self, client: FlaskClient, first: identity.FirstSecrets, runtime: Runtime) -> None:
        self.client, self.first, self.runtime, self.password = client, first, runtime, first.password

    def code(self) -> str:
        totp = pyotp.parse_uri(self.first.otpauth_uri)
        assert isinstance(totp, pyotp.TOTP)
        return totp.generate_otp(rules.totp_step(self.runtime.clock.now()))

    def enter(self, **wrong: str) -> tuple[int, dict[str, str]]:
        body = {"username": "zhou-min", "password": self.password, "totp": self.code(), **wrong}
        answer = self.client.post("/api/v1/session/staff", json=body)
        return answer.status_code, answer.json


@pytest.fixture
def desk(client: FlaskClient, runtime: Runtime, tx_as: TxAs) -> Desk:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, "周敏")
        make_grant(tx, person, "village_cadre")
        return Desk(client, identity.add_staff(tx, username="zhou-min", person_id=person), runtime)


def test_a_cadre_signs_in_changes_the_first_password_and_works(
    client: FlaskClient, desk: Desk, clock: MovableClock
) -> None:
    _, session = desk.enter()
    token = bearer(session["token"])
    me = client.get("/api/v1/me", headers=token).json
    assert (me["kind"], me["must_change_password"], me["roles"]) == ("staff", True, [])
    change = {"old": desk.password, "new": "weak"}
    assert client.post("/api/v1/session/staff/password", headers=token, json=change).json["field"] == "new"
    wrong = client.post("/api/v1/session/staff/password", headers=token, json={"old": "x", "new": "Nuan-he-2026"})
    assert wrong.json["code"] == "identity.wrong_sign_in"
    change["new"] = "Nuan-he-2026"
    assert client.post("/api/v1/session/staff/password", headers=token, json=change).status_code == 200
    assert client.get("/api/v1/me", headers=token).status_code == 401
    clock.set(clock.now() + timedelta(seconds=30), rate=0)
    desk.password = "Nuan-he-2026"
    _, session = desk.enter()
    me = client.get("/api/v1/me", headers=bearer(session["token"])).json
    assert [role["name"] for role in me["roles"]] == ["村干部"]
    assert not me["must_change_password"]


def test_whatever_is_wrong_the_answer_is_the_same(desk: Desk) -> None:
    answers = [desk.enter(username="nobody"), desk.enter(password="wrong"), desk.enter(totp="000000")]
    assert {(status, body["code"], body["message"]) for status, body in answers} == {
        (403, "identity.wrong_sign_in", "用户名、密码或动态码不对。动态码每 30 秒换一个，请等下一个码再试。")
    }


def test_a_staff_session_lives_by_use_and_is_not_renewed(client: FlaskClient, desk: Desk, clock: MovableClock) -> None:
    _, session = desk.enter()
    token = bearer(session["token"])
    for _ in range(3):
        clock.set(clock.now() + timedelta(minutes=20), rate=0)
        assert client.get("/api/v1/me", headers=token).status_code == 200
    assert client.post("/api/v1/session/renew", headers=token).json["code"] == "identity.cannot_renew"
    clock.set(clock.now() + timedelta(minutes=31), rate=0)
    assert client.get("/api/v1/me", headers=token).status_code == 401


def test_a_villager_has_no_password_to_change(client: FlaskClient) -> None:
    change = {"old": "x", "new": "Nuan-he-2026"}
    refused = client.post("/api/v1/session/staff/password", headers=enter(client), json=change)
    assert (refused.status_code, refused.json["code"]) == (403, "identity.not_staff")
