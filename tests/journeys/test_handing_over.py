"""A zone is handed over: from that moment the old member sees nothing of it, the new one everything, and is told.

The operator's command is killed at each of its steps, and the API in the middle of the taker's first look.
"""

from __future__ import annotations

from typing import Any

import pytest

from app.domains.areas.errors import NothingToHandOver
from app.settings import Database
from tests.journeys.people import accept, choose_templates, new_id, said
from tests.journeys.trouble import cut_off, kill_at
from tests.journeys.village import CODE, LI, MENG, Village, zone_of
from tests.stack import Phone, Stack, until


def _words(member: Phone, household_id: str) -> dict[str, Any]:
    at = member.stack.clock.now().isoformat()
    return {"id": new_id(member.stack), "household_id": household_id, "visited_at": at, "kind": "door"}


def _visit(member: Phone, household_id: str) -> Any:
    return member.post("visits", _words(member, household_id))


STEPS = ("areas_link", "areas_household", "audit_entry", "notices_message")  # what a hand-over writes, in its order
WORDS = ("--village", CODE, "--from", LI.phone, "--to", MENG.phone, "--reason", "外出务工")
HAND_OVER = ("zone", "hand-over", *WORDS)


@pytest.mark.parametrize("step", STEPS)
def test_a_hand_over_that_is_killed_on_its_way_has_not_happened(
    stack: Stack, village: Village, database: Database, step: str
) -> None:
    giver, taker = village.call(LI), village.call(MENG)
    before = (zone_of(giver), said(giver.get("duties/month")), zone_of(taker), said(taker.get("duties/month")))
    inbox = said(taker.get("inbox"))["items"]
    kill_at(stack, database, step, *HAND_OVER)
    assert before == (zone_of(giver), said(giver.get("duties/month")), zone_of(taker), said(taker.get("duties/month")))
    assert said(taker.get("inbox"))["items"] == inbox


def test_a_zone_changes_hands_in_one_moment(stack: Stack, village: Village) -> None:
    choose_templates(stack)
    giver, taker = village.call(LI), village.call(MENG)
    accept(taker, "zone_handed_over")
    given, kept = zone_of(giver), zone_of(taker)
    owed = village.month_is_open(giver)["owed"]
    visited = said(_visit(giver, given[0]["id"]), 201)

    stack.kill("worker")
    assert f"移交 {len(given)} 户" in stack.command(*HAND_OVER).stdout
    looked = cut_off(stack, lambda: taker.get("zone/households"))
    again = stack.command(*HAND_OVER, check=False)
    assert (again.returncode, again.stderr.strip()) == (1, NothingToHandOver().sentence)
    stack.start("worker")

    _sees_nothing_of_it(giver, given, visited["id"])
    taken = said(looked)["households"]
    assert {home["id"] for home in taken} == {home["id"] for home in [*given, *kept]}
    month = said(taker.get("duties/month"))
    open_now = {home["household_id"] for home in month["households"] if home["state"] == "owed"}
    assert len(open_now & {home["id"] for home in given}) == owed - 1
    assert said(taker.get(f"visits/{visited['id']}"))["household_id"] == given[0]["id"]
    words = _words(taker, given[1]["id"])
    logged = said(cut_off(stack, lambda: taker.post("visits", words)), 201)
    assert [visit["id"] for visit in said(taker.get(f"households/{given[1]['id']}/visits"))["visits"]] == [logged["id"]]
    _is_told_once(taker, len(given), owed - 1)


def _sees_nothing_of_it(giver: Phone, given: list[dict[str, Any]], visit_id: str) -> None:
    assert zone_of(giver) == []
    assert said(giver.get("duties/month"))["owed"] == 0
    for home in given:
        assert giver.get(f"households/{home['id']}/visits").status_code == 404
    assert giver.get(f"visits/{visit_id}").status_code == 404
    assert _visit(giver, given[2]["id"]).status_code == 404


def _is_told_once(taker: Phone, count: int, left: int) -> None:
    (card,) = until(lambda: [item for item in taker.screen("subscribe") if f"{count} 户交给" in str(item["fields"])])
    assert f"还有 {left} 户没去" in str(card["fields"])
    assert LI.name in str(card["fields"])
    assert not [item for item in taker.screen("sms") if f"{count} 户由" in item["text"]]


def test_what_the_old_member_wrote_without_signal_is_a_conflict_and_stays_on_his_phone(
    stack: Stack, village: Village
) -> None:
    giver, taker = village.call(LI), village.call(MENG)
    home = zone_of(taker)[0]["id"]
    body = {"household_id": home, "visited_at": stack.clock.now().isoformat(), "kind": "door"}
    item = {"id": new_id(stack), "kind": "visit", "body": body}
    (receipt,) = said(giver.post("sync", {"items": [item]}))["receipts"]
    assert (receipt["label"], receipt["answer"]) == ("冲突", None)
    assert item["id"] not in {visit["id"] for visit in said(taker.get(f"households/{home}/visits"))["visits"]}
