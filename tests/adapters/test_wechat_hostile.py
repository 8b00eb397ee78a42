"""A43: packets made to break the door. Each is refused by kind, none raises, none leaves the machine, all are quick."""

from __future__ import annotations

import random
import socket
import time
from typing import Any

import pytest

from app.adapters.wechat.callbacks import Mode, WeChatDoor
from app.domains.notices.ports import Inbound, InboundRefusal
from tests.adapters.conftest import NOON
from tests.adapters.packets import OPENID, ORIGINAL, TOKEN, Post, door_app, enveloped, packet, posted, sign, xml

HEAD = f"<ToUserName>{ORIGINAL}</ToUserName><FromUserName>{OPENID}</FromUserName><CreateTime>1790000000</CreateTime>"
GOOD = f"<xml>{HEAD}<MsgType>event</MsgType><Event>subscribe</Event></xml>"

FIXED = {
    "external entity, file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + GOOD.replace("subscribe", "&e;"),
    "external entity, http": '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:PORT/">]>' + GOOD.replace("subscribe", "&e;"),
    "external document type": '<!DOCTYPE xml SYSTEM "http://127.0.0.1:PORT/x.dtd">' + GOOD,
    "parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:PORT/p"> %p;]>' + GOOD,
    "billion laughs": "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>" + GOOD.replace("subscribe", "&i;"),
    "empty document type": "<!DOCTYPE xml>" + GOOD,
    "document type in odd letters": "<!doctype xml>" + GOOD,
    "undefined entity": GOOD.replace("subscribe", "&nbsp;"),
    "depth": "<xml>" + "<a>" * 9000 + "</a>" * 9000 + "</xml>",
    "unclosed depth": "<a>" * 20_000,
    "many elements": "<xml>" + "<a/>" * 15_000 + "</xml>",
    "no message type": f"<xml>{HEAD}</xml>",
    "two message types": GOOD.replace("</xml>", "<MsgType>text</MsgType></xml>"),
    "empty message type": GOOD.replace("event</MsgType>", "</MsgType>"),
    "nested message type": GOOD.replace(">event<", "><a>event</a><"),
    "two events": GOOD.replace("</xml>", "<Event>x</Event></xml>"),
    "no event": f"<xml>{HEAD}<MsgType>event</MsgType></xml>",
    "long event": GOOD.replace("subscribe", "x" * 100),
    "time in words": GOOD.replace("1790000000", "yesterday"),
    "negative time": GOOD.replace("1790000000", "-1"),
    "endless time": GOOD.replace("1790000000", "9" * 40),
    "far time": GOOD.replace("1790000000", "999999999999"),
    "two times": GOOD.replace("</xml>", "<CreateTime>1</CreateTime></xml>"),
    "wide digits": GOOD.replace("1790000000", "１７９"),
    "another root": GOOD.replace("xml>", "abc>"),
    "text root": "<xml>hello</xml>",
    "not closed": GOOD[:-3],
    "something after": GOOD + "<xml/>",
    "empty": "",
    "spaces": "   ",
    "words": "hello",
    "array": "[1,2]",
    "number": "7",
    "cut json": '{"MsgType":"event"',
    "deep json": '{"a":' * 9000 + "1" + "}" * 9000,
    "deep array": '{"a":' + "[" * 30_000,
    "many values": '{"MsgType":"event","Event":"x","a":[' + "1," * 20_000 + "1]}",
    "not a number": '{"MsgType":"event","Event":"x","CreateTime":NaN}',
    "infinite": '{"MsgType":"event","Event":"x","CreateTime":1e999}',
    "doubled name": '{"MsgType":"event","Event":"x","MsgType":"text"}',
    "types of json": '{"MsgType":{"a":1},"Event":[]}',
    "event as number": '{"MsgType":["event"]}',
    "control characters": '{"MsgType":"ev\x01ent"}',
}  # fmt: skip


@pytest.fixture
def trap() -> Any:
    """A port that must never be called."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        yield listening
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize("mode", [Mode.PLAIN, Mode.SAFE])
@pytest.mark.parametrize("name", FIXED)
def test_a43_trap_b6_a_packet_made_to_break_the_parser_is_refused(trap: socket.socket, name: str, mode: Mode) -> None:
    text = FIXED[name].replace("PORT", str(trap.getsockname()[1]))
    raw = enveloped(text.encode(), Post(mode=mode))
    allowed = {InboundRefusal.UNREADABLE} | ({InboundRefusal.TOO_LARGE} if len(text) > 40_000 else set())
    began = time.perf_counter()
    got = WeChatDoor(door_app(mode)).receive(raw, NOON)
    print(f"{name}: {(time.perf_counter() - began) * 1000:.1f} ms")
    assert got in allowed


@pytest.mark.parametrize(
    "body",
    [GOOD.encode("utf-16"), GOOD.encode("utf-32"), GOOD.replace("subscribe", "中").encode("gbk"), b"\xff" * 50,
     b"\x00" * 50, GOOD.encode().replace(b"subscribe", b"\xc3\x28"),
     b'<?xml version="1.0" encoding="utf-7"?><xml>+ADwAIQ-</xml>'],
)  # fmt: skip
def test_a43_trap_b6_another_encoding_is_refused(body: bytes) -> None:
    for mode in (Mode.PLAIN, Mode.SAFE):
        assert WeChatDoor(door_app(mode)).receive(enveloped(body, Post(mode=mode)), NOON) is InboundRefusal.UNREADABLE


@pytest.mark.parametrize(
    "sealed",
    ["", "x", "====", "AAAA", "A" * 43, "A" * 44, "A" * 64, "汉字", "\udc80", "A" * 20_000, "_-_-", "AAAA" * 8],
)
def test_trap_b7_a_signed_packet_whose_cipher_text_is_broken_is_refused(sealed: str) -> None:
    clean = sealed.encode("utf-8", "replace").decode()
    timestamp = str(int(NOON.timestamp()))
    query = {"timestamp": timestamp, "nonce": "n", "msg_signature": sign(TOKEN, timestamp, "n", clean)}
    door = WeChatDoor(door_app(Mode.SAFE))
    raw = posted(packet("subscribe"))
    body = xml({"Encrypt": clean}).encode()
    got = door.receive(type(raw)(query, body), NOON)
    assert got in {InboundRefusal.UNREADABLE, InboundRefusal.FOREIGN_APP}


@pytest.mark.parametrize("fields", [{}, {"Encrypt": {"a": "b"}}, {"Encrypt": ["a", "b"]}, {"Encrypt": ""}])
def test_trap_b7_an_envelope_without_its_letter_is_refused(fields: dict[str, Any]) -> None:
    raw = posted(packet("subscribe"))
    got = WeChatDoor(door_app(Mode.SAFE)).receive(type(raw)(raw.query, xml(fields or {"a": "b"}).encode()), NOON)
    assert got is InboundRefusal.UNREADABLE


BITS = ["<xml>", "</xml>", "<MsgType>", "</MsgType>", "event", "text", "<Event>", "</Event>", "<![CDATA[", "]]>",
        "<CreateTime>", "</CreateTime>", "1790000000", "<!DOCTYPE x>", "&amp;", "&x;", "<a b='c'>", "</a>", "\x00", "\ud800",
        "<?pi?>", "<!--", "-->", "汉", "{", "}", '"MsgType":', '"event"', ",", "[", "]", ":", "null", "1e5", "\\u0000",
        '"List":', "<List>", "</List>", " ", "\ufeff", "<Encrypt>", "</Encrypt>"]  # fmt: skip


def mutated(dice: random.Random) -> bytes:
    """A random packet: half are good ones damaged in places, half are put together from bits."""
    if dice.random() < 0.5:
        return "".join(dice.choice(BITS) for _ in range(dice.randrange(0, 60))).encode("utf-8", "surrogatepass")
    body = bytearray(
        GOOD.encode() if dice.random() < 0.5 else b'{"MsgType":"event","Event":"x","CreateTime":1790000000}'
    )
    for _ in range(dice.randrange(1, 8)):
        at = dice.randrange(len(body))
        act = dice.randrange(3)
        if act == 0:
            body[at] = dice.randrange(256)
        elif act == 1:
            del body[at : at + dice.randrange(1, 20)]
        else:
            body[at:at] = dice.choice(BITS).encode("utf-8", "surrogatepass")
        if not body:
            break
    return bytes(body)


def test_a43_three_thousand_generated_packets_end_as_a_packet_or_a_refusal(seed: int) -> None:
    dice, slowest, kinds = random.Random(seed), 0.0, set()
    doors = {mode: WeChatDoor(door_app(mode)) for mode in Mode}
    for _ in range(3000):
        mode = dice.choice(list(Mode))
        raw = enveloped(mutated(dice), Post(mode=mode))
        if dice.random() < 0.2:
            body = bytearray(raw.body)
            del body[dice.randrange(len(body) + 1) :]
            raw = type(raw)(raw.query, bytes(body), raw.content_type)
        began = time.perf_counter()
        got = doors[mode].receive(raw, NOON)
        slowest = max(slowest, time.perf_counter() - began)
        kinds.add(type(got))
        assert isinstance(got, Inbound | InboundRefusal), seed
    print(f"seed {seed}, slowest {slowest * 1000:.1f} ms")
    assert kinds == {Inbound, InboundRefusal}


def test_what_postgresql_cannot_store_is_taken_out_of_a_good_packet() -> None:
    body = b'{"MsgType":"text","Content":"a\\u0000b\\ud800c","CreateTime":1790000000,"k\\u0000":"v"}'
    got = WeChatDoor(door_app(Mode.SAFE)).receive(enveloped(body, Post(as_json=True)), NOON)
    assert isinstance(got, Inbound)
    assert (got.payload["Content"], got.payload["k"]) == ("ab?c", "v")
