"""The fake WeChat takes and refuses messages as the real one does, and the phones show what came of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.templates import Template
from tests.adapters.sandbox_desk import OA, ONCE, Desk, desks

desk = pytest.fixture(desks)


def test_one_agreement_is_good_for_one_message_and_the_phone_shows_it(desk: Desk) -> None:
    phone = desk.phone()
    assert desk.subscribe_send(phone)["errcode"] == 43101
    desk.allow(phone)
    accepted = desk.subscribe_send(phone)
    assert accepted["errmsg"] == "ok"
    assert accepted["msgid"] > 2**53
    assert desk.subscribe_send(phone)["errcode"] == 43101
    (message,) = desk.screen(phone, "subscribe")
    assert message["title"] == "事情有回音"
    assert message["fields"] == [["什么事", "门前路灯不亮"], ["谁去的", "赵建国"]]


def test_a_long_term_agreement_lasts_until_it_is_withdrawn(desk: Desk) -> None:
    phone, data = desk.phone(), {"thing1": {"value": "王桂兰家"}}
    desk.allow(phone, "always")
    assert [desk.subscribe_send(phone, template_id="always", data=data)["errcode"] for _ in range(3)] == [0, 0, 0]
    desk.ctl(f"/phones/{phone['openid']}/unsubscribe", {"template": "always"})
    assert desk.subscribe_send(phone, template_id="always", data=data)["errcode"] == 43101


def test_the_dialog_takes_three_templates_of_one_kind_at_most(desk: Desk) -> None:
    where = f"/phones/{desk.phone()['openid']}/subscribe"
    assert desk.ctl(where, {"templates": ["once", "always"]})["errCode"] == 20002
    assert desk.ctl(where, {"templates": ["a", "b", "c", "d"]})["errCode"] == 20003
    assert desk.ctl(where, {"templates": ["unknown"]})["errCode"] == 20001
    assert desk.ctl(where, {"choices": {"once": "reject"}}) == {
        "errMsg": "requestSubscribeMessage:ok",
        "once": "reject",
    }


def test_a_refused_call_costs_no_agreement(desk: Desk) -> None:
    phone = desk.phone()
    desk.allow(phone)
    assert desk.subscribe_send(phone, data={**ONCE, "thing1": {"value": "字" * 21}})["errcode"] == 47003
    assert desk.subscribe_send(phone)["errcode"] == 0


def test_a_wrong_field_is_named(desk: Desk) -> None:
    phone = desk.phone()
    empty = desk.subscribe_send(phone, data={**ONCE, "thing1": {"value": ""}})
    assert empty["errmsg"].startswith("argument invalid! data.thing1.value is emtpy rid: ")
    long = desk.subscribe_send(phone, data={**ONCE, "name2": {"value": "欧阳" * 6}})
    assert long["errmsg"].startswith("argument invalid! data.name2.value invalid rid: ")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("thing1", "二十个字" * 5, "二十个字" * 5 + "多"),
        ("thing1", "一行", "两\n行"),
        ("number1", "12.5", "十二"),
        ("letter1", "abc", "abc1"),
        ("symbol1", "#*!", "#*!#*!"),
        ("character_string1", "GD-2026/11", "工单11"),
        ("time1", "15:01", "25:01"),
        ("time1", "2026年11月23日 15:01", "2026-11-23 15:01"),
        ("time1", "2026年11月23日 15:01~2026年11月24日 15:01", "明天"),
        ("date1", "2026年11月23日", "11/23"),
        ("amount1", "¥100.50", "一百元"),
        ("phone_number1", "+86-13800000001", "1" * 18),
        ("car_number1", "豫U12345", "豫U12345678"),
        ("name1", "卢春梅", "卢春梅1"),
        ("phrase1", "已办好", "已经全都办好了"),
        ("phrase1", "已办好", "OK"),
        ("enum1", "好", "坏"),
    ],
)
def test_each_kind_of_field_has_its_limits(kind: str, good: str, bad: str) -> None:
    template = Template.of(
        {"id": "t", "title": "t", "kind": "subscribe", "fields": {kind: "x"}, "enums": {"enum1": ["好"]}}
    )
    assert template.complaint({kind: {"value": good}}) is None
    assert template.complaint({kind: {"value": bad}}) == f"argument invalid! data.{kind}.value invalid"


def test_unknown_people_templates_pages_and_broken_json_are_refused(desk: Desk) -> None:
    phone = desk.phone()
    desk.allow(phone)
    desk.running.world.config.pages = ["pages/case"]
    assert desk.subscribe_send(phone, touser="nobody")["errcode"] == 40003
    assert desk.subscribe_send(phone, touser=phone["oa_openid"])["errcode"] == 40003
    assert desk.subscribe_send(phone, template_id="oa")["errcode"] == 40037
    assert desk.subscribe_send(phone, page="pages/nowhere")["errcode"] == 41030
    assert desk.call("/cgi-bin/message/subscribe/send", [1])["errcode"] == 47001


def test_two_calls_at_once_about_one_person_are_refused(desk: Desk) -> None:
    phone = desk.phone()
    desk.allow(phone, times=4)
    desk.token()
    desk.ctl("/latency", {"p50_ms": 150})
    with ThreadPoolExecutor(3) as several:
        codes = sorted(one["errcode"] for one in several.map(desk.subscribe_send, [phone] * 3))
    assert codes == [0, 43108, 43108]


def test_the_day_has_a_quota_that_can_be_read_and_cleared(desk: Desk) -> None:
    desk.ctl("/settings", {"subscribe_per_day": 1})
    phone, path = desk.phone(), "/cgi-bin/message/subscribe/send"
    desk.allow(phone, times=3)
    assert [desk.subscribe_send(phone)["errcode"] for _ in range(2)] == [0, 45009]
    quota = desk.call("/cgi-bin/openapi/quota/get", {"cgi_path": path})["quota"]
    assert quota == {"daily_limit": 1, "used": 1, "remain": 0}
    assert desk.call("/cgi-bin/clear_quota", {"appid": desk.running.world.config.mp.appid})["errcode"] == 0
    assert desk.subscribe_send(phone)["errcode"] == 0


def test_a_template_message_needs_a_follower_and_is_shown_once_per_client_id(desk: Desk) -> None:
    phone = desk.phone()
    assert desk.template_send(phone)["errcode"] == 43004
    desk.ctl(f"/phones/{phone['openid']}/follow", {})
    first = desk.template_send(phone, client_msg_id="a1")
    again = desk.template_send(phone, client_msg_id="a1")
    other = desk.template_send(phone, client_msg_id="a2")
    assert first["msgid"] == again["msgid"] != other["msgid"]
    assert len(desk.screen(phone, "template")) == 2


def test_free_talk_needs_a_window_and_runs_out(desk: Desk) -> None:
    phone = desk.phone(follows_oa=True)
    message = {"touser": phone["oa_openid"], "msgtype": "text", "text": {"content": "好的"}}
    codes = [desk.call("/cgi-bin/message/custom/send", message, account="oa")["errcode"]]
    desk.ctl(f"/phones/{phone['openid']}/reply", {"text": "灯不亮"})
    codes += [desk.call("/cgi-bin/message/custom/send", message, account="oa")["errcode"] for _ in range(6)]
    desk.ctl("/advance", {"seconds": 48 * 3600 + 1})
    desk.forget_tokens()
    codes += [desk.call("/cgi-bin/message/custom/send", message, account="oa")["errcode"]]
    assert codes == [45015, 0, 0, 0, 0, 0, 45047, 45015]


def test_an_sms_reaches_the_number_once_per_id(desk: Desk) -> None:
    phone = desk.phone(number="13800000001")
    first = desk.sms("13800000001", "【连心】请接一下", own_id="m1").json()
    assert desk.sms("13800000001", "【连心】请接一下", own_id="m1").json() == first
    assert first["code"] == 0
    assert [one["text"] for one in desk.screen(phone, "sms")] == ["【连心】请接一下"]
    assert desk.sms("13800000001", "x", own_id="m2", key="wrong").status_code == 401
    desk.ctl("/settings", {"sms_refusal": 500})
    assert desk.sms("13800000001", "x", own_id="m3").json()["code"] == 500


def test_what_did_not_arrive_leaves_a_ghost_that_tells_of_the_fallback(desk: Desk) -> None:
    phone = desk.phone(number="13800000001")
    for _ in range(2):
        desk.subscribe_send(phone)
    desk.sms("13800000001", "【连心】请接一下", own_id="m1")
    (ghost,) = desk.screen(phone, "ghost")
    assert (ghost["reason"], ghost["times"], ghost["fallback"]) == ("43101", 2, "sms")


def test_a_ghost_goes_when_the_same_message_arrives_after_all(desk: Desk) -> None:
    phone = desk.phone()
    desk.subscribe_send(phone)
    desk.allow(phone)
    desk.subscribe_send(phone)
    assert [one["kind"] for one in desk.screen(phone)] == ["subscribe"]


def test_without_a_signal_messages_wait_and_unread_ones_are_marked(desk: Desk) -> None:
    phone = desk.phone(follows_oa=True)
    where = f"/phones/{phone['openid']}"
    desk.ctl(f"{where}/no-signal", {"on": True})
    assert desk.template_send(phone)["errcode"] == 0
    assert desk.screen(phone) == []
    desk.ctl(f"{where}/does-not-look", {"on": True})
    desk.ctl(f"{where}/no-signal", {"on": False})
    assert len(desk.screen(phone, "template")) == 1
    desk.template_send(phone, data={**OA, "thing1": {"value": "另一件"}})
    assert desk.screen(phone)[-1]["seen"] is False
    desk.ctl(f"{where}/does-not-look", {"on": False})
    assert desk.screen(phone)[-1]["seen"] is True


def test_a_text_is_judged_by_its_words_and_only_for_recent_visitors(desk: Desk) -> None:
    phone = desk.phone()
    asked = {"version": 2, "openid": phone["openid"], "scene": 2, "content": "赌博网站"}
    path = "/wxa/msg_sec_check"
    assert desk.call_raw(path, asked)["result"] == {"suggest": "risky", "label": 20006}
    assert desk.call_raw(path, {**asked, "content": "今天去了三户"})["result"] == {"suggest": "pass", "label": 100}
    assert desk.call(path, asked)["result"]["suggest"] == "pass"  # escaped as \uXXXX it is not recognised
    assert desk.call(path, {**asked, "scene": 9})["errcode"] == 40129
    desk.ctl(f"/phones/{phone['openid']}/visit", {"ago": 7201})
    assert desk.call(path, asked)["errcode"] == 61010
