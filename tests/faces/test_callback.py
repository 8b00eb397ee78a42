"""The address at which WeChat speaks to us: proven, stored once, answered at once."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.adapters.wechat.callbacks import Mode, WeChatDoor
from app.domains.notices.models import Envelope, Inbound
from app.domains.notices.ports import Doors, RawCallback
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.web.application import build
from bot.callback import callback
from tests.adapters.conftest import NOON
from tests.adapters.packets import OPENID, TOKEN, Post, door_app, packet, posted, sign
from tests.makers.notices import rows


@pytest.fixture
def mode() -> Mode:
    """How packets are sealed."""
    return Mode.SAFE


@pytest.fixture
def listening(runtime: Runtime, clock: MovableClock, mode: Mode) -> Runtime:
    """A runtime with a real door."""
    clock.set(NOON, rate=0)
    door = WeChatDoor(replace(door_app(mode), name="mp"))
    return replace(runtime, ports={**runtime.ports, Doors: Doors({"mp": door})})


@pytest.fixture
def web(listening: Runtime) -> Flask:
    """The application with the callback only."""
    return build(listening, (callback,))


@pytest.fixture
def wechat(web: Flask) -> FlaskClient:
    """WeChat's side."""
    return web.test_client()


def send(wechat: FlaskClient, raw: RawCallback, account: str = "mp") -> TestResponse:
    """Post a packet as WeChat does."""
    return wechat.post(f"/wechat/{account}", query_string=dict(raw.query), data=raw.body, content_type=raw.content_type)


def text_from(number: int, **fields: Any) -> dict[str, Any]:
    """A person's text message."""
    return packet(MsgType="text", Content="我的户", MsgId=str(10_000_000_000_000_000 + number), **fields)


def test_the_console_gets_its_echo_back(wechat: FlaskClient) -> None:
    stamp = str(int(NOON.timestamp()))
    query = {"timestamp": stamp, "nonce": "n", "signature": sign(TOKEN, stamp, "n"), "echostr": "echo-1"}
    answer = wechat.get("/wechat/mp", query_string=query)
    assert (answer.status_code, answer.text) == (200, "echo-1")
    assert wechat.get("/wechat/mp", query_string={**query, "signature": "0" * 40}).status_code == 403


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("as_json", [False, True])
def test_a_packet_is_stored_sealed_and_answered(
    wechat: FlaskClient, listening: Runtime, mode: Mode, *, as_json: bool
) -> None:
    answer = send(wechat, posted(text_from(1), Post(mode, as_json=as_json)))
    assert (answer.status_code, answer.text) == (200, "success")
    (row,) = rows(listening, select(Inbound))
    assert (row.app, row.kind, row.state) == ("mp", "text", "waiting")
    assert OPENID.encode() not in row.payload_sealed


def test_copies_are_answered_like_the_first_and_stored_once(wechat: FlaskClient, listening: Runtime) -> None:
    for nonce in ("a", "a", "b", "c"):
        assert send(wechat, posted(text_from(1), Post(nonce=nonce))).text == "success"
    assert len(rows(listening, select(Inbound))) == 1


@pytest.mark.parametrize("mode", [Mode.PLAIN])
def test_a_used_envelope_with_another_content_is_refused(wechat: FlaskClient, listening: Runtime, mode: Mode) -> None:
    assert send(wechat, posted(text_from(1), Post(mode))).status_code == 200
    assert send(wechat, posted(text_from(2), Post(mode))).status_code == 403
    assert len(rows(listening, select(Inbound))) == 1


@pytest.mark.parametrize("mode", [Mode.PLAIN])
def test_the_envelope_of_a_copy_cannot_be_used_for_another_content_either(
    wechat: FlaskClient, listening: Runtime, mode: Mode
) -> None:
    send(wechat, posted(text_from(1), Post(mode, nonce="first")))
    send(wechat, posted(text_from(1), Post(mode, nonce="copy")))
    assert send(wechat, posted(text_from(2), Post(mode, nonce="copy"))).status_code == 403
    assert len(rows(listening, select(Inbound))) == 1
    assert len(rows(listening, select(Envelope))) == 2


@pytest.mark.parametrize(
    ("post", "status"),
    [
        (Post(token="another"), 403),
        (Post(timestamp=int((NOON - timedelta(seconds=301)).timestamp())), 403),
        (Post(timestamp=int((NOON + timedelta(seconds=301)).timestamp())), 403),
        (Post(app_id="wxsomebodyelse001"), 403),
    ],
)
def test_forged_stale_and_foreign_packets_are_refused_and_leave_no_row(
    wechat: FlaskClient, listening: Runtime, post: Post, status: int
) -> None:
    assert send(wechat, posted(text_from(1), post)).status_code == status
    assert rows(listening, select(Inbound)) == []


def test_a_body_that_is_too_large_is_refused(wechat: FlaskClient, listening: Runtime) -> None:
    assert send(wechat, posted(text_from(1, Padding="x" * 70_000))).status_code == 413
    assert send(wechat, RawCallback({}, b"x" * 400_000, "text/xml")).status_code == 413
    assert rows(listening, select(Inbound)) == []


def test_an_account_that_is_not_ours_is_not_found(wechat: FlaskClient) -> None:
    assert send(wechat, posted(text_from(1)), "other").status_code == 404


def test_an_event_that_nobody_knows_is_stored_and_answered(wechat: FlaskClient, listening: Runtime) -> None:
    assert send(wechat, posted(packet("brand_new_event", Whatever="1"))).text == "success"
    assert [row.kind for row in rows(listening, select(Inbound))] == ["brand_new_event"]


def test_without_a_database_the_answer_is_an_error_at_once(wechat: FlaskClient, listening: Runtime) -> None:
    broken = replace(listening.settings.database, url="postgresql+psycopg://nobody@127.0.0.1:9/none")
    from app.adapters.database import engine_for, sessions_on

    engine = engine_for(broken)
    dark = build(replace(listening, engine=engine, sessions=sessions_on(engine)), (callback,)).test_client()
    assert send(dark, posted(text_from(1))).status_code == 503
    assert send(wechat, posted(text_from(1))).text == "success"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=400),
    st.sampled_from(
        ["text/xml", "application/json", "application/octet-stream", "", "multipart/form-data; boundary=x"]
    ),
    st.dictionaries(
        st.sampled_from(["timestamp", "nonce", "signature", "msg_signature", "echostr"]), st.text(max_size=20)
    ),
)
def test_hostile_input_is_never_our_fault(
    wechat: FlaskClient, body: bytes, content_type: str, query: dict[str, str]
) -> None:
    assert send(wechat, RawCallback(query, body, content_type)).status_code in {400, 403, 413}
    assert wechat.get("/wechat/mp", query_string=query).status_code == 403


@pytest.mark.promise
@pytest.mark.slow
def test_a20_copies_in_any_order_over_several_processes_are_stored_once(listening: Runtime, *, full: bool) -> None:
    count = 1000 if full else 100
    doors = [build(listening, (callback,)).test_client() for _ in range(4)]
    copies = [posted(text_from(n), Post(nonce=f"n{n}-{copy % 2}")) for n in range(count) for copy in range(4)]
    random.Random(20).shuffle(copies)
    took: list[float] = []
    answers: list[str] = []

    def deliver(door: FlaskClient, share: list[RawCallback]) -> None:
        for raw in share:
            started = time.monotonic()
            answers.append(send(door, raw).text)
            took.append(time.monotonic() - started)

    threads = [threading.Thread(target=deliver, args=(door, copies[n::4])) for n, door in enumerate(doors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["success"] * len(copies)
    assert len(rows(listening, select(Inbound.id))) == count
    took.sort()
    print(
        f"A20: {len(copies)} packets, p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms"
    )
    assert not full or took[-1] < 4.5
