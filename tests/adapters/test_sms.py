"""Text messages: one request under the message's id, and the provider's answer in the outbox's words."""

from __future__ import annotations

import logging
import socket

import pytest

from app.adapters.sms import SmsChannel
from app.adapters.wire import Wire
from app.domains.notices.ports import Outcome, Why
from tests.adapters.conftest import MovedClock
from tests.adapters.messages import outgoing
from tests.adapters.scripted import Reply, ScriptedServer, says

PHONE = "13800138000"
KEY = "canary-sms-key"


@pytest.fixture
def sms(wire: Wire, moved: MovedClock) -> SmsChannel:
    return SmsChannel(wire, key=KEY, clock=moved)


def test_a_text_goes_out_under_the_messages_id(server: ScriptedServer, sms: SmsChannel) -> None:
    server.always(says({"code": 0, "id": "sms-9"}))
    message = outgoing(address=PHONE)
    result = sms.send(message)
    assert (result.outcome, result.provider_id) == (Outcome.SENT, "sms-9")
    asked = server.last("/sms/send")
    assert asked.json == {"phone": PHONE, "text": message.text, "id": str(message.message_id)}
    assert asked.headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("written", ["+8613800138000", "138 0013 8000", "138-0013-8000", "+86 138 0013 8000"])
def test_a_number_is_sent_as_digits(server: ScriptedServer, sms: SmsChannel, written: str) -> None:
    server.always(says({"code": 0}))
    assert sms.send(outgoing(address=written)).outcome is Outcome.SENT
    assert server.last("/sms/send").json["phone"] == PHONE


@pytest.mark.parametrize("address", ["", "abc", "12", "1" * 20, "138x0013"])
def test_what_cannot_be_a_number_is_not_tried(server: ScriptedServer, sms: SmsChannel, address: str) -> None:
    result = sms.send(outgoing(address=address))
    assert (result.outcome, result.why) == (Outcome.UNREACHABLE, Why.ADDRESS_UNKNOWN)
    assert server.asked == []


def test_a_text_that_is_too_long_is_shortened(server: ScriptedServer, sms: SmsChannel) -> None:
    server.always(says({"code": 0}))
    sms.send(outgoing(address=PHONE, text="字" * 600))
    assert server.last("/sms/send").json["text"] == "字" * 499 + "…"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (says({"code": 400, "message": "phone, text and id are needed"}), "refused_message"),
        (says({"code": 401, "message": "wrong key"}, status=401), "misconfigured"),
        (says({"code": 402, "message": "no balance"}), "misconfigured"),
        (Reply(status=404), "misconfigured"),
        (says({"code": 429}), "limited"),
        (says({"code": 503}), "retry"),
        (says({"code": -1}), "retry"),
        (Reply(status=502, body=b"<html>"), "retry"),
        (Reply(status=302), "retry"),
        (Reply(fault="reset"), "retry"),
        (Reply(after=1), "retry"),
        (Reply(b'{"code":'), "retry"),
        (says({"code": True}), "retry"),
        (says([]), "retry"),
        (Reply(b"[" * 5000), "retry"),
    ],
)
def test_an_answer_reads_in_the_outboxs_words(
    server: ScriptedServer, sms: SmsChannel, reply: Reply, outcome: str
) -> None:
    server.always(reply)
    assert sms.send(outgoing(address=PHONE)).outcome == outcome


def test_a_limit_says_until_when(server: ScriptedServer, sms: SmsChannel, moved: MovedClock) -> None:
    server.always(says({"code": 429}))
    until = sms.send(outgoing(address=PHONE)).until
    assert until is not None
    assert until > moved()


def test_with_a_provider_that_ignores_our_id_a_lost_answer_stays_unknown(
    server: ScriptedServer, wire: Wire, moved: MovedClock
) -> None:
    sms = SmsChannel(wire, key=KEY, clock=moved, repeats_are_safe=False)
    for reply in (Reply(fault="reset"), Reply(after=1), Reply(status=504), Reply(b"{")):
        server.always(reply)
        assert sms.send(outgoing(address=PHONE)).outcome is Outcome.UNKNOWN


def test_nobody_listening_is_never_unknown(moved: MovedClock) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        wire = Wire(f"http://127.0.0.1:{held.getsockname()[1]}")
        sms = SmsChannel(wire, key=KEY, clock=moved, repeats_are_safe=False)
        assert sms.send(outgoing(address=PHONE)).outcome is Outcome.RETRY


def test_neither_key_nor_number_nor_words_are_shown(
    server: ScriptedServer, sms: SmsChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    message = outgoing(address=PHONE, text="canary-words")
    shown = [repr(message)]
    for reply in (Reply(status=500), Reply(fault="reset"), says({"code": 400, "message": PHONE})):
        server.always(reply)
        shown.append(repr(sms.send(message)))
    text = "\n".join([*shown, caplog.text])
    assert [canary for canary in (KEY, PHONE, "canary") if canary in text] == []
