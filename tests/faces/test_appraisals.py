"""Appraisals over HTTP: declared with a photo, voted on blind, published with masked names, and sent from a phone offline."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.domains.appraisals.rules import Ballot
from app.domains.identity.rules import NAMES
from app.domains.media import actions as media_actions
from app.domains.media.ports import Verdict
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import media_worker
from tests.makers.appraisals import (
    Village,
    checked,
    declared,
    make_village,
    now_of,
    objected,
    published,
    seats,
    voted,
    voter_of,
    wait_until,
)
from tests.makers.areas import NEXT_VILLAGE, make_person
from tests.makers.identity import bearer, make_session
from tests.makers.media import make_file, make_voice
from tests.makers.visits import Someone


@pytest.fixture
def village(runtime: Runtime) -> Village:
    return make_village(runtime)


def ask(client: FlaskClient, who: Someone, path: str, **body: Any) -> TestResponse:
    if not body:
        return client.get(f"/api/v1/appraisals{path}", headers=bearer(who.token))
    return client.post(f"/api/v1/appraisals{path}", headers=bearer(who.token), json={"id": str(uuid4()), **body})


def told(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.json
    found: dict[str, Any] = answer.get_json()
    return found


def a_deed(**changes: Any) -> dict[str, Any]:
    return {"kind": "deed", "items": ["mediate"], "words": "劝开了地边的事", **changes}


def look_at_everything(runtime: Runtime) -> None:
    while media_worker.work_once(runtime):
        pass
    for number in range(1, 4):
        with transaction(runtime, SYSTEM) as tx:
            media_actions.decide_check(tx, f"trace-{number}", Verdict.PASS)


def test_the_kinds_and_their_items_are_there_for_the_form(client: FlaskClient, village: Village) -> None:
    kinds = told(ask(client, village.villager, "/kinds"))["kinds"]
    assert [(kind["key"], kind["gives"], kind["trial_days"]) for kind in kinds] == [
        ("deed", "points", None),
        ("star_household", "star", 90),
    ]
    assert [(kind["check_by"], kind["panel_size"], kind["panel_least_yes"]) for kind in kinds] == [
        ("村文书", 3, 2),
        ("村文书", 5, 3),
    ]
    assert {
        "key": "clean_up",
        "name": "清洁家园",
        "points": [5, 5],
        "cap": 20,
        "per": "month",
        "needs_photo": True,
    } in [*kinds[0]["items"]]


def test_a_deed_with_a_photo_goes_from_the_phone_to_the_points(
    client: FlaskClient, runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    photo = make_file(runtime, village.villager.actor)
    body = a_deed(id=str(uuid4()), items=["clean_up"], file_ids=[str(photo)], has_picture_consent=True)
    assert told(ask(client, village.villager, "", **{**body, "file_ids": [str(uuid4())]}), 422)["field"] == "file_ids"
    first, again = (ask(client, village.villager, "", **body) for _ in range(2))
    assert told(first, 201) == told(again, 201) == {"id": body["id"], "stage": "checking"}
    deed = UUID(body["id"])
    look_at_everything(runtime)

    (waiting,) = told(ask(client, village.clerk, "/checks"))["checks"]
    assert (waiting["id"], waiting["words"], waiting["file_ids"]) == (str(deed), "劝开了地边的事", [str(photo)])
    told(ask(client, village.clerk, f"/{deed}/check", is_fine=True), 201)
    for seat in seats(runtime, deed):
        voter = voter_of(village, seat)
        (ballot,) = told(ask(client, voter, "/votes"))["votes"]
        assert ballot["id"] == str(deed)
        assert client.get(f"/api/v1/media/{photo}", headers=bearer(voter.token)).status_code == 200
        told(ask(client, voter, f"/{deed}/vote", is_yes=True, points=5, reason="lasting"), 201)
    (shown,) = told(ask(client, village.neighbours[0], "/published"))["appraisals"]
    assert (shown["name"], shown["points"], shown["words"]) == ("卢冬生", 5, "劝开了地边的事")
    assert client.get(f"/api/v1/media/{photo}", headers=bearer(village.neighbours[0].token)).status_code == 200

    wait_until(runtime, clock, now_of(runtime, deed).publish_until)
    seen = told(ask(client, village.villager, f"/{deed}"))
    assert [line["step"] for line in seen["timeline"]] == [
        "declared", "checked", "panel_drawn", "judged", "published", "in_force",
    ]  # fmt: skip
    assert [(item["claimed"], item["given"]) for item in seen["items"]] == [(5, 5)]
    points = client.get("/api/v1/points", headers=bearer(village.villager.token)).json
    assert points
    assert points["balance"] == 5


def test_a_ballot_says_neither_who_declared_nor_what_others_have_voted(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = declared(runtime, village.neighbours[0], household_id=village.household_id)
    checked(runtime, village.clerk, deed)
    first, second, _ = seats(runtime, deed)
    told(ask(client, voter_of(village, first), f"/{deed}/vote", is_yes=False, reason="not_found"), 201)
    (ballot,) = told(ask(client, voter_of(village, second), "/votes"))["votes"]
    assert "邻居0" not in str(ballot)
    assert not {"way", "declared_by", "voices", "yes_count", "timeline"} & ballot.keys()
    seen = told(ask(client, village.villager, f"/{deed}"))
    assert seen["voices"] == []
    assert "judged" not in [line["step"] for line in seen["timeline"]]


def test_votes_are_read_without_names_when_the_panel_has_decided(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = published(runtime, village)
    seen = told(ask(client, village.villager, f"/{deed}"))
    assert [(voice["is_yes"], voice["reason"]) for voice in seen["voices"]] == [(True, "确有其事，做得好")] * 3
    assert "评议" not in str(seen["voices"])


def test_a_refusal_says_what_would_help(client: FlaskClient, runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    told(ask(client, village.clerk, f"/{deed}/check", is_fine=False, reason="not_clear"), 201)
    seen = told(ask(client, village.villager, f"/{deed}"))
    assert (seen["stage"], seen["help"]) == ("refused", "补一张看得清的照片，写上时间、地点，再送一次。")


def test_names_are_whole_in_the_village_and_masked_outside(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    published(runtime, village)
    other = make_village(runtime, council=0, path=NEXT_VILLAGE)
    near = told(ask(client, village.neighbours[0], "/published"))["appraisals"]
    assert [(each["name"], each["may_object"]) for each in near] == [("卢冬生", True)]
    assert told(ask(client, other.villager, "/published"))["appraisals"] == []
    far = told(ask(client, other.villager, "/published?area=town"))["appraisals"]
    assert [(each["name"], each["may_object"]) for each in far] == [("卢**", False)]


def test_words_that_were_not_checked_are_not_published(client: FlaskClient, runtime: Runtime, village: Village) -> None:
    published(runtime, village, words="说了一句坏话")
    (shown,) = told(ask(client, village.neighbours[0], "/published"))["appraisals"]
    assert shown["words"] == ""
    look_at_everything(runtime)
    (shown,) = told(ask(client, village.neighbours[0], "/published"))["appraisals"]
    assert shown["words"] == ""


def test_an_objection_is_made_from_the_board_and_read_by_the_new_panel_without_a_name(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = published(runtime, village)
    objector = village.neighbours[0]
    (shown,) = told(ask(client, objector, "/published"))["appraisals"]
    assert {"key": "too_many", "name": "分给多了"} in shown["reasons"]
    told(ask(client, objector, f"/{deed}/object", reason="too_many", words="就说了两句话"), 201)
    assert ask(client, objector, f"/{deed}/object", reason="too_many").status_code == 409
    (ballot,) = told(ask(client, voter_of(village, seats(runtime, deed)[0]), "/votes"))["votes"]
    assert (ballot["is_review"], ballot["objections"]) == (True, ["分给多了：就说了两句话"])
    assert "邻居0" not in str(ballot)


def test_who_was_nominated_finds_it_among_his_own_and_says_no(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = declared(runtime, village.neighbours[0], household_id=village.household_id)
    (mine,) = told(ask(client, village.villager, "/mine"))["appraisals"]
    assert (mine["way"], mine["may_decline"], mine["may_withdraw"]) == ("neighbour", True, False)
    told(ask(client, village.villager, f"/{deed}/decline", id=str(uuid4())), 201)
    (mine,) = told(ask(client, village.neighbours[0], "/mine"))["appraisals"]
    assert (mine["stage"], mine["may_withdraw"]) == ("declined", False)


def test_a_member_stands_aside_and_another_is_asked(client: FlaskClient, runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    member = voter_of(village, seats(runtime, deed)[0])
    assert ask(client, member, f"/{deed}/stand-aside", reason="because").status_code == 422
    told(ask(client, member, f"/{deed}/stand-aside", reason="kin"), 201)
    assert told(ask(client, member, "/votes"))["votes"] == []
    assert len(seats(runtime, deed)) == 3


def test_a_declaration_comes_from_the_queue_of_a_phone_without_signal(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    item = {"id": str(uuid4()), "kind": "appraisal", "body": a_deed()}
    for _ in range(2):
        answer = client.post("/api/v1/sync", headers=bearer(village.villager.token), json={"items": [item]})
        assert answer.json
        assert [receipt["state"] for receipt in answer.json["receipts"]] == ["received"]
    assert len(told(ask(client, village.villager, "/mine"))["appraisals"]) == 1
    assert now_of(runtime, UUID(item["id"])).stage == "checking"


def test_outside_the_circle_a_deed_does_not_exist(client: FlaskClient, runtime: Runtime, village: Village) -> None:
    deed = declared(runtime, village.villager)
    other = make_village(runtime, council=1, path=NEXT_VILLAGE)
    for who in (village.neighbours[0], village.council[0], other.villager, other.clerk):
        assert ask(client, who, f"/{deed}").status_code == 404


def test_a_picture_used_before_is_flagged_on_both_also_when_it_was_made_smaller(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    field = Image.radial_gradient("L").resize((640, 480)).convert("RGB")
    field.paste("red", (90, 60, 330, 220))
    deeds = []
    for who, size in ((village.villager, (640, 480)), (village.neighbours[0], (320, 240))):
        file = io.BytesIO()
        field.resize(size).save(file, "JPEG", quality=70)
        photo = make_file(runtime, who.actor, file.getvalue())
        deeds.append(declared(runtime, who, items=("clean_up",), file_ids=(photo,)))
    look_at_everything(runtime)
    waiting = {each["id"]: each["flags"] for each in told(ask(client, village.clerk, "/checks"))["checks"]}
    first, second = map(str, deeds)
    assert waiting == {
        first: [{"kind": "same_picture", "other_id": second}],
        second: [{"kind": "same_picture", "other_id": first}],
    }


def find(client: FlaskClient, who: Someone, name: str) -> list[dict[str, Any]]:
    answer = client.post("/api/v1/appraisals/neighbours", headers=bearer(who.token), json={"name": name})
    found: list[dict[str, Any]] = told(answer)["found"]
    return found


def test_a_neighbour_is_found_by_the_whole_name_in_ones_own_village_only(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    other = make_village(runtime, council=0, path=NEXT_VILLAGE)
    neighbour = village.neighbours[0]
    found = find(client, village.villager, "邻居0")
    assert {one["household_id"] for one in found} == {str(neighbour.actor.household_id)}
    (seen,) = (one for one in found if one["person_id"] == str(neighbour.person_id))
    assert seen.keys() == {"person_id", "household_id", "group_name"}
    assert find(client, other.neighbours[0], "文书") != find(client, village.villager, "文书")
    assert find(client, village.villager, "邻居") == []
    assert find(client, neighbour, "邻居0") == [], "one's own is not a neighbour"
    body = a_deed(household_id=seen["household_id"], doer_id=seen["person_id"])
    assert told(ask(client, village.villager, "", **body), 201)["stage"] == "checking"


@pytest.mark.usefixtures("runtime")
def test_nobody_tries_a_villages_names_one_by_one(client: FlaskClient, village: Village) -> None:
    headers = bearer(village.villager.token)
    answers = [
        client.post("/api/v1/appraisals/neighbours", headers=headers, json={"name": f"查无此人{number}"})
        for number in range(NAMES.most + 1)
    ]
    assert [answer.status_code for answer in answers] == [200] * NAMES.most + [429]
    assert told(answers[-1], 429)["message"] == "试的次数太多了，请过一会儿再来。"


def test_children_are_not_found_by_their_names(client: FlaskClient, runtime: Runtime, village: Village) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_person(tx, "卢小宝", household_id=village.neighbours[0].actor.household_id, birth_year=2015)
    assert find(client, village.villager, "卢小宝") == []


def test_a_recording_stands_for_words_and_is_heard_by_those_who_judge_and_by_nobody_else(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    assert ask(client, village.villager, "", **a_deed(words=" ")).status_code == 422
    voice = make_voice(runtime, village.villager.actor)
    deed = UUID(told(ask(client, village.villager, "", **a_deed(words="", voice_id=str(voice))), 201)["id"])
    (waiting,) = told(ask(client, village.clerk, "/checks"))["checks"]
    assert (waiting["words"], waiting["file_ids"], waiting["voice_id"]) == ("", [], str(voice))
    told(ask(client, village.clerk, f"/{deed}/check", is_fine=True), 201)
    for seat in seats(runtime, deed):
        voter = voter_of(village, seat)
        (ballot,) = told(ask(client, voter, "/votes"))["votes"]
        assert ballot["voice_id"] == str(voice)
        assert client.get(f"/api/v1/media/{voice}", headers=bearer(voter.token)).status_code == 200
        told(ask(client, voter, f"/{deed}/vote", is_yes=True, points=5, reason="lasting"), 201)
    reader = village.neighbours[0]
    (shown,) = told(ask(client, reader, "/published"))["appraisals"]
    assert (shown["words"], shown["file_ids"], "voice_id" in shown) == ("", [], False)
    assert client.get(f"/api/v1/media/{voice}", headers=bearer(reader.token)).status_code == 404


def test_who_has_voted_sees_the_others_when_the_last_has_spoken(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = declared(runtime, village.villager)
    checked(runtime, village.clerk, deed)
    first, second, third = (voter_of(village, seat) for seat in seats(runtime, deed))
    told(ask(client, first, f"/{deed}/vote", is_yes=False, reason="not_found"), 201)
    (judged,) = told(ask(client, first, "/votes"))["judged"]
    assert (judged["is_decided"], judged["voices"], judged["own"]["is_yes"]) == (False, [], False)
    for voter in (second, third):
        told(ask(client, voter, f"/{deed}/vote", is_yes=True, points=6, reason="lasting"), 201)
    (judged,) = told(ask(client, first, "/votes"))["judged"]
    assert (judged["is_decided"], judged["is_yes"], judged["points"]) == (True, True, 6)
    assert sorted(voice["is_yes"] for voice in judged["voices"]) == [False, True, True]
    assert told(ask(client, village.council[0], "/votes"))["judged"] == [] or village.council[0] in {
        first,
        second,
        third,
    }


def test_the_board_says_how_the_panel_voted_and_what_became_of_ones_own_objection(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    deed = published(runtime, village)
    objector, other = village.neighbours
    told(ask(client, objector, f"/{deed}/object", reason="too_many"), 201)
    (shown,) = told(ask(client, objector, "/published"))["appraisals"]
    assert (shown["yes_count"], shown["no_count"], shown["may_object"]) == (3, 0, False)
    assert (shown["objection"]["reason"], shown["objection"]["state"]) == ("分给多了", "open")
    (shown,) = told(ask(client, other, "/published"))["appraisals"]
    assert (shown["objection"], shown["may_object"]) == (None, True)
    voted(runtime, village, deed)
    (shown,) = told(ask(client, objector, "/published"))["appraisals"]
    assert shown["objection"]["state"] == "dismissed"


def test_a_refusal_on_the_clerks_desk_carries_the_words_that_the_household_will_read(
    client: FlaskClient, runtime: Runtime, village: Village
) -> None:
    declared(runtime, village.villager)
    (waiting,) = told(ask(client, village.clerk, "/checks"))["checks"]
    helps = {each["key"]: each["help"] for each in waiting["refusals"]}
    assert helps["not_clear"] == "补一张看得清的照片，写上时间、地点，再送一次。"


def test_doors_to_look_in_at_and_objections_to_answer_lie_with_their_offices(
    client: FlaskClient, runtime: Runtime, village: Village, clock: MovableClock
) -> None:
    star = declared(runtime, village.villager, kind="star_household", items=("harmony",))
    checked(runtime, village.clerk, star)
    (tried,) = told(ask(client, village.council[0], "/looks"))["looks"]
    assert (tried["looks"], tried["looks_wanted"], tried["looked_today"]) == (0, 2, False)
    told(ask(client, village.council[0], f"/{star}/look", id=str(uuid4())), 201)
    told(ask(client, village.clerk, f"/{star}/look", id=str(uuid4())), 201)
    (tried,) = told(ask(client, village.council[0], "/looks"))["looks"]
    assert (tried["looks"], tried["looked_today"]) == (2, True)

    wait_until(runtime, clock, now_of(runtime, star).due_at)
    voted(runtime, village, star, *[Ballot(is_yes=True, points=0, reason="deserves")] * 5)
    objected(runtime, village.neighbours[0], star, reason="breaks_rules", words="门前堆了半年砖")
    with transaction(runtime, SYSTEM) as tx:
        token = make_session(tx, account_of(village.secretary))
    secretary = village.secretary._replace(token=token)
    (contested,) = told(ask(client, secretary, "/objected"))["objected"]
    assert (contested["id"], contested["objections"]) == (str(star), ["有违反村规民约的事：门前堆了半年砖"])
    assert "邻居0" not in str(contested)
    told(ask(client, secretary, f"/{star}/answer", is_upheld=False), 201)
    assert told(ask(client, secretary, "/objected"))["objected"] == []


def account_of(who: Someone) -> UUID:
    account_id = who.actor.account_id
    assert account_id
    return account_id
