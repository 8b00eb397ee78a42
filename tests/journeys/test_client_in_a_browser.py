"""The client as people hold it: built, opened in Chromium, against the real API and the fake WeChat."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
import qrcode
from PIL import Image, ImageFilter

from app.commands.people import path_given, person_given
from app.domains.identity.actions import grant_role
from app.kernel.access import SYSTEM
from app.kernel.transaction import transaction
from tests.journeys.browser import facts, walk
from tests.journeys.people import choose_templates, new_id, photo, said, take_phone
from tests.journeys.roll import Resident, print_codes
from tests.journeys.village import (
    CODE,
    FATHER,
    HOMES,
    LI,
    MENG,
    MOTHER,
    SHANG,
    WANG,
    ZHAO,
    Village,
    household_of,
    zone_of,
)
from tests.stack import Phone, Stack, until

_WORDS = "三组巷口的灯泡换好了，天黑走路不怕"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def stage(stack: Stack, village: Village) -> dict[str, Any]:
    """What the journeys must know: addresses, doors, who lives where, and a picture to take."""
    choose_templates(stack)
    _give_office(stack, LI, "clerk")
    member = village.call(ZHAO)
    village.month_is_open(member)
    seen = _doors(stack, member)
    doors = {door["household"]["number"]: printed for printed, door in seen if door["household"]}
    zone = {one["number"]: one["id"] for one in zone_of(member)}
    for person in (SHANG, MOTHER):
        take_phone(stack, person.name, person.phone)
    assert household_of(village.call(WANG)) == zone["8002"]
    visit = _shared(stack, village, member, zone["9011"])
    return {
        **facts(stack),
        "door": doors["8001"],
        "strange_door": next(printed for printed, door in seen if door["relation"] == "other").rsplit("/", 1)[-1],
        "household": zone["8002"],
        "visit": visit,
        "words": _WORDS,
        "large_picture": base64.b64encode(photo((1500, 1100))).decode(),
        "other_door": doors["8003"].rsplit("/", 1)[-1],
        "door_picture": base64.b64encode(_printed(doors["8001"])).decode(),
        "secrets": [one.name for home in HOMES for one in home.residents] + ["山口村", "三组", FATHER.name],
    }


def _shared(stack: Stack, village: Village, member: Any, household: str) -> str:
    """A visit that was shown to the village, and that somebody there has said something against; a cadre may look at it."""
    share = {"words": _WORDS, "file_ids": [], "has_picture_consent": False}
    visit = {
        "id": new_id(stack),
        "household_id": household,
        "visited_at": stack.clock.now().isoformat(),
        "share": share,
    }
    said(member.post("visits", visit), 201)
    neighbour = village.call(WANG)
    until(lambda: visit["id"] in {post["id"] for post in said(neighbour.get("feed"))["posts"]}, seconds=90)
    said(neighbour.post(f"feed/{visit['id']}/report", {"id": new_id(stack), "reason": "private"}), 201)
    village.call(MENG)
    stack.command("grant", "--phone", MENG.phone, "village_cadre", CODE)
    return str(visit["id"])


def _printed(link: str) -> bytes:
    """A door's code as somebody photographs it: askew, on a wall, not quite sharp."""
    code = qrcode.make(link, border=3).convert("L").resize((420, 420))
    wall = Image.new("L", (900, 1200), 150)
    wall.paste(code.rotate(7, expand=True, fillcolor=150, resample=Image.Resampling.BICUBIC), (200, 380))
    out = io.BytesIO()
    wall.filter(ImageFilter.GaussianBlur(1.2)).save(out, "JPEG", quality=70)
    return out.getvalue()


def _doors(stack: Stack, member: Any) -> list[tuple[str, dict[str, Any]]]:
    tokens = ((printed, printed.rstrip("/").rsplit("/", 1)[-1]) for printed in print_codes(stack, CODE))
    return [(printed, said(member.post("household-codes/resolve", {"token": token}))) for printed, token in tokens]


def test_a_member_visits_with_and_without_a_signal_and_every_visit_arrives_once(
    stack: Stack, village: Village, stage: dict[str, Any]
) -> None:
    member = village.call(ZHAO)
    before = said(member.get("duties/month"))
    print(walk(stage, "member", stack, patience=500))
    after = said(member.get("duties/month"))
    assert after["done"] == before["done"] + 5
    seen = [said(member.get(f"households/{one['id']}/visits"))["visits"] for one in zone_of(member)]
    assert sorted(len(visits) for visits in seen if visits) == [1] * 6
    assert sorted(len(visits[0]["file_ids"]) for visits in seen if visits) == [0] * 5 + [1]
    assert sorted(len(visits[0]["voice_ids"]) for visits in seen if visits) == [0] * 5 + [1]
    assert [one["words"] for one in said(member.get("cases/mine"))["cases"]] == ["井台护栏松了，怕孩子掉下去"]
    assert [one["way"] for one in said(member.get("appraisals/mine"))["appraisals"]] == ["member"]


def test_a_matter_goes_from_a_villagers_voice_to_his_word_with_phones_side_by_side(
    stack: Stack, village: Village, stage: dict[str, Any]
) -> None:
    phones = {one.name: village.call(one).openid for one in (WANG, ZHAO, LI)}
    print(walk({**stage, "phones": phones}, "whistle", stack, patience=500))
    (newest, solved) = said(village.call(WANG).get("cases/mine"))["cases"]
    assert (solved["outcome"], solved["words"]) == ("solved", "门前的路灯不亮了")
    assert (newest["outcome"], newest["words"]) == (None, "井里打不上水")
    made = [one["move"] for one in said(village.call(WANG).get(f"cases/{solved['id']}"))["timeline"] if one["move"]]
    assert made == ["accept", "confirm", "whistle", "report", "done", "no", "done", "yes"]


def _give_office(stack: Stack, person: Resident, role: str) -> None:
    with stack.inside() as runtime, transaction(runtime, SYSTEM) as tx:
        who, path = person_given(tx, None, person.phone), path_given(CODE)
        grant_role(tx, grant_id=tx.new_id(), person_id=who, role=role, area_path=path)


def test_villagers_say_who_they_are_and_have_the_last_word(stack: Stack, stage: dict[str, Any]) -> None:
    print(walk(stage, "villager", stack, patience=500))


def test_a_member_in_the_hills_loses_nothing_and_sends_nothing_twice(
    stack: Stack, village: Village, stage: dict[str, Any]
) -> None:
    member = village.call(ZHAO)
    before = _visits_of(member)
    print(walk(stage, "hills", stack, patience=500))
    new = [visit for visit in _visits_of(member) if visit["id"] not in {one["id"] for one in before}]
    assert sorted(visit["note"] for visit in new) == ["信号不好的一户", "没信号的一户"]
    pictures = [file for visit in new for file in visit["file_ids"]]
    assert len(pictures) == 1
    until(lambda: member.get(f"media/{pictures[0]}").status_code == 200)


def _visits_of(member: Any) -> list[dict[str, Any]]:
    return [visit for one in zone_of(member) for visit in said(member.get(f"households/{one['id']}/visits"))["visits"]]


@pytest.mark.timeout(1500)
def test_every_page_can_be_read_and_pressed_by_old_eyes_and_fingers(
    stack: Stack, village: Village, stage: dict[str, Any]
) -> None:
    print(walk({**stage, **_matters(stack, village)}, "pages", stack, patience=900))


def _matters(stack: Stack, village: Village) -> dict[str, str]:
    """One that the member raised himself, one that waits for him, and one whose answer he is asked for."""
    member = village.call(ZHAO)
    own = {"category": "business", "form": {"text": "合作社的执照怎么办"}}
    raised = [
        (member, own),
        (village.call(WANG), {"category": "habitat", "form": {"text": "井台边积水"}}),
        (member, own),
    ]
    found = {}
    for name, (whose, what) in zip(("matter", "task", "answered"), raised, strict=True):
        found[name] = str(new_id(stack))
        said(whose.post("cases", {"id": found[name], "kind": "whistle", **what}), 201)
    _solve(stack, village.call(LI), found["answered"])
    return found


def _solve(stack: Stack, clerk: Phone, case_id: str) -> None:
    """The clerk takes it, looks, does it himself and shows a picture."""
    file_id = str(new_id(stack))
    said(clerk.upload(f"media?id={file_id}", photo(), "image/jpeg"), 201)
    done = {"text": "执照办下来了", "photos": [file_id]}
    for move, form in (("accept", {}), ("confirm", {"text": "去问过了"}), ("do_self", {}), ("done", done)):
        body = {"id": str(new_id(stack)), "move": move, "form": form}
        said(clerk.post(f"cases/{case_id}/moves", body), 201)
