"""Matters over HTTP: what may be raised, who will get it, one raised and moved, and what each person sees of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.domains.notices.models import Message
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.conftest import MORNING
from tests.makers.areas import VILLAGE
from tests.makers.cases import TOLD, Roster, go, make_absent, make_roster, raise_case, told
from tests.makers.identity import bearer
from tests.makers.media import RECORDING, make_file
from tests.makers.visits import Someone, make_cadre, make_door, make_villager, visit_body

DONE = {"text": "换了灯泡", "photos": [str(uuid4())]}


@pytest.fixture
def village(runtime: Runtime) -> Roster:
    return make_roster(runtime)


def post(client: FlaskClient, who: Someone, path: str, body: dict[str, Any]) -> TestResponse:
    return client.post(f"/api/v1{path}", json=body, headers=bearer(who.token))


def get(client: FlaskClient, who: Someone, path: str) -> TestResponse:
    return client.get(f"/api/v1{path}", headers=bearer(who.token))


def a_case(**changes: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": "whistle", "category": "habitat", "form": {"text": "灯坏了"}, **changes}


def test_a_phone_can_draw_every_kind_that_one_may_raise(client: FlaskClient, village: Roster) -> None:
    kinds = {kind["key"]: kind for kind in get(client, village.villager, "/cases/kinds").json["kinds"]}
    assert [c["name"] for c in kinds["whistle"]["categories"]] == [
        "个人诉求", "人居环境", "基层治理", "营商环境", "基础民生", "乡村振兴",
    ]  # fmt: skip
    about = next(one for one in kinds["whistle"]["form"] if one["key"] == "about")
    assert about["choice_names"] == ["联户党员", "村文书", "村支书"]
    assert set(kinds) == {"whistle", "errand"}


def test_who_will_get_it_is_shown_before_sending_with_who_is_passed_over(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    ask = {"kind": "whistle", "category": "living"}
    shown = post(client, village.villager, "/cases/who-will-get", ask).json
    assert (shown["will_get"], shown["passed"]) == ([{"name": "段永平", "office": "联户党员"}], [])
    assert [(one["office"], one["level"]) for one in shown["then"]] == [
        ("村支书", "village"), ("镇调度员", "town"), ("市值班员", "county"),
    ]  # fmt: skip
    assert shown["due_at"] == shown["then"][0]["at"] < shown["then"][1]["at"] < shown["then"][2]["at"]
    with transaction(runtime, SYSTEM) as tx:
        make_absent(tx, village.keeper.person_id, village.elder_id)
    shown = post(client, village.villager, "/cases/who-will-get", ask).json
    assert shown["will_get"] == [{"name": "赵文书", "office": "村文书"}]
    assert shown["passed"] == [{"office": "联户党员", "why": "联系不上"}]


def test_the_same_id_again_raises_one_case_and_gives_the_same_answer(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    body = a_case()
    answers = [post(client, village.villager, "/cases", body) for _ in range(3)]
    assert {a.status_code for a in answers} == {201}
    assert len({a.get_data() for a in answers}) == 1
    assert told(runtime, village.keeper.person_id) == ["new"]
    assert post(client, village.villager, "/cases", {**body, "category": "living"}).status_code == 422


def test_everybody_sees_what_is_meant_for_him(client: FlaskClient, runtime: Runtime, village: Roster) -> None:
    opened = raise_case(runtime, village.villager)
    path = f"/cases/{opened.id}"
    mine = get(client, village.villager, path).json
    told_so = {"key": "text", "name": "说说什么事", "type": "text", "text": "路口的灯坏了三天", "file_ids": []}
    assert mine["opening"] == [{"form": "report", "values": {"text": "路口的灯坏了三天"}, "lines": [told_so]}]
    assert mine["places"] == ["reporter"]
    assert {p["party"]: p["name"] for p in mine["people"]} == {"reporter": "卢**", "owner": "段永平"}
    keepers = get(client, village.keeper, path).json
    assert keepers["moves"] == ["accept", "refuse", "merge", "transfer"]
    assert [(one["key"], one["weight"]) for one in keepers["offers"]] == [
        ("accept", "main"), ("refuse", "side"), ("merge", "side"), ("transfer", "side"),
    ]  # fmt: skip
    assert (keepers["is_mine"], keepers["quick"], mine["is_mine"]) == (True, {"key": "accept", "name": "我来办"}, False)
    with transaction(runtime, SYSTEM) as tx:
        cadre = make_cadre(tx, "牛志远")
    areas = get(client, cadre, path).json
    assert (areas["opening"], areas["people"], areas["timeline"], areas["file_ids"]) == ([], [], [], [])
    assert areas["stage_name"] == "信息收集"
    assert get(client, village.clerk, path).status_code == 404
    (listed,) = get(client, village.villager, "/cases/mine").json["cases"]
    assert (listed["id"], listed["words"]) == (str(opened.id), "路口的灯坏了三天")
    assert [c["id"] for c in get(client, village.keeper, "/cases/queue").json["cases"]] == [str(opened.id)]
    (known,) = get(client, cadre, f"/cases/area?area={VILLAGE}").json["cases"]
    assert (known["id"], known["words"]) == (str(opened.id), "")
    assert get(client, village.villager, f"/cases/area?area={VILLAGE}").json["cases"] == []


def test_a_move_over_http_moves_once(client: FlaskClient, runtime: Runtime, village: Roster) -> None:
    opened = raise_case(runtime, village.villager)
    step = {"id": str(uuid4()), "move": "accept"}
    answers = [post(client, village.keeper, f"/cases/{opened.id}/moves", step) for _ in range(2)]
    assert [a.json for a in answers] == [answers[0].json] * 2
    assert answers[0].json["stage"] == "sorting"
    again = post(client, village.keeper, f"/cases/{opened.id}/moves", {"id": str(uuid4()), "move": "accept"})
    assert (again.status_code, again.json["code"]) == (409, "cases.moved_on")
    wrong = post(client, village.keeper, f"/cases/{opened.id}/moves", {"id": str(uuid4()), "move": "confirm"})
    assert (wrong.status_code, wrong.json["field"], wrong.json["message"]) == (422, "form.text", "请填“情况”。")


def test_the_lead_extends_the_clock_once_with_a_reason(client: FlaskClient, runtime: Runtime, village: Roster) -> None:
    opened = raise_case(runtime, village.villager)
    for move, form in (("accept", {}), ("confirm", {"text": "是"}), ("do_self", {})):
        go(runtime, village.keeper, opened.id, move, **form)
    body = {"id": str(uuid4()), "clock": "solve", "reason": "等配件"}
    first = post(client, village.keeper, f"/cases/{opened.id}/extend", body)
    assert (first.status_code, first.json["due_at"][:10]) == (201, "2026-11-16")
    assert post(client, village.keeper, f"/cases/{opened.id}/extend", body).json == first.json
    more = post(client, village.keeper, f"/cases/{opened.id}/extend", {**body, "id": str(uuid4())})
    assert (more.status_code, more.json["code"]) == (409, "cases.may_not_extend")
    assert post(client, village.villager, f"/cases/{opened.id}/extend", {**body, "id": str(uuid4())}).status_code == 403


def test_a_recording_is_heard_by_those_who_see_the_group(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    file_id = uuid4()
    sent = client.post(f"/api/v1/media?id={file_id}&kind=voice", data=RECORDING, headers=bearer(village.villager.token))
    assert sent.status_code == 201
    raise_case(runtime, village.villager, form={"voice": str(file_id)})
    assert get(client, village.keeper, f"/media/{file_id}").get_data() == RECORDING
    for one in (village.clerk, village.secretary, village.dispatcher):
        assert get(client, one, f"/media/{file_id}").status_code == 404


def test_naming_a_strangers_file_gives_no_right_to_it(client: FlaskClient, runtime: Runtime, village: Roster) -> None:
    file_id = uuid4()
    client.post(f"/api/v1/media?id={file_id}&kind=voice", data=RECORDING, headers=bearer(village.keeper.token))
    raise_case(runtime, village.villager, form={"voice": str(file_id)})
    assert get(client, village.villager, f"/media/{file_id}").status_code == 404


def test_a_visit_carries_a_case_in_any_order_of_the_queue(client: FlaskClient, village: Roster) -> None:
    visit_id, case_id = uuid4(), uuid4()
    visit = {"id": str(visit_id), "kind": "visit", "body": visit_body(village.household_id, visit_id, MORNING)}
    case = {"id": str(case_id), "kind": "case", "body": {**a_case(id=str(case_id)), "visit_id": str(visit_id)}}
    move = {"id": str(uuid4()), "kind": "case_move", "body": {"case_id": str(case_id), "move": "accept"}}
    first = post(client, village.keeper, "/sync", {"items": [move, case]}).json
    assert [r["state"] for r in first["receipts"]] == ["waiting", "waiting"]
    second = post(client, village.keeper, "/sync", {"items": [visit]}).json
    assert [r["state"] for r in second["receipts"]] == ["received"]
    assert {r["state"] for r in second["settled"]} == {"received"}
    seen = get(client, village.keeper, f"/cases/{case_id}").json
    assert (seen["stage"], seen["id"]) == ("sorting", str(case_id))


def test_an_urgent_case_rings_at_night_and_others_wait_for_the_morning(runtime: Runtime, village: Roster) -> None:

    raise_case(runtime, village.villager, category="living")
    raise_case(runtime, village.villager, category="habitat")
    with reading(runtime) as db:
        urgencies = sorted(db.scalars(select(Message.urgency).where(Message.template == "case_new")))
    assert urgencies == ["alarm", "normal"]


def test_a_villager_urges_once_a_day_and_the_timeline_shows_it(
    client: FlaskClient, runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    opened = raise_case(runtime, village.villager)
    path, body = f"/cases/{opened.id}/urge", {"id": str(uuid4())}
    first = post(client, village.villager, path, body)
    assert first.status_code == 201
    assert post(client, village.villager, path, body).json == first.json
    assert told(runtime, village.keeper.person_id) == ["new", "urged"]
    more = post(client, village.villager, path, {"id": str(uuid4())})
    assert (more.status_code, more.json["code"]) == (409, "cases.urged_lately")
    assert post(client, village.keeper, path, {"id": str(uuid4())}).json["code"] == "cases.not_your_move"
    seen = get(client, village.villager, f"/cases/{opened.id}").json
    assert seen["timeline"][-1]["kind"] == "urged"
    assert seen["urge_from"] == first.json["again_from"]
    clock.set(clock.now() + timedelta(hours=25), rate=0)
    assert post(client, village.villager, path, {"id": str(uuid4())}).status_code == 201


def test_nobody_is_urged_while_the_villagers_own_word_is_awaited(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    opened = raise_case(runtime, village.villager)
    for move, form in (("accept", {}), ("confirm", {"text": "是"}), ("do_self", {}), ("done", DONE)):
        go(runtime, village.keeper, opened.id, move, **form)
    refused = post(client, village.villager, f"/cases/{opened.id}/urge", {"id": str(uuid4())})
    assert (refused.status_code, refused.json["code"]) == (409, "cases.nothing_to_urge")
    seen = get(client, village.villager, f"/cases/{opened.id}").json
    assert (seen["urge_from"], seen["clock"]["stops"]) == (None, [])
    assert [(one["key"], one["weight"]) for one in seen["offers"]] == [("yes", "word"), ("no", "word")]


def test_what_was_promised_and_the_way_up_are_seen_by_whoever_has_a_part(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    opened = raise_case(runtime, village.villager, form={**TOLD, "who": str(village.elder_id)})
    for move, form in (("accept", {}), ("confirm", {"text": "是"})):
        go(runtime, village.keeper, opened.id, move, **form)
    go(runtime, village.keeper, opened.id, "whistle", unit="clerk@village", basis="归村里管")
    go(runtime, village.clerk, opened.id, "report", by="2026-11-05", what="换灯头")
    seen = get(client, village.villager, f"/cases/{opened.id}").json
    assert seen["promised_at"].startswith("2026-11-05")
    assert (seen["waits_on"], seen["clock"]["name"], seen["clock"]["state"]) == ("lead", "办好", "running")
    assert [stop["is_told"] for stop in seen["clock"]["stops"]] == [False] * 3
    assert {line["text"] for said in seen["opening"] for line in said["lines"]} == {"路口的灯坏了三天", "卢**"}
    order = next(line for line in seen["timeline"] if line["move"] == "whistle")
    assert [(line["name"], line["text"]) for line in order["said"][0]["lines"]] == [
        ("请谁来办", "村文书"), ("依据", "归村里管"),
    ]  # fmt: skip
    extension = get(client, village.clerk, f"/cases/{opened.id}").json["extension"]
    assert extension == {"clock": "solve", "name": "办好", "amount": 5, "unit": "working_days"}


def test_whoever_answers_is_told_by_which_move_he_can_hand_it_on(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    whistle = raise_case(runtime, village.villager)
    raise_case(
        runtime, village.keeper, kind="errand", category="other", form={"who": str(village.elder_id), "text": "领包裹"}
    )
    queue = {one["id"]: one for one in get(client, village.keeper, "/cases/queue").json["cases"]}
    assert queue[str(whistle.id)]["hand_on"] == "transfer"
    (mine,) = get(client, village.villager, "/cases/mine").json["cases"]
    assert mine["hand_on"] is None
    (errand,) = get(client, village.agent, "/cases/queue").json["cases"]
    assert errand["hand_on"] is None


def test_what_may_be_the_same_is_told_apart_by_its_words_where_one_may_read_them(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    first = raise_case(runtime, village.villager, form={"text": "路口的灯坏了三天"})
    silent = make_door(runtime)  # nothing reaches its keeper: the secretary is asked
    with transaction(runtime, SYSTEM) as tx:
        neighbour = make_villager(tx, silent.household_id, "王桂兰")
    second = raise_case(runtime, neighbour, form={"text": "巷口黑，路灯不亮"})

    def near(who: Someone, case_id: UUID) -> dict[str, str]:
        return {one["id"]: one["words"] for one in get(client, who, f"/cases/{case_id}/near").json["cases"]}

    assert near(village.keeper, first.id) == {str(second.id): ""}
    assert near(village.secretary, second.id) == {str(first.id): ""}
    third = raise_case(runtime, village.villager, form={"text": "那盏灯还没修"})
    assert near(village.keeper, third.id) == {str(first.id): "路口的灯坏了三天", str(second.id): ""}


def test_whoever_answers_is_named_in_full_as_on_the_button_that_calls_him_but_not_in_a_strict_matter(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    opened = raise_case(runtime, village.villager)
    go(runtime, village.keeper, opened.id, "accept")
    seen = get(client, village.villager, f"/cases/{opened.id}").json
    keeper = get(client, village.villager, "/me/household").json["keeper"]["name"]
    assert [line["by_name"] for line in seen["timeline"]] == ["卢**", keeper] == ["卢**", "段永平"]
    assert get(client, village.keeper, f"/cases/{opened.id}").json["timeline"][0]["by_name"] == "卢**"
    ask = {"kind": "whistle", "category": "order", "form": {"about": ["clerk@village"]}}
    assert post(client, village.villager, "/cases/who-will-get", ask).json["will_get"][0]["name"] == "段**"
    strict = raise_case(runtime, village.villager, category="order")
    names = {one["name"] for one in get(client, village.villager, f"/cases/{strict.id}").json["people"]}
    assert names == {"卢**", "段**"}


def test_what_is_told_in_the_same_words_stands_first_and_what_is_kept_from_somebody_is_not_proposed(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    def told_so(text: str, **more: Any) -> str:
        return str(raise_case(runtime, village.villager, form={"text": text, **more}).id)

    well, light = told_so("井台边上全是垃圾"), told_so("老槐树下的路灯不亮了")
    about_him = told_so("路灯不亮，找他几回都不管", about=["member@zone"])
    mine = raise_case(runtime, village.villager, form={"text": "槐树下路灯不亮"})
    near = get(client, village.keeper, f"/cases/{mine.id}/near").json
    assert ([one["id"] for one in near["cases"]], near["alike"]) == ([light, well], 1)
    for number in range(9):
        told_so(f"垃圾堆到第{number}家门口")
    near = get(client, village.keeper, f"/cases/{mine.id}/near").json
    assert ([one["id"] for one in near["cases"]], near["alike"]) == ([light], 1)
    blind = {"id": str(uuid4()), "move": "merge", "form": {"into": about_him}}
    refused = post(client, village.keeper, f"/cases/{mine.id}/moves", blind)
    assert refused.json["code"] == "cases.not_the_same"


def test_what_must_be_shown_has_come_from_whoever_shows_it(
    client: FlaskClient, runtime: Runtime, village: Roster
) -> None:
    opened = raise_case(runtime, village.villager)
    for move, form in (("accept", {}), ("confirm", {"text": "是"}), ("do_self", {})):
        go(runtime, village.keeper, opened.id, move, **form)

    def done(photo: UUID) -> Any:
        form = {"text": "换了灯泡", "photos": [str(photo)]}
        move = {"id": str(uuid4()), "move": "done", "form": form}
        return post(client, village.keeper, f"/cases/{opened.id}/moves", move)

    for photo in (uuid4(), make_file(runtime, village.villager.actor)):
        refused = done(photo)
        assert (refused.status_code, refused.json["field"]) == (422, "form.photos")
        assert "还没有传到" in refused.json["message"]
    assert done(make_file(runtime, village.keeper.actor)).status_code == 201
