"""The month of a place over HTTP: every figure stands for rows that its reader may see, and names the places inside."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.domains.duties import sweeps
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from tests.makers.areas import NEXT_VILLAGE, TOWN, VILLAGE
from tests.makers.cases import Roster, make_roster, raise_case
from tests.makers.identity import bearer
from tests.makers.visits import Someone, make_cadre, make_door, make_keeper, make_visit


@pytest.fixture
def village(runtime: Runtime) -> Roster:
    return make_roster(runtime)


@pytest.fixture
def boss(runtime: Runtime) -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        return make_cadre(tx, "周敏", path=TOWN, role="town_cadre")


def get(client: FlaskClient, who: Someone, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1{path}", headers=bearer(who.token))
    assert answer.status_code == status, answer.text
    return answer.json


def test_visits_are_counted_in_all_and_for_each_village(client: FlaskClient, runtime: Runtime, boss: Someone) -> None:
    here, there = make_door(runtime), make_door(runtime, path=NEXT_VILLAGE)
    sweeps.open_due_periods(runtime)
    make_visit(runtime, here)
    found = get(client, boss, "/numbers")
    assert (found["name"], found["visits"]["total"], found["visits"]["done"]) == ("五龙口镇", 2, 1)
    parts = {one["area"]: (one["visits_total"], one["visits_done"]) for one in found["places"]}
    assert parts == {VILLAGE: (1, 1), NEXT_VILLAGE: (1, 0)}
    (owed,) = get(client, boss, "/numbers/owed")["items"]
    assert (owed["place"], owed["keeper"]) == ("白龙庙村", "段**")
    assert get(client, boss, f"/numbers/owed?area={VILLAGE}")["items"] == []
    assert there.household_id != here.household_id


def test_open_and_late_matters_are_those_that_the_area_may_know_of(
    client: FlaskClient, runtime: Runtime, village: Roster, boss: Someone
) -> None:
    raise_case(runtime, village.villager)
    found = get(client, boss, "/numbers")
    assert found["matters"] == {"open": 1, "late": 0}
    assert [(one["area"], one["open"]) for one in found["places"]] == [(VILLAGE, 1)]
    listed = get(client, boss, f"/cases/area?area={VILLAGE}")
    assert len(listed["cases"]) == found["matters"]["open"]


def test_what_is_kept_from_the_area_is_not_counted(client: FlaskClient, runtime: Runtime, village: Roster) -> None:
    raise_case(runtime, village.villager, category="order", form={"text": "账目不清", "about": ["secretary@village"]})
    assert get(client, village.secretary, "/numbers")["matters"] == {"open": 0, "late": 0}


def test_a_reader_of_one_village_counts_his_own(client: FlaskClient, runtime: Runtime) -> None:
    make_door(runtime)
    make_door(runtime, path=NEXT_VILLAGE)
    with transaction(runtime, SYSTEM) as tx:
        cadre = make_cadre(tx)
    assert get(client, cadre, "/numbers")["coverage"]["households"] == 1
    refused = get(client, cadre, f"/numbers?area={TOWN}", 404)
    assert refused["code"] == "areas.area_not_found"
    get(client, cadre, f"/numbers/unreached?area={NEXT_VILLAGE}", 404)


def test_whom_no_message_reaches_is_listed_with_what_he_keeps(client: FlaskClient, runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        silent = make_keeper(tx, "孟德胜")
        cadre = make_cadre(tx)
    make_door(runtime, keeper=silent)
    make_door(runtime, keeper=silent)
    found = get(client, cadre, "/numbers")
    assert found["members"] == {"members": 1, "reachable": 0}
    (one,) = get(client, cadre, "/numbers/unreached")["items"]
    assert (one["name"], one["households"], one["may_call"]) == ("孟**", 2, True)
