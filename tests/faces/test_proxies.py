"""Acting for an elder over HTTP: only with a consent in force, only what was left, both names kept, her own phone rings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.domains.areas import queries as areas
from app.domains.areas.models import Person
from app.domains.audit.models import Entry
from app.domains.cases.models import CaseEntry, Party
from app.domains.notices.models import Message
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from tests.makers.areas import NEXT_VILLAGE, make_household, make_person
from tests.makers.cases import a_phone, make_roster
from tests.makers.identity import bearer
from tests.makers.notices import rows
from tests.makers.proxies import make_proxy
from tests.makers.visits import Someone, make_cadre, make_someone

LAST_DAY = "2026-12-01"
ALL = ["report", "deed", "points"]


class Family:
    """A mother in the village, her son who lives with her, her daughter in the next village, and the offices around."""

    def __init__(self, runtime: Runtime, client: FlaskClient) -> None:
        self.runtime, self.client = runtime, client
        self.roster = make_roster(runtime)
        self.household_id = self.roster.household_id
        self.phone = a_phone()
        with transaction(runtime, SYSTEM) as tx:
            mother = make_person(tx, "尚桂枝", household_id=self.household_id, birth_year=1945, phone=a_phone())
            self.mother = make_someone(tx, mother)
            self.son = make_someone(tx, make_person(tx, "卢冬生", household_id=self.household_id, birth_year=1975))
            away = make_household(tx, path=NEXT_VILLAGE)
            daughter = make_person(tx, "卢秋菊", path=NEXT_VILLAGE, household_id=away, phone=self.phone)
            self.daughter = make_someone(tx, daughter, path=NEXT_VILLAGE)
            self.cadre = make_cadre(tx, "孔令先")

    def ask(
        self, who: Someone, method: str, path: str, body: Any = None, *, acting: Someone | None = None
    ) -> TestResponse:
        headers = bearer(who.token) | ({"X-Acts-For": str(acting.person_id)} if acting else {})
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=headers)

    def give(self, who: Someone | None = None, **changes: Any) -> TestResponse:
        body = {"id": str(uuid4()), "holder": {"name": "卢秋菊", "phone": self.phone}, "powers": ALL}
        return self.ask(who or self.mother, "POST", "/proxies", {**body, "last_day": LAST_DAY, **changes})

    def report(self, **body: Any) -> TestResponse:
        case = {"id": str(uuid4()), "kind": "whistle", "category": "habitat", "form": {"text": "灯坏了"}, **body}
        return self.ask(self.daughter, "POST", "/cases", case, acting=self.mother)

    def sync(self, kind: str, body: dict[str, Any]) -> Any:
        item = {"id": str(uuid4()), "kind": kind, "acts_for": str(self.mother.person_id), "body": body}
        return self.ask(self.daughter, "POST", "/sync", {"items": [item]}).json["receipts"][0]

    def told(self, who: Someone) -> list[str]:
        mine = select(Message).where(Message.person_id == who.person_id).order_by(Message.created_at, Message.id)
        return [one.template for one in rows(self.runtime, mine)]


@pytest.fixture
def family(runtime: Runtime, client: FlaskClient) -> Family:
    return Family(runtime, client)


def ids(answer: TestResponse, side: str) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json[side]]


def test_without_consent_the_household_does_not_exist(family: Family) -> None:
    for method, path, body in LOOKS:
        answer = family.ask(family.daughter, method, path, body, acting=family.mother)
        assert (answer.status_code, answer.json["code"]) == (404, "areas.household_not_found"), path
    assert family.report().status_code == 404
    assert family.sync("case", A_CASE)["code"] == "areas.household_not_found"
    unreadable = family.client.get("/api/v1/points", headers=bearer(family.daughter.token) | {"X-Acts-For": "妈"})
    assert unreadable.status_code == 404


A_CASE = {"kind": "whistle", "category": "habitat", "form": {"text": "灯坏了"}}
LOOKS: list[tuple[str, str, Any]] = [
    ("GET", "/cases/mine", None),
    ("GET", "/cases/kinds", None),
    ("GET", "/points", None),
    ("GET", "/appraisals/mine", None),
    ("POST", "/cases/who-will-get", {"kind": "whistle", "category": "habitat"}),
]


def test_with_it_everything_that_was_left_is_there_and_both_sides_see_what_was_left(family: Family) -> None:
    assert family.give().status_code == 201
    for method, path, body in LOOKS:
        assert family.ask(family.daughter, method, path, body, acting=family.mother).status_code == 200, path
    (given,) = family.ask(family.mother, "GET", "/proxies").json["given"]
    (held,) = family.ask(family.daughter, "GET", "/proxies").json["held"]
    assert given == held
    assert (given["for_name"], given["holder_name"], given["way"]) == ("尚桂枝", "卢秋菊", "own")
    assert given["until"].startswith("2026-12-01T16:00:00")  # the last day counts in full
    assert family.told(family.mother) == ["proxy_given"]
    assert family.told(family.daughter) == ["proxy_held"]


NEVER: list[tuple[str, str, Any]] = [
    ("GET", "/me", None),
    ("GET", "/inbox", None),
    ("GET", "/proxies", None),
    ("GET", "/me/household", None),
    ("POST", "/me/export", None),
    ("DELETE", "/me?confirm=true", None),
    ("POST", "/sync", {"items": []}),
    ("POST", "/consents", {"id": str(uuid4()), "purpose": "privacy", "version": "1", "is_given": True}),
]


def test_what_is_the_persons_own_stays_closed(family: Family) -> None:
    assert family.give().status_code == 201
    for method, path, body in NEVER:
        assert family.ask(family.daughter, method, path, body, acting=family.mother).status_code == 403, path
    refused = family.give(family.daughter, for_person_id=str(family.mother.person_id))
    assert (refused.status_code, refused.json["code"]) == (404, "areas.person_not_found")


def test_only_what_was_left_is_open(family: Family) -> None:
    assert family.give(powers=["points"]).status_code == 201
    assert family.ask(family.daughter, "GET", "/points", acting=family.mother).status_code == 200
    assert family.ask(family.daughter, "GET", "/cases/mine", acting=family.mother).status_code == 403
    assert family.report().status_code == 403
    assert family.sync("case", A_CASE)["state"] == "conflict"
    assert family.ask(family.daughter, "GET", "/points").json["household_id"] != str(family.household_id)


@pytest.mark.parametrize("way", ["direct", "queue"])
def test_what_was_done_for_her_is_hers_names_both_and_rings_her_phone(family: Family, way: str) -> None:
    assert family.give().status_code == 201
    if way == "direct":
        answer = family.report()
        assert answer.status_code == 201, answer.text
        case_id = answer.json["id"]
    else:
        receipt = family.sync("case", A_CASE)
        assert receipt["state"] == "received", receipt
        case_id = receipt["id"]
    (entry,) = rows(family.runtime, select(CaseEntry).where(CaseEntry.case_id == UUID(case_id)))
    assert entry.by_person_id == family.mother.person_id
    assert entry.detail == {"through": str(family.daughter.person_id)}
    mine = rows(family.runtime, select(Party).where(Party.case_id == UUID(case_id), Party.office == ""))
    assert [one.person_id for one in mine] == [family.mother.person_id]
    shown = family.ask(family.mother, "GET", f"/cases/{case_id}").json["timeline"][0]
    assert (shown["by_name"], shown["through_name"], shown["detail"]) == ("尚**", "卢**", {})
    assert sorted(family.told(family.mother)) == ["done_for_you", "proxy_given"]
    audited = rows(family.runtime, select(Entry).where(Entry.action == "cases.open"))
    assert [(e.person_id, e.about_person_id) for e in audited] == [(family.daughter.person_id, family.mother.person_id)]
    readers = family.ask(family.mother, "GET", "/me/readers").json["items"]
    assert "替您说了一件事" in {one["did"] for one in readers}


def test_what_a_matter_comes_to_is_her_own_word(family: Family) -> None:
    assert family.give().status_code == 201
    case_id = family.report().json["id"]
    move = {"id": str(uuid4()), "move": "withdraw"}
    path = f"/cases/{case_id}/moves"
    assert family.ask(family.daughter, "POST", path, move, acting=family.mother).status_code == 403
    assert family.ask(family.daughter, "POST", path, move).status_code == 202  # no such case is known: it waits for one
    assert family.sync("case_move", {"case_id": case_id, "move": "withdraw"})["code"] == "sync.unreadable"
    assert family.ask(family.mother, "POST", path, {**move, "id": str(uuid4())}).status_code == 201


def test_what_she_does_in_an_office_is_not_left_to_anybody(family: Family) -> None:
    keeper = family.roster.keeper
    with transaction(family.runtime, SYSTEM) as tx:
        home = make_household(tx)
        tx.db.get_one(Person, keeper.person_id).household_id = home
        make_proxy(tx, keeper.person_id, holder_id=family.daughter.person_id, home=home)
    asked = family.ask(family.roster.villager, "POST", "/cases", {"id": str(uuid4()), **A_CASE})
    assert asked.status_code == 201, asked.text
    assert len(family.ask(keeper, "GET", "/cases/queue").json["cases"]) == 1
    assert family.ask(family.daughter, "GET", "/cases/queue", acting=keeper).json["cases"] == []
    assert family.ask(family.daughter, "GET", f"/cases/{asked.json['id']}", acting=keeper).status_code == 404


def test_a_deed_declared_for_her_is_her_households_and_names_who_declared_it(family: Family) -> None:
    assert family.give().status_code == 201
    deed = {"id": str(uuid4()), "kind": "deed", "items": ["mediate"], "words": "劝开了"}
    answer = family.ask(family.daughter, "POST", "/appraisals", deed, acting=family.mother)
    assert answer.status_code == 201, answer.text
    followed = family.ask(family.mother, "GET", f"/appraisals/{deed['id']}").json
    assert (followed["way"], followed["timeline"][0]["detail"]["through"]) == ("villager", "卢**")
    assert "done_for_you" in family.told(family.mother)


@pytest.mark.parametrize("end", ["mother", "son", "daughter", "cadre", "time", "moves"])
def test_it_ends_at_once_whoever_ends_it_and_however(family: Family, clock: MovableClock, end: str) -> None:
    body = {"id": str(uuid4())}
    assert family.give(**body).status_code == 201
    case_id = family.report().json["id"]
    if end == "time":
        clock.set(clock.now() + timedelta(days=31), rate=0)
        family.daughter = renewed(family, family.daughter)
    elif end == "moves":
        moved(family.runtime, family.mother.person_id)
    else:
        answer = family.ask(getattr(family, end), "DELETE", f"/proxies/{body['id']}")
        assert answer.status_code == 200, answer.text
    for path in (f"/cases/{case_id}", "/cases/mine", "/points"):
        assert family.ask(family.daughter, "GET", path, acting=family.mother).status_code == 404, path
    assert family.ask(family.daughter, "GET", f"/cases/{case_id}").status_code == 404
    assert family.report().status_code == 404
    assert family.sync("case", A_CASE)["code"] == "areas.household_not_found"


def renewed(family: Family, who: Someone) -> Someone:
    with transaction(family.runtime, SYSTEM) as tx:
        return make_someone(tx, who.person_id, path=NEXT_VILLAGE)


def moved(runtime: Runtime, person_id: UUID) -> None:
    with transaction(runtime, SYSTEM) as tx:
        tx.db.get_one(Person, person_id).household_id = make_household(tx)


def test_a_housemate_may_give_it_for_her_but_not_to_himself(family: Family) -> None:
    mother = {"for_person_id": str(family.mother.person_id)}
    assert family.give(family.son, **mother).status_code == 201
    himself = {"person_id": str(family.son.person_id)}
    assert family.give(family.son, **mother, holder=himself).json["code"] == "identity.proxy_not_possible"
    assert family.told(family.mother) == ["proxy_given"]


PAPER: dict[str, Callable[[Family], Any]] = {
    "right": lambda _: {},
    "no witness of that name": lambda f: {"witness": {"name": "无此人", "phone": f.phone}},
    "the witness is the holder": lambda f: {"witness": {"name": "卢秋菊", "phone": f.phone}},
}


@pytest.mark.parametrize("how", PAPER)
def test_a_paper_needs_a_cadre_of_the_place_and_a_third_person_as_witness(family: Family, how: str) -> None:
    with transaction(family.runtime, SYSTEM) as tx:
        witness_phone = a_phone()
        make_person(tx, "侯建设", phone=witness_phone)
        elsewhere = make_cadre(tx, "郝来福", path=NEXT_VILLAGE)
    body = {
        "id": str(uuid4()),
        "number": number_of(family),
        "name": "尚桂枝",
        "holder": {"name": "卢秋菊", "phone": family.phone},
        "witness": {"name": "侯建设", "phone": witness_phone},
        "powers": ["report"],
        "last_day": LAST_DAY,
        **PAPER[how](family),
    }
    assert family.ask(elsewhere, "POST", "/proxies/paper", body).json["code"] == "identity.nobody_by_that_name"
    assert family.ask(family.son, "POST", "/proxies/paper", {**body, "id": str(uuid4())}).status_code == 422
    answer = family.ask(family.cadre, "POST", "/proxies/paper", body)
    assert answer.status_code == (201 if how == "right" else 422), answer.text
    given = family.ask(family.mother, "GET", "/proxies").json["given"]
    assert [one["way"] for one in given] == (["paper"] if how == "right" else [])


def number_of(family: Family) -> str:
    with transaction(family.runtime, SYSTEM) as tx:
        facts = areas.household_facts(tx.db, family.household_id)
        assert facts
        return facts.number


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"powers": ["everything"]}, "identity.proxy_not_possible"),
        ({"last_day": "2028-01-01"}, "identity.proxy_period"),
        ({"last_day": "2026-11-01"}, "identity.proxy_period"),
        ({"holder": {"name": "卢秋菊", "phone": "13000000000"}}, "identity.nobody_by_that_name"),
        ({"holder": {"name": "卢秋香"}}, "identity.nobody_by_that_name"),
    ],
)
def test_what_cannot_be_given_is_refused_by_name(family: Family, changes: dict[str, Any], code: str) -> None:
    assert family.give(**changes).json["code"] == code


def test_given_again_the_last_word_counts(family: Family) -> None:
    family.give()
    family.give(powers=["points"])
    assert len(ids(family.ask(family.mother, "GET", "/proxies"), "given")) == 1
    assert family.ask(family.daughter, "GET", "/cases/mine", acting=family.mother).status_code == 403


def test_who_guesses_numbers_is_stopped(family: Family) -> None:
    wrong = {"holder": {"name": "卢秋菊", "phone": "13000000000"}}
    codes = [family.give(**wrong).json["code"] for _ in range(21)]
    assert codes[0] == "identity.nobody_by_that_name"
    assert codes[-1] == "identity.too_many_tries"


def test_what_was_declared_for_her_is_taken_back_from_the_hills_only_with_what_was_left(family: Family) -> None:
    family.give()
    deed = {"id": str(uuid4()), "kind": "deed", "items": ["mediate"], "words": "给三组两家劝开了地边的事"}
    assert family.sync("appraisal", deed | {"id": (mine := str(uuid4()))})["code"] == "sync.unreadable"
    assert family.ask(family.daughter, "POST", "/appraisals", deed, acting=family.mother).status_code == 201, mine
    assert family.sync("appraisal_withdraw", {"appraisal_id": deed["id"]})["state"] == "received"
    assert family.ask(family.mother, "GET", f"/appraisals/{deed['id']}").json["stage"] == "withdrawn"
