"""The door through which WeChat speaks: proof of the sender, every shape of packet, and everything else refused."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import xmltodict
from wechatpy.crypto import WeChatCrypto

from app.adapters.wechat.callbacks import CallbackApp, Mode, WeChatDoor
from app.domains.notices.ports import Inbound, InboundKind, InboundRefusal, RawCallback
from tests.adapters.conftest import NOON
from tests.adapters.packets import (
    AES_KEY,
    APP,
    CREATED,
    OPENID,
    ORIGINAL,
    TOKEN,
    Post,
    door_app,
    enveloped,
    packet,
    posted,
    sign,
    xml,
)  # fmt: skip

SIX = list(itertools.product(Mode, [False, True]))


def received(fields: dict[str, Any], post: Post | None = None, app: CallbackApp | None = None) -> Inbound:
    post = post or Post()
    got = WeChatDoor(app or door_app(post.mode)).receive(posted(fields, post), NOON)
    assert isinstance(got, Inbound), got
    return got


def refused(raw: RawCallback, mode: Mode = Mode.SAFE) -> InboundRefusal:
    got = WeChatDoor(door_app(mode)).receive(raw, NOON)
    assert isinstance(got, InboundRefusal), got
    return got


@pytest.mark.parametrize(("mode", "as_json"), SIX)
def test_the_same_event_reads_the_same_in_all_six_forms(mode: Mode, as_json: bool) -> None:
    got = received(packet("subscribe", EventKey="qrscene_door7"), Post(mode=mode, as_json=as_json))
    assert (got.app, got.kind, got.event, got.openid) == ("mini_program", InboundKind.EVENT, "subscribe", OPENID)
    assert got.created_at == datetime.fromtimestamp(CREATED, UTC)
    assert got.payload["EventKey"] == "qrscene_door7"
    assert got.payload["CreateTime"] == str(CREATED)
    assert got.is_json == as_json


def test_the_six_forms_of_one_event_share_the_key() -> None:
    keys = {
        received(packet("SCAN", EventKey="7"), Post(mode=mode, as_json=js, nonce=f"{mode}{js}")).key for mode, js in SIX
    }
    assert len(keys) == 1


ENTRY = {"TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": "0"}


@pytest.mark.parametrize("wrapper", ["SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"])
@pytest.mark.parametrize("entries", [ENTRY, [ENTRY, {**ENTRY, "TemplateId": "t2"}]])
@pytest.mark.parametrize("is_wrapped", [True, False])
@pytest.mark.parametrize(("mode", "as_json"), SIX)
def test_subscription_events_give_a_list_whatever_their_shape(
    wrapper: str, entries: Any, *, is_wrapped: bool, mode: Mode, as_json: bool
) -> None:
    inside = {wrapper: {"List": entries}} if is_wrapped else {"List": entries}
    got = received(packet("subscribe_msg_popup_event", **inside), Post(mode=mode, as_json=as_json))
    assert got.payload["List"] == (entries if isinstance(entries, list) else [entries])
    assert wrapper not in got.payload


def test_a_rejected_and_a_banned_template_keep_their_words() -> None:
    words = [{**ENTRY, "SubscribeStatusString": word} for word in ("accept", "reject", "ban")]
    got = received(packet("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": words}))
    assert [one["SubscribeStatusString"] for one in got.payload["List"]] == ["accept", "reject", "ban"]


def test_trap_b13_the_end_of_a_template_job_names_its_message() -> None:
    got = received(packet("TEMPLATESENDJOBFINISH", MsgID=200163836, Status="failed:user block"))
    assert (got.event, got.payload["MsgID"]) == ("templatesendjobfinish", "200163836")
    assert got.kind is InboundKind.EVENT


@pytest.mark.parametrize("as_json", [True, False])
def test_both_shapes_of_a_media_check_are_read(as_json: bool) -> None:
    new = packet("wxa_media_check", appid=APP, trace_id="t1", version=2, result={"suggest": "risky", "label": 20002},
                 detail=[{"strategy": "content_model", "errcode": 0, "suggest": "risky"}])  # fmt: skip
    got = received(new, Post(as_json=as_json))
    assert got.payload["result"] == {"suggest": "risky", "label": "20002"}
    assert got.payload["detail"][0]["suggest"] == "risky"
    old = packet("wxa_media_check", appid=APP, trace_id="t1", isrisky=0, status_code=4294966288, detail=[])
    assert received(old, Post(as_json=as_json)).payload["status_code"] == "4294966288"


def test_a_packet_without_a_message_type_is_a_notice() -> None:
    fields = {"AppId": "wxcomponent", "CreateTime": CREATED, "InfoType": "component_verify_ticket"}
    got = received(fields)
    assert (got.kind, got.event, got.openid) == (InboundKind.NOTICE, "component_verify_ticket", None)


def test_a_withdrawn_consent_names_the_person() -> None:
    fields = {"ToUserName": ORIGINAL, "OpenID": OPENID, "AppID": APP, "CreateTime": CREATED, "MsgType": "event",
              "Event": "user_authorization_revoke", "RevokeInfo": "301"}  # fmt: skip
    got = received(fields, Post(mode=Mode.PLAIN, as_json=True))
    assert (got.event, got.openid) == ("user_authorization_revoke", OPENID)


def test_an_event_that_nobody_knows_is_taken_as_it_is() -> None:
    got = received(packet("brand_new_event", Deep={"a": {"b": [1, {"c": None}]}}), Post(as_json=True))
    assert (got.event, got.payload["Deep"]) == ("brand_new_event", {"a": {"b": ["1", {"c": ""}]}})


def test_a_message_is_known_by_its_message_id() -> None:
    first = received(packet(MsgType="text", Content="水管坏了", MsgId=24000000000000001))
    again = received(packet(MsgType="text", Content="水管坏了", MsgId=24000000000000001), Post(nonce="n2"))
    other = received(packet(MsgType="text", Content="水管坏了", MsgId=24000000000000002), Post(nonce="n3"))
    assert (first.kind, first.event, first.payload["Content"]) == (InboundKind.MESSAGE, "text", "水管坏了")
    assert first.key == again.key != other.key
    assert first.nonce_key != again.nonce_key


@pytest.mark.parametrize(
    "change",
    [{"EventKey": "8"}, {"FromUserName": "o2"}, {"CreateTime": CREATED + 1}, {"trace_id": "t2"}, {"Event": "SCAN"}],
)
def test_two_events_that_differ_in_anything_have_two_keys(change: dict[str, Any]) -> None:
    fields = packet("subscribe", EventKey="7")
    assert received(fields).key != received({**fields, **change}).key


def test_a_used_envelope_with_another_packet_inside_keeps_its_nonce_key() -> None:
    first = received(packet("subscribe"), Post(mode=Mode.PLAIN))
    forged = received(packet("unsubscribe"), Post(mode=Mode.PLAIN))
    assert first.nonce_key == forged.nonce_key
    assert first.key != forged.key


def test_keys_and_texts_of_a_packet_hold_nothing_of_the_person() -> None:
    got = received(packet(MsgType="text", Content="canary-words", MsgId=1))
    shown = got.key + got.nonce_key + repr(got)
    assert OPENID not in shown
    assert "canary-words" not in shown


@pytest.mark.parametrize(("mode", "as_json"), SIX)
def test_a_forged_signature_is_refused(mode: Mode, as_json: bool) -> None:
    raw = posted(packet("subscribe"), Post(mode=mode, as_json=as_json, token="guessed"))
    assert refused(raw, mode) is InboundRefusal.BAD_SIGNATURE


@pytest.mark.parametrize("mode", [Mode.SAFE, Mode.COMPATIBLE])
def test_trap_b8_a_good_plain_signature_does_not_stand_in_for_the_sealed_one(mode: Mode) -> None:
    raw = posted(packet("subscribe"), Post(mode=mode))
    without = {name: value for name, value in raw.query.items() if name != "msg_signature"}
    assert refused(dataclasses.replace(raw, query=without), mode) is InboundRefusal.BAD_SIGNATURE


@pytest.mark.parametrize("claimed", ["", "é", "\udc80", "0" * 40, "x" * 100_000])
def test_trap_b8_a_strange_signature_is_compared_and_refused(claimed: str) -> None:
    for mode, name in ((Mode.PLAIN, "signature"), (Mode.SAFE, "msg_signature")):
        raw = posted(packet("subscribe"), Post(mode=mode))
        assert (
            refused(dataclasses.replace(raw, query={**raw.query, name: claimed}), mode) is InboundRefusal.BAD_SIGNATURE
        )


@pytest.mark.parametrize(("mode", "as_json"), SIX)
@pytest.mark.parametrize("age", [301, -301, 86_400])
def test_trap_b8_a_stale_envelope_is_refused(mode: Mode, as_json: bool, age: int) -> None:
    post = Post(mode=mode, as_json=as_json, timestamp=int(NOON.timestamp()) - age)
    assert refused(posted(packet("subscribe"), post), mode) is InboundRefusal.STALE


@pytest.mark.parametrize("age", [299, -299, 0])
def test_five_minutes_of_difference_are_forgiven(age: int) -> None:
    assert received(packet("subscribe"), Post(timestamp=int(NOON.timestamp()) - age))


@pytest.mark.parametrize("timestamp", ["", "abc", "-5", "1e9", "９９９", "9" * 50, "1.5"])
def test_trap_b8_a_timestamp_that_is_none_is_refused(timestamp: str) -> None:
    query = {"timestamp": timestamp, "nonce": "n", "signature": sign(TOKEN, timestamp, "n")}
    assert refused(RawCallback(query, xml(packet("subscribe")).encode()), Mode.PLAIN) is InboundRefusal.STALE
    assert refused(dataclasses.replace(posted(packet("subscribe")), query=query)) is InboundRefusal.STALE


def test_a_packet_sealed_for_another_account_is_refused() -> None:
    assert refused(posted(packet("subscribe"), Post(app_id="wxforeign"))) is InboundRefusal.FOREIGN_APP


@pytest.mark.parametrize("fields", [{"ToUserName": "gh_other"}, {"appid": "wxforeign"}, {"AppID": "wxforeign"}])
def test_a_plain_packet_that_names_another_account_is_refused(fields: dict[str, Any]) -> None:
    raw = posted({**packet("subscribe"), **fields}, Post(mode=Mode.PLAIN))
    assert refused(raw, Mode.PLAIN) is InboundRefusal.FOREIGN_APP


def test_in_compatible_mode_only_the_sealed_half_is_believed() -> None:
    raw = posted(packet("subscribe"), Post(mode=Mode.COMPATIBLE))
    forged = raw.body.replace(b"<Event><![CDATA[subscribe]]>", b"<Event><![CDATA[unsubscribe]]>")
    assert forged != raw.body
    got = WeChatDoor(door_app(Mode.COMPATIBLE)).receive(dataclasses.replace(raw, body=forged), NOON)
    assert isinstance(got, Inbound)
    assert got.event == "subscribe"


@pytest.mark.parametrize("mode", [Mode.SAFE, Mode.COMPATIBLE])
def test_a_plain_packet_does_not_pass_where_sealed_ones_are_agreed(mode: Mode) -> None:
    assert refused(posted(packet("subscribe"), Post(mode=Mode.PLAIN)), mode) is InboundRefusal.UNREADABLE


def test_a_body_above_64_kilobytes_is_not_looked_at() -> None:
    for mode in Mode:
        assert refused(enveloped(b"<" * 65_537, Post(mode=Mode.PLAIN)), mode) is InboundRefusal.TOO_LARGE


@pytest.mark.parametrize("mode", Mode)
def test_the_consoles_check_gets_its_echo_unchanged(mode: Mode) -> None:
    timestamp = str(int(NOON.timestamp()))
    query = {"timestamp": timestamp, "nonce": "n", "signature": sign(TOKEN, timestamp, "n"), "echostr": "<4711>"}
    door = WeChatDoor(door_app(mode))
    assert door.greet(query, NOON) == "<4711>"
    assert door.greet({**query, "signature": "0" * 40}, NOON) is InboundRefusal.BAD_SIGNATURE
    assert door.greet({}, NOON) is InboundRefusal.BAD_SIGNATURE


def test_a_key_of_the_wrong_length_stops_the_start() -> None:
    with pytest.raises(ValueError, match="43 characters"):
        WeChatDoor(CallbackApp("x", APP, TOKEN, Mode.SAFE, "c2hvcnQ"))


def test_settings_do_not_show_their_secrets() -> None:
    assert TOKEN not in repr(door_app(Mode.SAFE))
    assert AES_KEY not in repr(door_app(Mode.SAFE))


EVIL = "a]]></Content><MsgType>x</MsgType><![CDATA["


def fields_of(reply: str, mode: Mode, *, as_json: bool) -> Mapping[str, Any]:
    """The reply as WeChat would read it, with wechatpy's cipher."""
    fields: dict[str, Any] = json.loads(reply) if as_json else xmltodict.parse(reply)["xml"]
    if mode is Mode.PLAIN:
        return fields
    crypto = WeChatCrypto(TOKEN, AES_KEY, APP)
    opened = crypto.decrypt_message(fields, fields["MsgSignature"], str(fields["TimeStamp"]), fields["Nonce"])
    inside: dict[str, Any] = json.loads(opened) if as_json else xmltodict.parse(opened)["xml"]
    return inside


@pytest.mark.parametrize(("mode", "as_json"), SIX)
def test_trap_b9_a_reply_says_exactly_the_text_whatever_is_in_it(mode: Mode, as_json: bool) -> None:
    inbound = received(packet(MsgType="text", Content="x", MsgId=1), Post(mode=mode, as_json=as_json))
    reply = WeChatDoor(door_app(mode)).reply_text(inbound, EVIL, NOON)
    fields = fields_of(reply, mode, as_json=as_json)
    assert fields == {
        "ToUserName": OPENID,
        "FromUserName": ORIGINAL,
        "CreateTime": int(NOON.timestamp()) if as_json else str(int(NOON.timestamp())),
        "MsgType": "text",
        "Content": EVIL,
    }


def test_trap_b9_a_reply_holds_no_character_that_xml_forbids() -> None:
    inbound = received(packet(MsgType="text", Content="x", MsgId=1), Post(mode=Mode.PLAIN))
    reply = WeChatDoor(door_app(Mode.PLAIN)).reply_text(inbound, "好\x00\x08\ud800]]>了", NOON)
    assert xmltodict.parse(reply)["xml"]["Content"] == "好]]>了"
