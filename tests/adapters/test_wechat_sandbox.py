"""The whole gateway against the sandbox over HTTP: what WeChat's own rules make of our calls, and of its pushes to us."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from app.adapters.sms import SmsChannel
from app.adapters.wechat.callbacks import CallbackApp, Mode, WeChatDoor
from app.adapters.wechat.channels import SUBSCRIBE_PATH, OfficialTemplateChannel, SubscribeChannel
from app.adapters.wechat.codes import CODE_PATH, WeChatDoorCodes, WeChatLinks
from app.adapters.wechat.content import WeChatContent
from app.adapters.wechat.gateway import Gateway
from app.adapters.wechat.signin import WeChatPhones, WeChatSessions
from app.adapters.wechat.tokens import PATH as TOKEN_PATH
from app.adapters.wechat.tokens import TokenProvider, wechat_token
from app.adapters.wire import Wire
from app.commands.codes import DOOR_PAGE, RoundCodes
from app.domains.identity.ports import CodeRefusal, PhoneNumber, WeChatIdentity
from app.domains.media.ports import DoorCodeRefusal, Scene, Verdict
from app.domains.notices.ports import Inbound, InboundRefusal, Outcome, RawCallback, Why
from app.kernel.crypto import Vault
from tests.adapters.door_sheets import TOKENS, sheet_of
from tests.adapters.messages import outgoing
from tests.adapters.scripted import Asked, Reply, ScriptedServer

MP = ("wxsandboxminiprog1", "sandbox-mini-program-secret-0001")
OA = ("wxsandboxofficial1", "sandbox-official-acc-secret-0001")
FIELDS = {"thing1": "事项", "time2": "时间", "phrase3": "状态", "name4": "姓名", "amount5": "金额", "number6": "积分",
          "character_string7": "编号", "date8": "日期", "phone_number9": "电话", "letter10": "字母", "symbol11": "符号"}  # fmt: skip
VALUES = {"thing1": "村口水管坏了，水流到路上，孩子上学不好走\n请看一看", "time2": "2026-11-23T07:01:00+00:00",
          "phrase3": "已受理（待办）", "name4": "阿依古丽·买买提·艾山江", "amount5": "¥1,234.5", "number6": "1,200 分",
          "character_string7": "编号ＡＢ-7", "date8": "2026-11-23", "phone_number9": "138 0013 8000",
          "letter10": "A座", "symbol11": "+86"}  # fmt: skip


class Desk:
    """The sandbox's control API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, where: str, _method: str = "", /, **body: Any) -> Any:
        payload = json.dumps(body).encode() if body or _method == "POST" else None
        request = Request(f"{self.url}/__ctl/{where}", payload, {"Content-Type": "application/json"})
        if _method:
            request.method = _method
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def phone(self, **facts: Any) -> dict[str, Any]:
        found: dict[str, Any] = self("phones", name="测试", subtitle="村民", number="13800138000", **facts)
        return found

    def fault(self, path: str, kind: str, **rest: Any) -> None:
        how = {"errcode": int(kind)} if kind.lstrip("-").isdecimal() else {"kind": kind}
        self("fault", path=path, **how, **rest)

    def calls(self, path: str) -> int:
        return int(self(f"calls?path={path}&limit=0")["count"])


@pytest.fixture
def desk(sandbox: str) -> Iterator[Desk]:
    desk = Desk(sandbox)
    desk("reset", phones=True, settings=True)
    desk("clock", now=time.time())
    templates = [
        {"id": f"{kind}1", "title": "办件提醒", "kind": kind, "fields": FIELDS} for kind in ("subscribe", "oa")
    ]
    desk("templates", templates=templates)
    yield desk
    desk("fault", "DELETE")


@pytest.fixture
def quick(sandbox: str) -> Iterator[Wire]:
    with Wire(sandbox, answer_seconds=0.4) as wire:
        yield wire


Connect = Callable[[tuple[str, str]], Gateway]


@pytest.fixture
def connect(quick: Wire, engine: Engine, cipher: Vault) -> Connect:
    """A gateway of one account, with the real clock."""

    def build(account: tuple[str, str]) -> Gateway:
        keys = {"app_id": account[0], "secret": account[1], "wire": quick, "clock": lambda: datetime.now(UTC)}
        return Gateway(**keys, tokens=TokenProvider(**keys, engine=engine, cipher=cipher))

    return build


@pytest.fixture
def mp(connect: Connect) -> Gateway:
    return connect(MP)


def alarm(openid: str, **rest: Any) -> Any:
    return outgoing(address=openid, template_id="subscribe1", fields=VALUES, page="pages/case/show?id=1", **rest)


def test_a_person_signs_in_once_with_a_code(desk: Desk, mp: Gateway) -> None:
    phone = desk.phone(unionid="u-1", bound=True)
    code = desk(f"phones/{phone['openid']}/login-code", "POST")["code"]
    assert WeChatSessions(mp).exchange(code) == WeChatIdentity(phone["openid"], "u-1")
    assert WeChatSessions(mp).exchange(code) is CodeRefusal.USED_CODE
    assert WeChatSessions(mp).exchange("0" * 32) is CodeRefusal.BAD_CODE


def test_a_high_risk_person_is_refused_by_name(desk: Desk, mp: Gateway) -> None:
    phone = desk.phone(high_risk=True)
    code = desk(f"phones/{phone['openid']}/login-code", "POST")["code"]
    assert WeChatSessions(mp).exchange(code) is CodeRefusal.HIGH_RISK


@pytest.mark.parametrize("as_number", [True, False])
def test_a_phone_number_is_shown_once(desk: Desk, mp: Gateway, as_number: bool) -> None:
    desk("settings", country_code_as_number=as_number)
    phone = desk.phone()
    code = desk(f"phones/{phone['openid']}/phone-code", "POST")["code"]
    assert WeChatPhones(mp).number(code) == PhoneNumber("13800138000", "86")
    assert WeChatPhones(mp).number(code) is CodeRefusal.USED_CODE


def test_every_kind_of_field_passes_wechats_own_check_and_a_consent_is_used_up(desk: Desk, mp: Gateway) -> None:
    openid = desk.phone()["openid"]
    desk(f"phones/{openid}/credits", template="subscribe1", count=1)
    sent = SubscribeChannel(mp).send(alarm(openid))
    assert (sent.outcome, sent.field) == (Outcome.SENT, None)
    assert sent.provider_id
    again = SubscribeChannel(mp).send(alarm(openid))
    assert (again.outcome, again.why) == (Outcome.UNREACHABLE, Why.NO_CONSENT)
    shown = desk(f"phones/{openid}/messages?kind=subscribe")["messages"]
    assert len(shown) == 1


def test_wrong_addresses_templates_and_fields_are_told_apart(desk: Desk, mp: Gateway) -> None:
    openid = desk.phone()["openid"]
    channel = SubscribeChannel(mp)
    assert channel.send(alarm("nobody")).why is Why.ADDRESS_UNKNOWN
    assert channel.send(outgoing(address=openid, template_id="none")).outcome is Outcome.REFUSED_TEMPLATE
    wrong = channel.send(outgoing(address=openid, template_id="subscribe1", fields={**VALUES, "time2": "尽快"}))
    assert (wrong.outcome, wrong.field) == (Outcome.REFUSED_MESSAGE, "time2")
    assert wrong.rid


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("http_502", "retry"),
        ("-1", "retry"),
        ("43108", "retry"),
        ("45009", "limited"),
        ("43101", "unreachable"),
        ("48001", "misconfigured"),
        ("40249", "refused_message"),
        ("timeout_after_accept", "unknown"),
        ("black_hole", "unknown"),
        ("reset", "unknown"),
        ("reset_after_accept", "unknown"),
        ("truncated_json", "unknown"),
        ("html", "unknown"),
    ],
)
def test_each_fault_of_wechat_ends_in_its_outcome(desk: Desk, mp: Gateway, kind: str, outcome: str) -> None:
    openid = desk.phone()["openid"]
    desk(f"phones/{openid}/credits", template="subscribe1", count=5)
    desk.fault(SUBSCRIBE_PATH, kind, times=1)
    before = desk.calls(SUBSCRIBE_PATH)
    assert SubscribeChannel(mp).send(alarm(openid)).outcome == outcome
    assert desk.calls(SUBSCRIBE_PATH) == before + 1


def test_a_revoked_token_costs_one_fetch_and_no_message(desk: Desk, connect: Connect) -> None:
    """Two processes, each with the old token in hand."""
    openid = desk.phone()["openid"]
    desk(f"phones/{openid}/credits", template="subscribe1", count=9)
    first, second = (SubscribeChannel(connect(MP)) for _ in range(2))
    assert [one.send(alarm(openid)).outcome for one in (first, second)] == ["sent", "sent"]
    before = desk.calls(TOKEN_PATH)
    desk("tokens/revoke", "POST")
    assert [one.send(alarm(openid)).outcome for one in (first, second)] == ["sent", "sent"]
    assert desk.calls(TOKEN_PATH) == before + 1


def test_a_token_that_expired_on_wechats_clock_is_renewed(desk: Desk, mp: Gateway) -> None:
    openid = desk.phone()["openid"]
    desk(f"phones/{openid}/credits", template="subscribe1", count=2)
    channel = SubscribeChannel(mp)
    channel.send(alarm(openid))
    desk("advance", seconds=7200)
    assert channel.send(alarm(openid)).outcome is Outcome.SENT


def test_trap_b1_a_token_that_stays_refused_costs_two_calls(desk: Desk, mp: Gateway) -> None:
    openid = desk.phone()["openid"]
    desk.fault(SUBSCRIBE_PATH, "40001")
    before = desk.calls(SUBSCRIBE_PATH)
    channel = SubscribeChannel(mp)
    assert [channel.send(alarm(openid)).outcome for _ in range(2)] == [Outcome.RETRY, Outcome.MISCONFIGURED]
    assert desk.calls(SUBSCRIBE_PATH) == before + 4


@pytest.mark.parametrize("wrong", ["secret", "address"])
def test_a_wrong_secret_or_an_unlisted_address_stops_the_channel(desk: Desk, connect: Connect, wrong: str) -> None:
    desk("settings", ip_allowed=wrong != "address")
    gateway = connect((MP[0], "guessed" if wrong == "secret" else MP[1]))
    assert SubscribeChannel(gateway).send(alarm("o")).outcome is Outcome.MISCONFIGURED


def test_the_same_template_message_twice_is_seen_once(desk: Desk, connect: Connect) -> None:
    phone = desk.phone(follows_oa=True)
    channel = OfficialTemplateChannel(connect(OA), mini_program_id=MP[0], repeats_are_safe=True)
    message = outgoing(address=phone["oa_openid"], template_id="oa1", fields=VALUES, message_id=uuid4())
    desk.fault("/cgi-bin/message/template/send", "timeout_after_accept", times=1)
    assert [channel.send(message).outcome for _ in range(2)] == [Outcome.RETRY, Outcome.SENT]
    assert len(desk(f"phones/{phone['oa_openid']}/messages?kind=template")["messages"]) == 1


def test_who_does_not_follow_cannot_be_told_by_the_account(desk: Desk, connect: Connect) -> None:
    phone = desk.phone(follows_oa=False)
    message = outgoing(address=phone["oa_openid"], template_id="oa1", fields=VALUES)
    assert OfficialTemplateChannel(connect(OA)).send(message).why is Why.NOT_FOLLOWING


def test_a_text_is_judged_and_an_absent_person_goes_to_review(desk: Desk, mp: Gateway) -> None:
    openid = desk.phone()["openid"]
    checker = WeChatContent(mp)
    assert checker.check_text(openid, "今天帮王奶奶打扫了院子", Scene.FORUM) is Verdict.PASS
    assert checker.check_text(openid, "来看看赌博网站吧", Scene.FORUM) is Verdict.RISKY
    assert checker.check_text(openid, "往死里打", Scene.FORUM) is Verdict.REVIEW
    desk(f"phones/{openid}/visit", ago=7300)
    assert checker.check_text(openid, "你好", Scene.FORUM) is Verdict.REVIEW


def test_a_door_code_and_a_link_are_made(desk: Desk, mp: Gateway) -> None:
    picture = WeChatDoorCodes(mp).mini_program_code("a1B2c3D4e5F6g7H8i9J0kL", "pages/door/index", 430)
    assert isinstance(picture, bytes)
    assert picture.startswith((b"\x89PNG", b"\xff\xd8"))
    link = WeChatLinks(mp).mini_program_link("/pages/door/index", query="k=1", days=30)
    assert not isinstance(link, Outcome)
    assert link.startswith("https://")
    assert desk.calls(TOKEN_PATH) >= 1


def test_a_sheet_of_wechats_own_codes_leads_each_phone_to_its_door(desk: Desk, mp: Gateway, tmp_path: Path) -> None:
    drawn, read = sheet_of(RoundCodes(WeChatDoorCodes(mp)), tmp_path / "round.pdf")
    assert (drawn.labels, drawn.pictures) == (24, 24)
    openid = desk.phone()["openid"]
    opened = [desk(f"phones/{openid}/scan", text=text) for text in read]
    assert {page["page"] for page in opened} == {DOOR_PAGE}
    assert sorted(page["query"]["scene"] for page in opened) == TOKENS


def test_while_wechat_draws_nothing_the_sheet_has_square_codes_and_it_is_asked_once(
    desk: Desk, mp: Gateway, tmp_path: Path
) -> None:
    desk.fault(CODE_PATH, "45009")
    codes = RoundCodes(WeChatDoorCodes(mp))
    drawn, read = sheet_of(codes, tmp_path / "square.pdf")
    assert (drawn.labels, drawn.pictures, codes.refusal) == (24, 0, DoorCodeRefusal.BUSY)
    assert sorted(read) == [f"https://x.cn/d/{token}" for token in TOKENS]
    assert desk.calls(CODE_PATH) == 1


def test_a_text_message_repeated_after_a_lost_answer_arrives_once(desk: Desk, quick: Wire) -> None:
    phone = desk.phone()
    sms = SmsChannel(quick, key="sandbox-sms-key", clock=lambda: datetime.now(UTC))
    message = outgoing(address="13800138000")
    desk.fault("/sms/send", "timeout_after_accept", times=1)
    assert [sms.send(message).outcome for _ in range(3)] == [Outcome.RETRY, Outcome.SENT, Outcome.SENT]
    assert len(desk(f"phones/{phone['openid']}/messages?kind=sms")["messages"]) == 1
    wrong = SmsChannel(quick, key="guessed", clock=lambda: datetime.now(UTC))
    assert wrong.send(message).outcome is Outcome.MISCONFIGURED


def test_a2_in_small_six_hundred_sends_to_a_faulty_wechat_end_in_one_outcome_each(desk: Desk, connect: Connect) -> None:
    people = [desk.phone(openid=f"o-many-{number}")["openid"] for number in range(30)]
    for openid in people:
        desk(f"phones/{openid}/credits", template="subscribe1", count=100)
    desk("settings", refuse_concurrent=False)
    for kind, share in (("http_502", 0.05), ("-1", 0.05), ("43101", 0.02), ("40001", 0.02), ("reset", 0.01)):
        desk.fault(SUBSCRIBE_PATH, kind, probability=share)
    before = desk.calls(TOKEN_PATH)
    channels = [SubscribeChannel(connect(MP)) for _ in range(2)]
    with ThreadPoolExecutor(16) as pool:
        sends = [pool.submit(channels[n % 2].send, alarm(people[n % 30])) for n in range(600)]
        outcomes = [one.result().outcome for one in sends]
    assert len(outcomes) == 600
    assert outcomes.count(Outcome.SENT) > 400
    assert set(outcomes) <= {Outcome.SENT, Outcome.RETRY, Outcome.UNREACHABLE, Outcome.UNKNOWN}
    assert desk.calls(TOKEN_PATH) - before <= 5


# -- what comes in through the door


@pytest.fixture
def callback() -> Iterator[ScriptedServer]:
    def answer(asked: Asked) -> Reply:
        return Reply(asked.query.get("echostr", "success").encode(), content_type="text/plain")

    with ScriptedServer(answer) as server:
        yield server


def raw(asked: Asked) -> RawCallback:
    return RawCallback(asked.query, asked.body, asked.headers.get("Content-Type", ""))


def door(mode: str) -> WeChatDoor:
    key = "sandboxMiniProgramsandboxMiniProgramsandbo0"
    return WeChatDoor(CallbackApp("mini_program", MP[0], "sandboxmp", Mode(mode), key, "gh_sandboxmp001"))


def pushed(callback: ScriptedServer, count: int) -> list[Asked]:
    end = time.monotonic() + 60
    while len(callback.asked) < count and time.monotonic() < end:
        time.sleep(0.01)
    assert len(callback.asked) >= count
    return list(callback.asked)


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_consent_given_on_the_phone_comes_through_the_door(
    desk: Desk, callback: ScriptedServer, mode: str, form: str
) -> None:
    openid = desk.phone()["openid"]
    desk("callback", app="mp", url=callback.url, mode=mode, format=form)
    assert desk("verify-callback", app="mp")["ok"] is True
    callback.asked.clear()
    desk(f"phones/{openid}/subscribe", choices={"subscribe1": "accept"})
    got = door(mode).receive(raw(pushed(callback, 1)[0]), datetime.now(UTC))
    assert isinstance(got, Inbound)
    assert (got.event, got.openid) == ("subscribe_msg_popup_event", openid)
    assert [(one["TemplateId"], one["SubscribeStatusString"]) for one in got.payload["List"]] == [
        ("subscribe1", "accept")
    ]


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        ("wrong_signature", InboundRefusal.BAD_SIGNATURE),
        ("foreign_appid", InboundRefusal.FOREIGN_APP),
        ("stale", InboundRefusal.STALE),
        ("huge_body", InboundRefusal.TOO_LARGE),
    ],
)
def test_a_hostile_packet_of_the_sandbox_stays_outside(
    desk: Desk, callback: ScriptedServer, kind: str, refusal: InboundRefusal
) -> None:
    desk("callback", app="mp", url=callback.url, mode="safe", format="json")
    desk("push", app="mp", kind=kind)
    assert door("safe").receive(raw(pushed(callback, 1)[0]), datetime.now(UTC)) is refusal


def test_a_replayed_packet_has_the_key_that_is_already_known(desk: Desk, callback: ScriptedServer) -> None:
    desk("callback", app="mp", url=callback.url, mode="safe", format="json")
    desk("push", app="mp", kind="unknown_event")
    desk("push", app="mp", kind="replay")
    first, again = (door("safe").receive(raw(one), datetime.now(UTC)) for one in pushed(callback, 2)[:2])
    assert isinstance(first, Inbound)
    assert isinstance(again, Inbound)
    assert (first.key, first.nonce_key) == (again.key, again.nonce_key)


def test_a_picture_check_ends_with_its_verdict_at_the_door(desk: Desk, mp: Gateway, callback: ScriptedServer) -> None:
    openid = desk.phone()["openid"]
    desk("settings", media_delay=0.05, media_verdict="risky")
    desk("callback", app="mp", url=callback.url, mode="safe", format="json")
    trace = WeChatContent(mp).request_media_check(openid, f"{callback.url}/picture.jpg", Scene.FORUM)
    assert isinstance(trace, str)
    end = time.monotonic() + 60
    while not [one for one in callback.asked if one.method == "POST"] and time.monotonic() < end:
        time.sleep(0.02)
    got = door("safe").receive(raw(next(one for one in callback.asked if one.method == "POST")), datetime.now(UTC))
    assert isinstance(got, Inbound)
    assert (got.event, got.payload["trace_id"]) == ("wxa_media_check", trace)
    assert got.payload["result"]["suggest"] == "risky"


def test_the_tokens_row_is_what_other_processes_find(mp: Gateway, engine: Engine, desk: Desk) -> None:
    SubscribeChannel(mp).send(alarm(desk.phone()["openid"]))
    with engine.connect() as connection:
        assert [row.app_id for row in connection.execute(wechat_token.select())] == [MP[0]]
