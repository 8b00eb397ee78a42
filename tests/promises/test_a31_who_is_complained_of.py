"""A31, short form: whoever is complained of, and the village's head, read no byte of a strict case by any endpoint, list or count."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app.domains.cases.sweeps import escalate_overdue
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from tests.conftest import MORNING
from tests.makers.areas import VILLAGE
from tests.makers.cases import case_row, go, make_roster, raise_case, sitting, told
from tests.makers.identity import bearer, make_grant
from tests.makers.visits import Someone, make_cadre

pytestmark = pytest.mark.promise
WORDS = "低保名额给了亲戚"
LISTS = ("/cases/mine", "/cases/queue", f"/cases/area?area={VILLAGE}", "/inbox", "/audit", "/feed", "/zone/households")


def bodies(client: FlaskClient, who: Someone, case_id: object) -> str:
    """Everything that somebody is answered by every endpoint that could know of a case."""
    one = [f"/cases/{case_id}", f"/cases/{case_id}/near"]
    said = [client.get(f"/api/v1{path}", headers=bearer(who.token)).get_data(as_text=True) for path in (*LISTS, *one)]
    move = {"id": str(uuid4()), "move": "accept"}
    for deed in ("moves", "extend"):
        body = move if deed == "moves" else {"id": str(uuid4()), "clock": "solve", "reason": "x"}
        sent = client.post(f"/api/v1/cases/{case_id}/{deed}", json=body, headers=bearer(who.token))
        assert sent.status_code in {202, 403, 404}
    return "".join(said)


def test_a31_the_complained_of_and_the_village_head_read_no_byte(
    client: FlaskClient, runtime: Runtime, clock: MovableClock
) -> None:
    village = make_roster(runtime)
    with transaction(runtime, SYSTEM) as tx:
        cadre = make_cadre(tx, "牛志远")
        make_grant(tx, village.secretary.person_id, "village_cadre")
        make_grant(tx, village.clerk.person_id, "village_cadre")
    form = {"text": WORDS, "about": ["member@zone", "clerk@village"]}
    opened = raise_case(runtime, village.villager, category="order", form=form)
    kept_out = (village.keeper, village.clerk, village.secretary)
    assert [p for p, s in sitting(runtime, opened.id, "owner").items() if s == "asked"] == [
        village.dispatcher.person_id
    ]
    for days in (1, 3, 6):
        clock.set(MORNING + timedelta(days=days), rate=0)
        while escalate_overdue(runtime):
            pass
    for who in (*kept_out, cadre):
        said = bodies(client, who, opened.id)
        for secret in (str(opened.id), opened.number, WORDS, "基层治理"):
            assert secret not in said, (who, secret)
        assert told(runtime, who.person_id) == []
    assert case_row(runtime, opened.id).is_area_seen is False


def test_a31_whoever_answers_for_a_strict_case_sees_what_not_who(client: FlaskClient, runtime: Runtime) -> None:
    village = make_roster(runtime)
    opened = raise_case(runtime, village.villager, category="order", form={"text": WORDS})
    seen = client.get(f"/api/v1/cases/{opened.id}", headers=bearer(village.keeper.token))
    assert WORDS in seen.get_data(as_text=True)
    assert seen.json["people"] == []
    assert seen.json["timeline"] == []
    assert "卢" not in seen.get_data(as_text=True)
    go(runtime, village.keeper, opened.id, "accept")
    assert "卢" not in client.get("/api/v1/inbox", headers=bearer(village.keeper.token)).get_data(as_text=True)
