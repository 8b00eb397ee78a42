"""Saying who one is at the door, being known, agreeing, taking one's copy, leaving; and what the bot answers meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.people import ask_at_door, new_id, open_again, said, take_phone
from tests.journeys.roll import print_codes
from tests.journeys.trouble import cut_off
from tests.journeys.village import CODE, FATHER, LI, MOTHER, ZHAO, Village, household_of, zone_of
from tests.stack import Phone, Stack, until

DOOR = "8001"


@pytest.fixture(scope="module")
def token(stack: Stack, village: Village) -> str:
    """The code on the door of the old couple, as their keeper reads it from the printed sheet."""
    keeper = village.call(ZHAO)
    for printed in print_codes(stack, CODE):
        token = printed.rsplit("/", 1)[-1]
        door = said(keeper.post("household-codes/resolve", {"token": token}))
        if door["household"] and door["household"]["number"] == DOOR:
            return token
    raise AssertionError(DOOR)


@pytest.fixture(scope="module")
def father(stack: Stack) -> Phone:
    """A villager whose phone number nobody has on file."""
    return take_phone(stack, FATHER.name, follows_oa=True)


def _waiting(phone: Phone) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = said(phone.get("bindings/waiting"))["items"]
    return items


def test_whoever_names_himself_at_a_door_sees_only_his_own_until_he_is_known(
    stack: Stack, village: Village, father: Phone, token: str
) -> None:
    keeper, other = village.call(ZHAO), village.call(LI)
    home = next(home["id"] for home in zone_of(keeper) if home["number"] == DOOR)
    assert ask_at_door(father, token=token, name=FATHER.name)["state"] == "pending"
    me = said(father.get("me"))
    assert (me["person"], me["binding"]["state"]) == (None, "pending")
    for closed in ("feed", "duties/month", f"households/{home}/visits", "zone/households"):
        assert father.get(closed).status_code in {403, 404}, closed

    until(lambda: [sms for sms in keeper.screen("sms") if "等您认一认" in sms["text"]])
    assert FATHER.name not in str(keeper.screen())
    assert _waiting(other) == []
    (claim,) = _waiting(keeper)
    assert (claim["household_id"], claim["name"]) == (home, "尚**")
    known = {"id": new_id(stack), "is_known": True}
    assert other.post(f"bindings/{claim['id']}/decide", {**known, "id": new_id(stack)}).status_code == 404

    decided = cut_off(stack, lambda: keeper.post(f"bindings/{claim['id']}/decide", known))
    assert said(decided, 201)["state"] == "active"
    assert said(father.get("me"))["person"]["household_id"] == home
    assert said(father.get("feed"))["posts"] == []
    assert said(father.get(f"households/{home}/visits"))["visits"] == []
    assert _waiting(keeper) == []


def test_a_stranger_with_a_neighbours_name_is_refused_by_the_household(
    stack: Stack, village: Village, father: Phone, token: str
) -> None:
    stranger = take_phone(stack, "路人")
    wrong = {"id": new_id(stack), "way": "door", "token": token, "name": "路人甲"}
    assert stranger.post("bindings", wrong).status_code in {404, 409, 422}
    assert ask_at_door(stranger, token=token, name=MOTHER.name)["state"] == "pending"
    (claim,) = _waiting(father)
    no = {"id": new_id(stack), "is_known": False}
    assert said(father.post(f"bindings/{claim['id']}/decide", no), 201)["state"] == "refused"
    me = said(stranger.get("me"))
    assert (me["person"], me["binding"]) == (None, None)
    assert household_of(village.call(MOTHER)) == household_of(father)


def test_the_bot_answers_whoever_writes_to_it(stack: Stack, village: Village, father: Phone) -> None:
    keeper = village.call(ZHAO)
    stack.ask_sandbox(f"phones/{keeper.openid}/follow", {})
    assert _asked(keeper, "我的户", "还有 ")
    assert _asked(keeper, "帮助", "您可以发")
    assert _asked(father, "我的户", "没有联系的户")


def _asked(phone: Phone, words: str, expected: str) -> list[str]:
    """What the bot said to whoever wrote these words."""
    phone.stack.ask_sandbox(f"phones/{phone.openid}/reply", {"text": words})
    said_there = until(lambda: [i["text"] for i in phone.screen("custom") if expected in i["text"]])
    return list(said_there)


def test_a_person_agrees_takes_his_copy_and_leaves(stack: Stack, father: Phone) -> None:
    texts = said(father.get("consents"))["items"]
    for text in texts:
        body = {"id": new_id(stack), "purpose": text["purpose"], "version": text["version"], "is_given": True}
        said(father.post("consents", body), 201)
    assert all(text["is_given"] for text in said(father.get("consents"))["items"])
    assert said(father.get("me"))["texts_to_read"] == []
    copy = said(father.post("me/export"))["tables"]
    assert FATHER.name in str(copy["areas_person"])
    assert MOTHER.name not in str(copy)
    assert len(copy["identity_consent"]) == len(texts)

    assert father.delete("me").status_code == 422
    said(father.delete("me?confirm=true"))
    assert father.get("me").status_code == 401
    again = open_again(stack, father.openid)
    me = said(again.get("me"))
    assert (me["person"], me["binding"]) == (None, None)
    assert again.get("feed").status_code == 403
