"""A good deed on the phones of those who carry it: declared, looked at, judged, posted, doubted, answered, counted, explained."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.commands.people import person_given
from app.domains.identity.actions import grant_role
from app.kernel.access import SYSTEM
from app.kernel.transaction import transaction
from app.kernel.values import SHANGHAI
from tests.journeys.browser import facts, walk
from tests.journeys.people import accept, choose_templates, said
from tests.journeys.village import CODE, LI, MENG, MOTHER, NEIGHBOURS, PATH, SHANG, WANG, ZHAO, Village
from tests.stack import Stack, until

COUNCIL = (ZHAO, LI, MENG, *(home.residents[0] for home in NEIGHBOURS[:3]))
DEED = "清洁家园"
_LONG = 480

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stage(stack: Stack, village: Village) -> dict[str, Any]:
    """A clerk, a council of six, a doer and a neighbour, each with a phone; the doer wishes to be rung up."""
    choose_templates(stack)
    stack.command("grant", "--phone", MOTHER.phone, "clerk", CODE)
    with stack.inside() as runtime, transaction(runtime, SYSTEM) as tx:
        for who in COUNCIL:
            person_id = person_given(tx, None, who.phone)
            grant_role(tx, grant_id=tx.new_id(), person_id=person_id, role="council", area_path=PATH)
    for who in (MOTHER, WANG, *COUNCIL):
        village.call(who)
    accept(village.call(SHANG), "points_arrived")
    return {
        **facts(stack),
        "doer": SHANG.name,
        "clerk": MOTHER.name,
        "objector": WANG.name,
        "council": [who.name for who in COUNCIL],
        "item": DEED,
    }


@pytest.mark.timeout(1200)
def test_a_deed_goes_from_phone_to_phone_until_its_points_explain_themselves(
    stack: Stack, village: Village, stage: dict[str, Any]
) -> None:
    print(walk({**stage, "part": "judged"}, "deed", stack, patience=_LONG))
    (deed,) = said(village.call(SHANG).get("appraisals/mine"))["appraisals"]
    assert deed["stage"] == "published"
    morning = datetime.fromisoformat(deed["due_at"]).astimezone(SHANGHAI) + timedelta(days=1)
    stack.clock.set(morning.replace(hour=9, minute=0))
    phone = village.call(SHANG)
    points = until(lambda: (seen := said(phone.get("points")))["balance"] and seen)
    assert until(lambda: [item for item in phone.screen() if "现有积分" in str(item["fields"])])
    entry = points["entries"][0]["transfer_id"]
    print(
        walk({**stage, "part": "counted", "points": points["balance"], "entry": entry}, "deed", stack, patience=_LONG)
    )
    (matter,) = said(village.call(SHANG).get("cases/mine"))["cases"]
    told = said(village.call(SHANG).get(f"cases/{matter['id']}"))
    assert f"“{DEED}” +{points['balance']} 分，觉得不对" in str(told), "a doubt goes the way of every matter"
