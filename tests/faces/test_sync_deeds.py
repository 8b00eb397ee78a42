"""What is said about a deed from a phone without signal: objections, taking back, a nominee's no; late ones are told kindly."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.domains.appraisals.models import Objection
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from tests.faces.test_sync import sync
from tests.faces.test_sync_acts import act, renewed, told
from tests.makers.appraisals import Village, checked, declared, make_village, now_of, published, wait_until
from tests.makers.identity import bearer
from tests.makers.visits import Someone


@pytest.fixture
def village(runtime: Runtime) -> Village:
    return make_village(runtime)


def an_objection(deed: UUID) -> dict[str, Any]:
    return act("appraisal_object", appraisal_id=deed, reason="not_true", words="那天我没看见他")


def nominated(runtime: Runtime, village: Village) -> UUID:
    """A neighbour has praised the villager's household."""
    return declared(runtime, village.neighbours[0], household_id=village.household_id)


def kind_words(client: FlaskClient, who: Someone, item: dict[str, Any]) -> str:
    """What somebody reads whose item came too late; the same when it is sent again."""
    answers = [sync(client, who, item)["receipts"][0] for _ in range(2)]
    assert [one["state"] for one in answers] == ["conflict", "conflict"]
    assert answers[0]["message"] == answers[1]["message"]
    return str(answers[0]["message"])


def test_each_of_them_is_done_once_by_the_queue_and_by_its_own_route(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    shown, mine, praised = published(runtime, village), declared(runtime, village.villager), nominated(runtime, village)
    for who, item, path, stage in (
        (village.neighbours[0], an_objection(shown), "object", "objected"),
        (village.villager, act("appraisal_withdraw", appraisal_id=mine), "withdraw", "withdrawn"),
        (village.villager, act("appraisal_decline", appraisal_id=praised), "decline", "declined"),
    ):
        receipts = [sync(client, who, item)["receipts"][0] for _ in range(2)]
        assert [one["state"] for one in receipts] == ["received", "received"]
        deed = item["body"].pop("appraisal_id")
        single = client.post(
            f"/api/v1/appraisals/{deed}/{path}", json={**item["body"], "id": item["id"]}, headers=bearer(who.token)
        )
        assert (single.status_code, single.json) == (201, receipts[0]["answer"]), single.text
        assert (now_of(runtime, UUID(deed)).stage, single.json["stage"]) == (stage, stage)
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(Objection)) == 1


def test_what_comes_too_late_is_told_kindly_and_changes_nothing(
    client: FlaskClient, runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    mine, praised = published(runtime, village), nominated(runtime, village)
    begun = act("appraisal_withdraw", appraisal_id=mine)
    assert "撤不回来了" in kind_words(client, village.villager, begun)
    wait_until(runtime, clock, now_of(runtime, mine).publish_until)
    objector = renewed(runtime, village.neighbours[0], "villager")
    assert "没赶上，不怪您" in kind_words(client, objector, an_objection(mine))
    assert now_of(runtime, mine).stage == "in_force"
    checked(runtime, village.clerk, praised, is_fine=False, reason="not_clear")
    late = act("appraisal_decline", appraisal_id=praised)
    assert "没赶上，不怪您" in kind_words(client, renewed(runtime, village.villager, "villager"), late)
    assert now_of(runtime, praised).stage == "refused"


def test_a_second_objection_from_another_phone_is_told_that_one_counts(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = published(runtime, village)
    assert told(sync(client, village.neighbours[0], an_objection(deed))) == ("received", None)
    assert told(sync(client, village.neighbours[0], an_objection(deed))) == ("conflict", "appraisals.already_objected")


def test_nobody_takes_back_or_turns_down_what_is_not_his(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = nominated(runtime, village)
    for kind, who in (("appraisal_withdraw", village.villager), ("appraisal_decline", village.neighbours[0])):
        answers = [
            sync(client, who, act(kind, appraisal_id=one))["receipts"][0] | {"id": ""} for one in (deed, uuid4())
        ]
        assert answers[0] == answers[1]
        assert answers[0]["code"] == "appraisals.not_found"
    assert now_of(runtime, deed).stage == "checking"
