"""What the fake WeChat posts to a callback: six forms that wechatpy can read, re-sending, copies, hostile packets."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from sandbox.push import packets
from tests.adapters.sandbox_desk import CONFIG, Callback, Desk, Posted, desks

desk = pytest.fixture(desks)


def opened(posted: Posted, *, account: str, mode: str) -> dict[str, Any]:
    """The fields of a packet, checked and deciphered by wechatpy."""
    app, query, text = getattr(CONFIG, account), posted.query, posted.body.decode()
    check_signature(app.token, query["signature"], query["timestamp"], query["nonce"])
    outside = json.loads(text) if text.startswith("{") else xmltodict.parse(text)["xml"]
    if mode == "plain":
        assert "Encrypt" not in outside
        return outside
    crypto = WeChatCrypto(app.token, app.aes_key, app.appid)
    inside = crypto.decrypt_message(outside, query["msg_signature"], query["timestamp"], query["nonce"])
    fields = json.loads(inside) if inside.startswith("{") else xmltodict.parse(inside)["xml"]
    assert ("Event" in outside) is (mode == "compatible")
    return fields


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_an_event_can_be_read_in_all_six_forms(desk: Desk, mode: str, form: str) -> None:
    with Callback() as callback:
        desk.ctl("/callback", {"app": "mp", "url": callback.url, "mode": mode, "format": form})
        phone = desk.phone()
        desk.ctl(f"/phones/{phone['openid']}/subscribe", {"choices": {"once": "accept"}})
        (posted,) = callback.wait_for(1)
    fields = opened(posted, account="mp", mode=mode)
    entry = {"TemplateId": "once", "SubscribeStatusString": "accept", "PopupScene": "0"}
    assert fields["Event"] == "subscribe_msg_popup_event"
    assert fields["FromUserName"] == phone["openid"]
    listed = fields["SubscribeMsgPopupEvent"]["List"] if form == "xml" else fields["List"]
    assert listed == entry


def test_json_events_can_keep_their_wrapper_and_list_several_entries(desk: Desk) -> None:
    desk.ctl("/templates", {"templates": [{"id": "b", "title": "b", "kind": "subscribe", "fields": {"thing1": "b"}}]})
    desk.ctl("/settings", {"json_wrapper": True})
    with Callback() as callback:
        desk.ctl("/callback", {"app": "mp", "url": callback.url})
        desk.ctl(f"/phones/{desk.phone()['openid']}/subscribe", {"choices": {"once": "accept", "b": "ban"}})
        (posted,) = callback.wait_for(1)
    listed = opened(posted, account="mp", mode="safe")["SubscribeMsgPopupEvent"]["List"]
    assert [one["SubscribeStatusString"] for one in listed] == ["accept", "ban"]


def test_a_sent_message_is_reported_later_for_each_account(desk: Desk) -> None:
    with Callback() as callback:
        for app in ("mp", "oa"):
            desk.ctl("/callback", {"app": app, "url": callback.url, "mode": "plain", "format": "json"})
        phone = desk.phone(follows_oa=True)
        desk.ctl(f"/phones/{phone['openid']}/credits", {"template": "once", "count": 1})
        sent = desk.subscribe_send(phone)
        callback.wait_for(1)
        told = desk.template_send(phone)
        callback.wait_for(2)
        desk.ctl(f"/phones/{phone['openid']}", {"has_blocked_oa": True})
        desk.template_send(phone)
        events = [json.loads(one.body) for one in callback.wait_for(3)]
    assert events[0]["List"]["MsgID"] == str(sent["msgid"])
    assert (events[1]["MsgID"], events[1]["Status"]) == (told["msgid"], "success")
    assert events[2]["Status"] == "failed:user block"
    assert len(desk.screen(phone, "template")) == 1


def test_an_unanswered_event_is_sent_three_times_in_all(desk: Desk) -> None:
    with Callback(answer=lambda _posted: (500, b"")) as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url})
        desk.ctl("/event", {"app": "oa", "fields": {"Event": "CLICK", "EventKey": "k"}})
        callback.wait_for(3)
        time.sleep(0.1)
        assert len(callback.posted) == 3
    assert len({one.body for one in callback.posted}) == 3  # sealed anew each time
    assert desk.ctl("/pushes")["gave_up"] == 1


def test_an_answer_that_comes_too_late_counts_as_none(desk: Desk) -> None:
    with Callback(seconds=0.5) as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url})
        desk.ctl("/event", {"app": "oa", "fields": {"Event": "CLICK"}})
        callback.wait_for(3)
    assert desk.ctl("/pushes")["answered"] == 0


def test_copies_are_sent_although_the_event_was_answered_and_in_disorder(desk: Desk) -> None:
    desk.ctl("/settings", {"push_copies": 3})
    with Callback() as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url, "mode": "plain"})
        desk.ctl("/event", {"app": "oa", "fields": {"Event": "CLICK", "EventKey": "k"}})
        assert len({one.body for one in callback.wait_for(3)}) == 1


def test_a_burst_keeps_its_rate_and_is_measured(desk: Desk) -> None:
    with Callback() as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url, "mode": "plain"})
        started = time.monotonic()
        assert desk.ctl("/burst", {"app": "oa", "n": 40, "rate": 200, "copies": 2}) == {"events": 40, "packets": 80}
        callback.wait_for(80)
        took = time.monotonic() - started
    assert took > 0.35
    assert len({one.body for one in callback.posted}) == 40


@pytest.mark.parametrize("kind", ["wrong_signature", "foreign_appid"])
def test_a_forged_packet_does_not_stand_up_to_wechatpy(desk: Desk, kind: str) -> None:
    with Callback(answer=lambda _posted: (403, b"")) as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url})
        assert desk.ctl("/push", {"app": "oa", "kind": kind})["status"] == 403
        with pytest.raises(Exception, match=r"signature|AppId"):
            opened(callback.posted[0], account="oa", mode="safe")


def test_old_unknown_huge_and_replayed_packets_are_sent_on_order(desk: Desk) -> None:
    with Callback() as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url, "mode": "plain"})
        for kind in ("stale", "unknown_event", "huge_body", "replay"):
            assert desk.ctl("/push", {"app": "oa", "kind": kind})["status"] == 200
        stale, unknown, huge, replayed = callback.posted
    assert float(stale.query["timestamp"]) < time.time() - 3000
    assert b"debug_demo" in unknown.body
    assert len(huge.body) > 2_000_000
    assert (replayed.body, replayed.query) == (huge.body, huge.query)


def test_an_address_is_checked_with_an_echo(desk: Desk) -> None:
    with Callback() as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url})
        assert desk.ctl("/verify-callback", {"app": "oa"})["ok"] is True
    assert desk.ctl("/verify-callback", {"app": "oa"})["ok"] is False


def test_a_passive_reply_shows_on_the_phone(desk: Desk) -> None:
    app = CONFIG.oa
    reply = packets.render("xml", {"MsgType": "text", "Content": "收到，明天去看"})
    sealed = packets.render("xml", {"Encrypt": packets.seal(app, reply, appid=app.appid)}).encode()
    with Callback(answer=lambda _posted: (200, sealed)) as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url})
        phone = desk.phone(follows_oa=True)
        desk.ctl(f"/phones/{phone['openid']}/reply", {"text": "灯不亮"})
        wait_for_screen(desk, phone, 2)
    assert [(one["kind"], one["text"]) for one in desk.screen(phone)] == [
        ("own", "灯不亮"),
        ("custom", "收到，明天去看"),
    ]


def test_a_reply_wechat_cannot_read_shows_that_the_account_is_out_of_service(desk: Desk) -> None:
    with Callback(answer=lambda _posted: (200, b'{"ok": true}')) as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url})
        phone = desk.phone(follows_oa=True)
        desk.ctl(f"/phones/{phone['openid']}/reply", {"text": "灯不亮"})
        wait_for_screen(desk, phone, 2)
    assert desk.screen(phone)[-1]["text"] == "该公众号暂时无法提供服务，请稍后再试"


def test_scanning_the_accounts_code_makes_a_follower_first_and_a_scan_later(desk: Desk) -> None:
    code = desk.call(
        "/cgi-bin/qrcode/create",
        {"action_name": "QR_STR_SCENE", "expire_seconds": 60, "action_info": {"scene": {"scene_str": "door-7"}}},
        account="oa",
    )
    with Callback() as callback:
        desk.ctl("/callback", {"app": "oa", "url": callback.url, "mode": "plain"})
        phone = desk.phone()
        for number in (1, 2):
            desk.ctl(f"/phones/{phone['openid']}/scan", {"text": code["url"]})
            callback.wait_for(number)
    first, second = (xmltodict.parse(one.body)["xml"] for one in callback.posted)
    assert (first["Event"], first["EventKey"]) == ("subscribe", "qrscene_door-7")
    assert (second["Event"], second["EventKey"]) == ("SCAN", "door-7")


@pytest.mark.parametrize(
    ("verdict", "picture", "told"),
    [("pass", "/picture", "pass"), ("risky", "/picture", "risky"), ("pass", "", "-1008"), ("never", "/picture", "")],
)
def test_a_picture_is_fetched_and_judged_later(desk: Desk, verdict: str, picture: str, told: str) -> None:
    desk.ctl("/settings", {"media_verdict": verdict})
    with Callback() as callback:
        desk.ctl("/callback", {"app": "mp", "url": callback.url, "mode": "plain"})
        phone, base = desk.phone(), callback.url.removesuffix("/wechat")
        url = base + picture if picture else "http://example.invalid/picture"
        asked = {"version": 2, "openid": phone["openid"], "scene": 3, "media_type": 2, "media_url": url}
        trace_id = desk.call("/wxa/media_check_async", asked)["trace_id"]
        if not told:
            time.sleep(0.15)
            assert callback.posted == []
            return
        event = json.loads(callback.wait_for(1)[0].body)
    assert (event["Event"], event["trace_id"]) == ("wxa_media_check", trace_id)
    if told == "-1008":
        assert (event["status_code"], event["detail"]) == (4294966288, [])
    else:
        assert event["result"]["suggest"] == told


def test_the_sandbox_posts_to_this_machine_only(desk: Desk) -> None:
    desk.ctl("/callback", {"app": "oa", "url": "http://192.0.2.1/wechat"})
    answer = desk.ctl("/push", {"app": "oa", "kind": "plain"})
    assert (answer["status"], answer["answer"]) == (0, "the sandbox posts to this machine only")


def wait_for_screen(desk: Desk, phone: dict[str, Any], number: int) -> None:
    until = time.monotonic() + 60
    while len(desk.screen(phone)) < number and time.monotonic() < until:
        time.sleep(0.01)
