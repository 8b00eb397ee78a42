"""Duties over HTTP: one's month, an area's progress, and lifting a duty."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domains.duties import sweeps
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from tests.makers.areas import VILLAGE
from tests.makers.duties import duty_of
from tests.makers.identity import bearer
from tests.makers.visits import Door, Someone, make_cadre, make_door, make_visit


@pytest.fixture
def doors(runtime: Runtime) -> list[Door]:
    first = make_door(runtime, head="卢春梅")
    others = [make_door(runtime, keeper=first.keeper, head="孙铁柱"), make_door(runtime)]
    sweeps.open_due_periods(runtime)
    return [first, *others]


@pytest.fixture
def cadre(runtime: Runtime) -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        return make_cadre(tx)


def get(client: FlaskClient, who: Someone, path: str) -> TestResponse:
    return client.get(f"/api/v1/duties/{path}", headers=bearer(who.token))


def test_ones_month_says_how_many_are_left_and_who_is_first(
    client: FlaskClient, runtime: Runtime, doors: list[Door]
) -> None:
    make_visit(runtime, doors[0])
    month = get(client, doors[0].keeper, "month").json
    assert month
    assert (month["month"], month["total"], month["done"], month["owed"]) == ("2026-11", 2, 1, 1)
    assert [(one["head"], one["state"]) for one in month["households"]] == [("孙铁柱", "owed"), ("卢春梅", "done")]
    earlier = get(client, doors[0].keeper, "month?month=2026-10").json
    assert earlier
    assert earlier["total"] == 0


@pytest.mark.parametrize(
    ("query", "status"), [("month=2026-13", 422), ("month=11", 422), ("kind=nothing", 404), ("who=me", 422)]
)
def test_a_month_that_cannot_be_asked_for_is_refused(
    client: FlaskClient, doors: list[Door], query: str, status: int
) -> None:
    assert get(client, doors[0].keeper, f"month?{query}").status_code == status


def test_a_cadre_sees_the_village_and_nobody_elses(
    client: FlaskClient, runtime: Runtime, doors: list[Door], cadre: Someone
) -> None:
    make_visit(runtime, doors[0])
    village = get(client, cadre, f"progress?area={VILLAGE}").json
    assert village
    assert (village["total"], village["done"], village["owed"]) == (3, 1, 2)
    assert get(client, cadre, "progress?area=419001/101/204/").status_code == 403
    assert get(client, doors[0].keeper, f"progress?area={VILLAGE}").status_code == 403


def test_a_cadre_lifts_a_duty_and_the_keeper_reads_why(
    client: FlaskClient, runtime: Runtime, doors: list[Door], cadre: Someone
) -> None:
    duty = duty_of(runtime, doors[0].household_id)
    assert duty is not None
    path = f"/api/v1/duties/{duty.id}"
    lifted = client.post(f"{path}/excuse", json={"reason": "household_ill"}, headers=bearer(cadre.token))
    assert (lifted.status_code, lifted.json and lifted.json["state"]) == (200, "excused")
    month = get(client, doors[0].keeper, "month").json
    assert month
    assert {one["excuse"] for one in month["households"]} == {None, "住院或照看病人"}
    mine = client.post(f"{path}/excuse", json={"reason": "household_ill"}, headers=bearer(doors[0].keeper.token))
    assert mine.status_code == 403
    back = client.post(f"{path}/unexcuse", headers=bearer(cadre.token))
    assert (back.status_code, back.json and back.json["state"]) == (200, "owed")
