"""Every call through the gateway: one renewal, no loop, no secret in any text, and a rest when WeChat is down."""

from __future__ import annotations

import logging
import random
import traceback
from collections.abc import Callable

import pytest

from app.adapters.wechat.channels import OfficialTemplateChannel, SubscribeChannel
from app.adapters.wechat.codes import WeChatDoorCodes, WeChatLinks
from app.adapters.wechat.content import WeChatContent
from app.adapters.wechat.errors import WeChatRefused
from app.adapters.wechat.gateway import Gateway
from app.adapters.wechat.signin import WeChatPhones, WeChatSessions
from app.adapters.wechat.tokens import PATH as TOKEN_PATH
from app.domains.media.ports import Scene
from app.domains.notices.ports import Outcome, SendResult
from tests.adapters.conftest import SECRET, MovedClock
from tests.adapters.messages import outgoing
from tests.adapters.scripted import Asked, Reply, Script, ScriptedServer, says

Play = Callable[[Script], ScriptedServer]

STALE = says({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"})
FINE = says({"errcode": 0, "errmsg": "ok"})


class Rotating:
    """Plays a WeChat whose tokens a test can void."""

    def __init__(self) -> None:
        self.edition = 1

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == TOKEN_PATH:
            return says({"access_token": f"canary-token-{self.edition}", "expires_in": 7200})
        return FINE if asked.query["access_token"] == f"canary-token-{self.edition}" else STALE


def refused(gateway: Gateway, path: str = "/x") -> SendResult:
    with pytest.raises(WeChatRefused) as refusal:
        gateway.call(path, {})
    return refusal.value.result


def test_a_voided_token_is_renewed_once_and_the_call_repeated(server: ScriptedServer, gateway: Gateway) -> None:
    world = server.script = Rotating()
    gateway.call("/x", {"n": 1})
    world.edition = 2
    gateway.call("/x", {"n": 2})
    assert (server.count(TOKEN_PATH), server.count("/x")) == (2, 3)


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_trap_b1_a_token_that_stays_refused_costs_two_calls_and_no_more(
    server: ScriptedServer, gateway: Gateway, wechat: Play, code: int
) -> None:
    wechat(lambda asked: says({"errcode": code, "errmsg": "invalid"}))  # noqa: ARG005
    assert refused(gateway).outcome is Outcome.RETRY
    assert (server.count("/x"), server.count(TOKEN_PATH)) == (2, 2)
    assert refused(gateway).outcome is Outcome.MISCONFIGURED
    assert (server.count("/x"), server.count(TOKEN_PATH)) == (4, 2)


def test_one_success_ends_the_suspicion_against_the_token(gateway: Gateway, wechat: Play) -> None:
    answers = iter([STALE, STALE, FINE, STALE, STALE])
    wechat(lambda asked: next(answers))  # noqa: ARG005
    assert refused(gateway).outcome is Outcome.RETRY
    gateway.call("/x", {})
    assert refused(gateway).outcome is Outcome.RETRY


def test_trap_b5_a_repeated_call_carries_the_whole_body_again(server: ScriptedServer, gateway: Gateway) -> None:
    world = server.script = Rotating()
    gateway.call("/x", {})
    world.edition = 2
    gateway.call("/y", {"text": "水" * 2000})
    first, second = (one.body for one in server.asked if one.path == "/y")
    assert first == second
    assert len(first) > 6000


def test_trap_b4_sign_in_works_while_the_token_endpoint_is_down(server: ScriptedServer, gateway: Gateway) -> None:
    server.script = lambda asked: Reply(status=502) if asked.path == TOKEN_PATH else says({"openid": "o1"})
    gateway.get_with_secret("/sns/jscode2session", {"js_code": "c"})
    assert server.count(TOKEN_PATH) == 0
    assert server.last("/sns/jscode2session").query["secret"] == SECRET


def test_trap_b10_a_busy_wechat_is_not_called_again_by_the_gateway(
    server: ScriptedServer, gateway: Gateway, wechat: Play
) -> None:
    wechat(lambda asked: says({"errcode": -1, "errmsg": "system error"}))  # noqa: ARG005
    assert refused(gateway).outcome is Outcome.RETRY
    assert server.count("/x") == 1


def test_an_answer_cut_short_may_have_been_a_success(gateway: Gateway, wechat: Play) -> None:
    wechat(lambda asked: Reply(b'{"errcode":0,"errm', content_type="text/plain"))  # noqa: ARG005
    assert refused(gateway).outcome is Outcome.UNKNOWN


def test_after_five_failures_wechat_is_left_alone_but_for_a_probe(
    server: ScriptedServer, gateway: Gateway, wechat: Play, moved: MovedClock
) -> None:
    wechat(lambda asked: Reply(status=502))  # noqa: ARG005
    for _ in range(50):
        refused(gateway)
    assert server.count("/x") == 5
    held = refused(gateway)
    assert (held.outcome, held.code) == (Outcome.RETRY, "held_back")
    assert held.until is not None
    moved.forward(seconds=10)
    refused(gateway)
    refused(gateway)
    assert server.count("/x") == 6
    moved.forward(seconds=10)
    wechat(lambda asked: FINE)  # noqa: ARG005
    for _ in range(5):
        gateway.call("/x", {})


def test_refusals_of_messages_do_not_count_as_failures(server: ScriptedServer, gateway: Gateway, wechat: Play) -> None:
    wechat(lambda asked: says({"errcode": 43101, "errmsg": "user refuse"}))  # noqa: ARG005
    for _ in range(20):
        refused(gateway)
    assert server.count("/x") == 20


OPENID, CODE, WORDS = "canary-openid", "canary-code", "canary-words"
CANARIES = (SECRET, "canary-token", OPENID, CODE, WORDS, "127.0.0.1")


def test_trap_b3_a_thousand_failing_calls_show_no_secret_and_nothing_about_a_person(
    server: ScriptedServer, gateway: Gateway, moved: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A63 at the gateway: whatever goes wrong, neither texts nor tracebacks nor logs tell more than path, number, rid."""
    caplog.set_level(logging.DEBUG)
    dice = random.Random(63)
    faults = [
        Reply(fault="reset"),
        Reply(status=502, body=b"<html>canary-token canary-openid</html>"),
        Reply(b'{"errcode":0,"canary-token":'),
        Reply(status=302, headers={"Location": "http://169.254.169.254/?secret=canary-token"}),
        says({"errcode": 40001, "errmsg": f"invalid credential canary-token {SECRET}"}),
        says({"errcode": 47003, "errmsg": "argument invalid! data.thing1.value canary-words canary-openid"}),
        says({"errcode": 43101, "errmsg": "canary-openid rid: 64229bc2-48d0e8b1-2008ed9b"}),
        says(["canary-token"]),
    ]
    grant = says({"access_token": "canary-token-1", "expires_in": 7200})
    server.script = lambda asked: grant if asked.path == TOKEN_PATH and dice.random() < 0.7 else dice.choice(faults)
    told: list[str] = []

    def call() -> object:
        return gateway.call("/cgi-bin/message/subscribe/send", {"touser": OPENID, "x": WORDS})

    def sign_in() -> object:
        return gateway.get_with_secret("/sns/jscode2session", {"js_code": CODE})

    for number in range(1000):
        moved.forward(minutes=2)
        try:
            (call if number % 3 else sign_in)()
        except WeChatRefused as refusal:
            told += [str(refusal), repr(refusal), repr(refusal.result), traceback.format_exc()]
    assert len(told) > 3000
    shown = "\n".join([*told, caplog.text])
    assert [canary for canary in CANARIES if canary in shown] == []


def test_no_port_lets_a_foreign_exception_out(server: ScriptedServer, gateway: Gateway, moved: MovedClock) -> None:
    dice = random.Random(52)
    bodies = [b"", b"{", b"[]", b"null", b"<html>", b'{"errcode":0}', b'{"result":1,"phone_info":[],"openid":5}',
              b'{"errcode":0,"url_link":7,"trace_id":{},"result":{"suggest":[]}}', b"\xff\xfe\x00", b"{" * 5000,
              b'{"errcode":0,"result":{"suggest":{"a":1}},"phone_info":{"purePhoneNumber":[1]},"openid":""}']  # fmt: skip
    server.script = lambda asked: (
        says({"access_token": "t" * 20, "expires_in": 7200})
        if asked.path == TOKEN_PATH
        else Reply(dice.choice(bodies), status=dice.choice([200, 200, 500]))
    )
    acts: list[Callable[[], object]] = [
        lambda: SubscribeChannel(gateway).send(outgoing()),
        lambda: OfficialTemplateChannel(gateway).send(outgoing()),
        lambda: WeChatSessions(gateway).exchange("c"),
        lambda: WeChatPhones(gateway).number("c"),
        lambda: WeChatContent(gateway).check_text("o", "x", Scene.COMMENT),
        lambda: WeChatContent(gateway).request_media_check("o", "https://x/y.jpg", Scene.COMMENT),
        lambda: WeChatDoorCodes(gateway).mini_program_code("t", "p", 430),
        lambda: WeChatLinks(gateway).mini_program_link("/p", query="a=1", days=30),
    ]
    for _ in range(30):
        for act in acts:
            moved.forward(seconds=11)
            act()
