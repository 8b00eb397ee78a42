"""Oneself over HTTP: binding, what one may do, consents, the copy, readers, closing; and the office's side of it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.adapters.database import engine_for
from app.domains.areas.models import Household
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.log import JsonFormatter
from app.kernel.receipts import forget_answers
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from app.settings import Settings
from tests.faces.test_session import enter
from tests.makers.areas import COUNTY, NEXT_VILLAGE, VILLAGE, make_code, make_household, make_person
from tests.makers.identity import bearer, signed_in

TxAs = Callable[[Actor], AbstractContextManager[Tx]]
NAME, PHONE = "卢金丝雀", "13800009999"


class Village(NamedTuple):
    """A household with its keeper and head, a daughter who is not bound yet, and the cadres of this and the next village."""

    keeper: dict[str, str]
    head: dict[str, str]
    cadre: dict[str, str]
    far_cadre: dict[str, str]
    auditor: dict[str, str]
    door: str
    daughter: UUID


@pytest.fixture
def village(tx_as: TxAs) -> Village:
    with tx_as(SYSTEM) as tx:
        keeper = make_person(tx, "段永平")
        home = make_household(tx, head="卢春梅", keeper_id=keeper)
        daughter = make_person(tx, NAME, household_id=home, phone=PHONE, relation="女儿")
        head = tx.db.scalar(select(Household.head_id).where(Household.id == home))
        return Village(
            bearer(signed_in(tx, keeper, "party_member")),
            bearer(signed_in(tx, head)),
            bearer(signed_in(tx, make_person(tx, "赵建国"), "village_cadre")),
            bearer(signed_in(tx, make_person(tx, path=NEXT_VILLAGE), "village_cadre", path=NEXT_VILLAGE)),
            bearer(signed_in(tx, make_person(tx), "auditor", path=COUNTY)),
            make_code(tx, home),
            daughter,
        )


def bind(client: FlaskClient, who: dict[str, str], **form: str) -> tuple[int, dict[str, str]]:
    answer = client.post("/api/v1/bindings", headers=who, json={"id": str(uuid4()), **form})
    return answer.status_code, answer.json


def test_a_guest_is_told_what_to_read_and_may_only_say_who_he_is(client: FlaskClient) -> None:
    me = client.get("/api/v1/me", headers=enter(client)).json
    assert (me["kind"], me["person"], me["binding"], me["roles"]) == ("wechat", None, None, [])
    assert me["functions"] == ["me.read", "me.write", "media.read", "media.write"]
    assert me["texts_to_read"] == ["privacy"]


@pytest.mark.usefixtures("village")
def test_a_proven_phone_makes_a_villager_whose_data_stay_masked(client: FlaskClient) -> None:
    guest = enter(client)
    status, bound = bind(client, guest, way="phone", code=f"phone-{PHONE}")
    assert (status, bound["state"]) == (201, "active")
    answer = client.get("/api/v1/me", headers=guest)
    assert answer.json["person"]["name"] == "卢***"
    assert answer.json["person"]["phone"] == "138****9999"
    assert answer.json["person"]["place"] == "山口村"
    assert [role["role"] for role in answer.json["roles"]] == ["villager"]
    assert answer.json["unread_count"] == 1
    assert NAME not in answer.text
    assert client.get("/api/v1/me", headers={**guest, "If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.usefixtures("village")
def test_the_same_form_sent_again_is_answered_the_same_though_the_phone_code_is_spent(client: FlaskClient) -> None:
    guest = enter(client)
    form = {"id": str(uuid4()), "way": "phone", "code": f"phone-{PHONE}"}
    first = client.post("/api/v1/bindings", headers=guest, json=form)
    again = client.post("/api/v1/bindings", headers=guest, json=form)
    assert (first.status_code, first.data) == (again.status_code, again.data)
    other = client.post("/api/v1/bindings", headers=guest, json={**form, "name": "别人"})
    assert (other.status_code, other.json["code"]) == (422, "same_id_other_content")


@pytest.mark.usefixtures("village")
def test_a_shared_phone_asks_for_the_name(client: FlaskClient, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        make_person(tx, "卢大勇", phone=PHONE)
    guest = enter(client)
    _, choice = bind(client, guest, way="phone", code=f"phone-{PHONE}")
    assert (choice["state"], choice["names"]) == ("choose", ["卢**", "卢***"])
    assert bind(client, guest, way="phone", ticket=choice["ticket"], name=NAME)[1]["state"] == "active"


def test_a_door_and_a_name_wait_for_the_household_and_then_open_it(client: FlaskClient, village: Village) -> None:
    guest = enter(client)
    status, asked = bind(client, guest, way="door", token=village.door, name=NAME)
    assert (status, asked["state"]) == (201, "pending")
    assert client.get("/api/v1/me", headers=guest).json["person"] is None
    for who in (village.keeper, village.head, village.cadre):
        listed = client.get("/api/v1/bindings/waiting", headers=who)
        assert [item["id"] for item in listed.json["items"]] == [asked["id"]]
        assert NAME not in listed.text
    assert client.get("/api/v1/bindings/waiting", headers=village.far_cadre).json == {"items": []}
    assert client.get("/api/v1/bindings/waiting", headers=guest).status_code == 403
    decision = {"id": str(uuid4()), "is_known": True}
    url = f"/api/v1/bindings/{asked['id']}/decide"
    assert client.post(url, headers=village.far_cadre, json={**decision, "id": str(uuid4())}).status_code == 404
    for _ in range(2):
        decided = client.post(url, headers=village.keeper, json=decision)
        assert (decided.status_code, decided.json["state"]) == (201, "active")
    assert client.get("/api/v1/me", headers=guest).json["person"]["place"] == "山口村"
    assert client.delete("/api/v1/bindings/mine", headers=guest).status_code == 200
    assert client.get("/api/v1/me", headers=guest).json["person"] is None


@pytest.fixture
def later(runtime: Runtime, clock: MovableClock) -> Callable[[], None]:
    """Let 73 hours go by, after which no answer is kept any more."""

    def wait() -> None:
        clock.set(clock.now() + timedelta(hours=73), rate=0)
        with transaction(runtime, SYSTEM) as tx:
            assert forget_answers(tx)

    return wait


def test_after_72_hours_a_claim_and_its_decision_are_answered_as_they_stand_now(
    client: FlaskClient, village: Village, later: Callable[[], None]
) -> None:
    guest = enter(client)
    form = {"id": str(uuid4()), "way": "door", "token": village.door, "name": NAME}
    assert client.post("/api/v1/bindings", headers=guest, json=form).json["state"] == "pending"
    url, decision = f"/api/v1/bindings/{form['id']}/decide", {"id": str(uuid4()), "is_known": True}
    decided = client.post(url, headers=village.keeper, json=decision)
    later()
    for who, sent, path in ((guest, form, "/api/v1/bindings"), (village.keeper, decision, url)):
        again = client.post(path, headers=who, json=sent)
        assert (again.status_code, again.json["id"], again.json["state"]) == (201, form["id"], "active")
    assert decided.json == client.post(url, headers=village.keeper, json=decision).json
    client.delete("/api/v1/bindings/mine", headers=guest)
    assert client.post("/api/v1/bindings", headers=guest, json=form).json == {"id": form["id"]}
    assert client.post(url, headers=village.keeper, json=decision).json["state"] == "ended"


def test_after_72_hours_consents_and_grants_are_answered_as_before(
    client: FlaskClient, village: Village, tx_as: TxAs, later: Callable[[], None]
) -> None:
    with tx_as(SYSTEM) as tx:
        town = bearer(signed_in(tx, make_person(tx, path="419001/101/"), "town_cadre", path="419001/101/"))
    texts = client.get("/api/v1/consents", headers=town).json["items"]
    version = next(text["version"] for text in texts if text["purpose"] == "pictures")
    consent = {"id": str(uuid4()), "purpose": "pictures", "version": version, "is_given": True}
    role = {"id": str(uuid4()), "person_id": str(village.daughter), "role": "party_member", "area_path": VILLAGE}
    for path, form in (("consents", consent), ("grants", role)):
        first = client.post(f"/api/v1/{path}", headers=town, json=form)
        later()
        again = client.post(f"/api/v1/{path}", headers=town, json=form)
        assert (first.status_code, first.json) == (again.status_code, again.json) == (201, first.json)


def test_a_wrong_name_and_an_unknown_door_are_answered_alike_and_not_for_ever(
    client: FlaskClient, village: Village
) -> None:
    guest = enter(client)
    answers = [
        bind(client, guest, way="door", token=token, name=name)
        for token, name in [(village.door, "外人"), ("x" * 24, NAME), (village.door, "外人")] * 4
    ]
    assert [status for status, _ in answers] == [404] * 10 + [429] * 2
    assert len({body["message"] for status, body in answers if status == 404}) == 1


def test_a_slip_from_the_cadre_binds(client: FlaskClient, village: Village) -> None:
    form = {"id": str(uuid4()), "person_id": str(village.daughter)}
    assert client.post("/api/v1/slips", headers=village.far_cadre, json=form).status_code == 404
    slip = client.post("/api/v1/slips", headers=village.cadre, json={**form, "id": str(uuid4())}).json
    assert bind(client, enter(client), way="slip", code=slip["code"].lower())[1]["state"] == "active"
    assert bind(client, enter(client, "openid-other"), way="slip", code=slip["code"])[0] == 404


@pytest.mark.parametrize(
    "form",
    [
        {"way": "phone"},
        {"way": "phone", "ticket": "x"},
        {"way": "slip", "name": "x"},
        {"way": "door", "token": "x"},
        {"way": "fax", "code": "x"},
        {"way": "slip", "code": "a\u0000b"},
    ],
)
def test_a_way_that_lacks_its_proof_is_refused(client: FlaskClient, form: dict[str, str]) -> None:
    assert bind(client, enter(client), **form)[0] == 422


def test_consents_are_read_given_and_taken_back(client: FlaskClient) -> None:
    guest = enter(client)
    texts = {item["purpose"]: item for item in client.get("/api/v1/consents", headers=guest).json["items"]}
    assert texts["pictures"]["is_given"] is None
    version = texts["pictures"]["version"]
    for is_given in (True, False):
        form = {"id": str(uuid4()), "purpose": "pictures", "version": version, "is_given": is_given}
        assert client.post("/api/v1/consents", headers=guest, json=form).status_code == 201
        assert client.post("/api/v1/consents", headers=guest, json=form).status_code == 201
    items = {i["purpose"]: i for i in client.get("/api/v1/consents", headers=guest).json["items"]}
    assert (items["pictures"]["is_given"], items["pictures"]["answered_version"]) == (False, version)
    stale = {"id": str(uuid4()), "purpose": "pictures", "version": "1999", "is_given": True}
    assert client.post("/api/v1/consents", headers=guest, json=stale).status_code == 409


def test_who_opened_my_data_and_why_is_mine_to_know(client: FlaskClient, village: Village) -> None:
    guest, url = enter(client), f"/api/v1/persons/{village.daughter}/open"
    bind(client, guest, way="phone", code=f"phone-{PHONE}")
    for who, status in ((village.far_cadre, 404), (village.keeper, 403), (guest, 403)):
        assert client.post(url, headers=who, json={"reason": "看看"}).status_code == status
    assert client.post(url, headers=village.cadre, json={"reason": ""}).status_code == 422
    opened = client.post(url, headers=village.cadre, json={"reason": "上门前打个电话"})
    assert (opened.json["name"], opened.json["phone"]) == (NAME, PHONE)
    (line,) = client.get("/api/v1/me/readers", headers=guest).json["items"]
    assert (line["who"], line["did"], line["reason"]) == ("赵建国", "看了您的姓名和电话", "上门前打个电话")
    audited = client.get("/api/v1/audit", headers=village.auditor)
    assert "persons.unmask" in {item["action"] for item in audited.json["items"]}
    assert NAME not in audited.text
    assert client.get("/api/v1/audit", headers=village.cadre).status_code == 403


@pytest.mark.usefixtures("village")
def test_my_copy_is_mine_and_is_not_taken_without_end(client: FlaskClient) -> None:
    guest = enter(client)
    bind(client, guest, way="phone", code=f"phone-{PHONE}")
    answers = [client.post("/api/v1/me/export", headers=guest) for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert answers[0].json["tables"]["areas_person"][0]["phone"] == PHONE
    assert "卢春梅" not in answers[0].get_data(as_text=True)


@pytest.mark.usefixtures("village")
def test_closing_must_be_meant_and_then_ends_everything(client: FlaskClient) -> None:
    guest = enter(client)
    bind(client, guest, way="phone", code=f"phone-{PHONE}")
    asked = client.delete("/api/v1/me", headers=guest)
    assert (asked.status_code, asked.json["code"]) == (422, "identity.confirm_closing")
    assert client.delete("/api/v1/me?confirm=true", headers=guest).status_code == 200
    assert client.get("/api/v1/me", headers=guest).status_code == 401
    assert client.get("/api/v1/me", headers=enter(client, "openid-li#2")).json["person"] is None


def test_roles_are_given_listed_and_taken_back(client: FlaskClient, village: Village, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        town = bearer(signed_in(tx, make_person(tx, path="419001/101/"), "town_cadre", path="419001/101/"))
    form = {"id": str(uuid4()), "person_id": str(village.daughter), "role": "party_member", "area_path": VILLAGE}
    assert client.post("/api/v1/grants", headers=village.cadre, json=form).status_code == 403
    for _ in range(2):
        assert client.post("/api/v1/grants", headers=town, json=form).status_code == 201
    listed = client.get(f"/api/v1/grants?area={VILLAGE}", headers=town).json
    assert ("卢***", "联户党员") in {(held["masked_name"], held["role_name"]) for held in listed["items"]}
    assert client.delete(f"/api/v1/grants/{form['id']}", headers=town).status_code == 200
    assert client.delete(f"/api/v1/grants/{form['id']}", headers=town).status_code == 404


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """Everything that any logger says at DEBUG, in the form that leaves the process."""
    heard, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(heard), root.level
    handler.setFormatter(JsonFormatter())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield heard
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.promise
def test_a63_no_name_phone_openid_code_or_token_is_ever_logged(
    client: FlaskClient, village: Village, said: io.StringIO, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    guest = enter(client, "openid-canary")
    token = guest["Authorization"].removeprefix("Bearer ")

    def a_day() -> list[int]:
        forms = [
            {"way": "door", "token": village.door, "name": NAME},
            {"way": "phone", "code": f"phone-{PHONE}"},
            {"way": "slip", "code": "canary-slip"},
            {"way": "fax\r\nforged: line", "name": NAME},
        ]
        statuses = [bind(client, guest, **form)[0] for form in forms]
        urls = ("/api/v1/me", "/api/v1/consents", "/api/v1/me/readers", f"/api/v1/{NAME}", f"/api/v1/me?{PHONE}=1")
        statuses += [client.get(url, headers=guest).status_code for url in urls]
        body = {"username": NAME, "password": "canary-password", "totp": "000000"}
        statuses.append(client.post("/api/v1/session/staff", json=body).status_code)
        statuses.append(client.post("/api/v1/me/export", headers=guest).status_code)
        return statuses

    a_day()
    engine = engine_for(settings.database, url=settings.database.owner_url)
    with engine.begin() as owner:
        owner.execute(text("ALTER TABLE identity_binding RENAME TO gone"))
        owner.execute(text("ALTER TABLE identity_consent RENAME COLUMN purpose TO gone"))
    engine.dispose()
    assert a_day().count(500) >= 3
    output = said.getvalue() + "".join(capsys.readouterr())
    assert "unexpected" in output
    canaries = (NAME, PHONE, "openid-canary", token, village.door, "canary-slip", "canary-password")
    assert [canary for canary in canaries if canary in output] == []
    assert all(line.startswith("{") for line in said.getvalue().splitlines())
