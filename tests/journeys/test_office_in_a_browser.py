"""The office on the phone: a cadre tells everybody and sees who has read; an elder lets somebody help, and ends it; an errand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.browser import facts, walk
from tests.journeys.people import accept, choose_templates, new_id, photo, said
from tests.journeys.village import CODE, LI, SHANG, WANG, ZHAO, Village
from tests.stack import Stack, until

_LONG = 480
EARLIER = "院墙裂了一道缝"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stage(stack: Stack, village: Village) -> dict[str, Any]:
    """A cadre, a villager who wishes to be rung up, a neighbour who will help, and an agent who runs errands."""
    choose_templates(stack)
    stack.command("grant", "--phone", LI.phone, "village_cadre", CODE)
    stack.command("grant", "--phone", ZHAO.phone, "agent", CODE)
    for who in (LI, SHANG, ZHAO):
        village.call(who)
    accept(village.call(WANG), "broadcast")
    accept(village.call(WANG), "done_for_you")
    return {
        **facts(stack),
        "cadre": LI.name,
        "elder": WANG.name,
        "helper": SHANG.name,
        "helper_phone": SHANG.phone,
        "agent": ZHAO.name,
        "earlier": EARLIER,
        "words": "明天上午九点停水，请大家今晚存一些",
    }


@pytest.mark.timeout(1500)
def test_a_cadre_tells_everybody_and_an_elder_lets_somebody_help_until_she_ends_it(
    stack: Stack, village: Village, stage: dict[str, Any]
) -> None:
    print(walk({**stage, "part": "telling"}, "office", stack, patience=_LONG))
    phone = village.call(WANG)
    assert until(lambda: [one for one in phone.screen() if "停水" in str(one["fields"])])
    print(walk({**stage, "part": "read"}, "office", stack, patience=_LONG))
    (told,) = said(village.call(LI).get("broadcasts"))["items"]
    assert told["read"] == 1
    print(walk({**stage, "part": "pages", "broadcast": told["id"]}, "office", stack, patience=_LONG))
    shown_before(stack, village)
    print(walk({**stage, "part": "helping"}, "office", stack, patience=_LONG))
    matter = said(village.call(WANG).get("cases/mine"))["cases"][0]
    (opened,) = [
        line for line in said(village.call(WANG).get(f"cases/{matter['id']}"))["timeline"] if not line["move"]
    ][:1]
    assert (opened["by_name"], opened["through_name"]) == ("王**", "尚**")
    assert until(lambda: [one for one in village.call(WANG).screen() if "尚春生" in str(one["fields"])])
    print(walk({**stage, "part": "errand"}, "office", stack, patience=_LONG))
    assert [one["outcome"] for one in said(village.call(WANG).get("cases/mine"))["cases"]] == [
        "solved",
        None,
        None,
        None,
    ]
    print(walk({**stage, "part": "ended"}, "office", stack, patience=_LONG))
    assert said(village.call(SHANG).get("proxies"))["held"] == []


def shown_before(stack: Stack, village: Village) -> None:
    """A matter that she raised herself, with a picture."""
    phone, file_id = village.call(WANG), str(new_id(stack))
    said(phone.upload(f"media?id={file_id}", photo(), "image/jpeg"), 201)
    form = {"text": EARLIER, "photos": [file_id]}
    said(phone.post("cases", {"id": new_id(stack), "kind": "whistle", "category": "habitat", "form": form}), 201)
