"""The ports behind which WeChat stands: what is asked of it, and how its answers read on our side."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.adapters.wechat import channels, codes, content, signin
from app.adapters.wechat.channels import OfficialTemplateChannel, SubscribeChannel
from app.adapters.wechat.codes import WeChatDoorCodes, WeChatLinks
from app.adapters.wechat.content import WeChatContent
from app.adapters.wechat.gateway import Gateway
from app.adapters.wechat.signin import WeChatPhones, WeChatSessions
from app.domains.identity.ports import CodeRefusal, PhoneNumber, WeChatIdentity
from app.domains.media.ports import DoorCodeRefusal, Scene, Verdict
from app.domains.notices.ports import Outcome, Why
from tests.adapters.conftest import MovedClock
from tests.adapters.messages import outgoing
from tests.adapters.scripted import Asked, Reply, Script, ScriptedServer, says

Play = Callable[[Script], ScriptedServer]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 500


@pytest.fixture
def answers(wechat: Play) -> Callable[[Reply], ScriptedServer]:
    """Let WeChat give one answer to everything but the token."""
    return lambda reply: wechat(lambda asked: reply)  # noqa: ARG005


Answers = Callable[[Reply], ScriptedServer]


def refuses(code: int) -> Reply:
    return says({"errcode": code, "errmsg": "x rid: 64229bc2-48d0e8b1-2008ed9b"})


def test_a_subscribe_message_has_fitted_fields_a_page_and_its_edition(gateway: Gateway, answers: Answers) -> None:
    server = answers(says({"errcode": 0, "errmsg": "ok", "msgid": 1988810812324364291}))
    channel = SubscribeChannel(gateway, miniprogram_state="trial")
    result = channel.send(outgoing(page="/pages/a?id=1", fields={"thing1": "字" * 25, "time2": "2026-11-23 15:01"}))
    assert (result.outcome, result.provider_id) == (Outcome.SENT, "1988810812324364291")
    assert server.last(channels.SUBSCRIBE_PATH).json == {
        "touser": "canary-openid",
        "template_id": "tmpl-1",
        "page": "pages/a?id=1",
        "miniprogram_state": "trial",
        "lang": "zh_CN",
        "data": {"thing1": {"value": "字" * 19 + "…"}, "time2": {"value": "2026年11月23日 15:01"}},
    }


def test_a_template_message_carries_its_own_id_and_opens_the_mini_program(gateway: Gateway, answers: Answers) -> None:
    server = answers(says({"errcode": 0, "errmsg": "ok", "msgid": 5}))
    message = outgoing(page="pages/a")
    OfficialTemplateChannel(gateway, mini_program_id="wxmp").send(message)
    sent = server.last(channels.TEMPLATE_PATH).json
    assert sent["client_msg_id"] == message.message_id.hex
    assert sent["miniprogram"] == {"appid": "wxmp", "pagepath": "pages/a"}


@pytest.mark.parametrize(
    ("code", "outcome", "why"),
    [
        (43101, Outcome.UNREACHABLE, Why.NO_CONSENT),
        (40003, Outcome.UNREACHABLE, Why.ADDRESS_UNKNOWN),
        (40037, Outcome.REFUSED_TEMPLATE, None),
        (45009, Outcome.LIMITED, None),
        (-1, Outcome.RETRY, None),
        (48001, Outcome.MISCONFIGURED, None),
    ],
)
def test_a_refused_message_is_reported_in_the_outboxs_words(
    gateway: Gateway, answers: Answers, code: int, outcome: Outcome, why: Why | None
) -> None:
    server = answers(refuses(code))
    result = SubscribeChannel(gateway).send(outgoing())
    assert (result.outcome, result.why, result.rid) == (outcome, why, "64229bc2-48d0e8b1-2008ed9b")
    assert server.count(channels.SUBSCRIBE_PATH) == 1


def test_a_time_out_after_sending_is_unknown_unless_repeats_are_safe(gateway: Gateway, answers: Answers) -> None:
    answers(Reply(fault="reset"))
    assert SubscribeChannel(gateway).send(outgoing()).outcome is Outcome.UNKNOWN
    assert OfficialTemplateChannel(gateway).send(outgoing()).outcome is Outcome.UNKNOWN
    assert OfficialTemplateChannel(gateway, repeats_are_safe=True).send(outgoing()).outcome is Outcome.RETRY


def test_a_code_becomes_an_identity_and_the_session_key_is_dropped(gateway: Gateway, answers: Answers) -> None:
    server = answers(says({"openid": "canary-o", "session_key": "canary-k", "unionid": "canary-u"}))
    who = WeChatSessions(gateway).exchange("code-1")
    assert who == WeChatIdentity("canary-o", "canary-u")
    assert "canary" not in repr(who)
    assert server.last(signin.SESSION_PATH).query["js_code"] == "code-1"
    assert "access_token" not in server.last(signin.SESSION_PATH).query


def test_an_identity_without_a_union_id_is_whole(gateway: Gateway, answers: Answers) -> None:
    answers(says({"openid": "o", "session_key": "k", "errcode": 0}))
    assert WeChatSessions(gateway).exchange("c") == WeChatIdentity("o", None)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (40029, CodeRefusal.BAD_CODE),
        (40163, CodeRefusal.USED_CODE),
        (40226, CodeRefusal.HIGH_RISK),
        (45011, CodeRefusal.TOO_OFTEN),
        (-1, CodeRefusal.BUSY),
        (45009, CodeRefusal.BUSY),
        (40125, CodeRefusal.MISCONFIGURED),
    ],
)
def test_a_refused_code_is_refused_by_kind(gateway: Gateway, answers: Answers, code: int, kind: CodeRefusal) -> None:
    answers(refuses(code))
    assert WeChatSessions(gateway).exchange("c") is kind
    assert WeChatPhones(gateway).number("c") is kind


@pytest.mark.parametrize("code", ["", " ", "a b", "é", "x" * 300, "a\r\nb", "\x00"])
def test_what_cannot_be_a_code_is_not_asked(gateway: Gateway, answers: Answers, code: str) -> None:
    server = answers(says({"openid": "o"}))
    assert WeChatSessions(gateway).exchange(code) is CodeRefusal.BAD_CODE
    assert WeChatPhones(gateway).number(code) is CodeRefusal.BAD_CODE
    assert server.asked == []


@pytest.mark.parametrize("country", [86, "86"])
def test_a_phone_number_comes_without_its_country_code(gateway: Gateway, answers: Answers, country: object) -> None:
    answers(says({"errcode": 0, "phone_info": {
        "phoneNumber": "+8613800138000", "purePhoneNumber": "13800138000", "countryCode": country}}))  # fmt: skip
    got = WeChatPhones(gateway).number("c")
    assert got == PhoneNumber("13800138000", "86")
    assert "138" not in repr(got)


@pytest.mark.parametrize(
    ("suggest", "verdict"),
    [("pass", Verdict.PASS), ("review", Verdict.REVIEW), ("risky", Verdict.RISKY), ("novel", Verdict.REVIEW)],
)
def test_a_text_gets_wechats_verdict(gateway: Gateway, answers: Answers, suggest: str, verdict: Verdict) -> None:
    server = answers(says({"errcode": 0, "result": {"suggest": suggest, "label": 100}, "trace_id": "t"}))
    assert WeChatContent(gateway).check_text("o", "吃饭了吗", Scene.FORUM) is verdict
    asked = server.last(content.TEXT_PATH)
    assert asked.json == {"openid": "o", "scene": 3, "version": 2, "content": "吃饭了吗"}
    assert "吃饭了吗".encode() in asked.body


def test_a_long_text_is_checked_in_parts_and_the_worst_counts(gateway: Gateway, wechat: Play) -> None:
    def answer(asked: Asked) -> Reply:
        suggest = "risky" if "坏话" in asked.json["content"] else "pass"
        return says({"errcode": 0, "result": {"suggest": suggest}})

    server = wechat(answer)
    checker = WeChatContent(gateway)
    assert checker.check_text("o", "好" * 2499 + "坏话" + "好" * 3000, Scene.FORUM) is Verdict.RISKY
    assert checker.check_text("o", "好" * 6000, Scene.FORUM) is Verdict.PASS
    assert all(len(one.json["content"]) <= 2500 for one in server.asked if one.path == content.TEXT_PATH)


@pytest.mark.parametrize(
    ("code", "verdict"), [(61010, Verdict.REVIEW), (87014, Verdict.RISKY), (-1, Verdict.UNAVAILABLE)]
)
def test_a_check_that_fails_is_never_a_pass(gateway: Gateway, answers: Answers, code: int, verdict: Verdict) -> None:
    answers(refuses(code))
    assert WeChatContent(gateway).check_text("o", "x", Scene.COMMENT) is verdict
    assert WeChatContent(gateway).request_media_check("o", "https://x/a.jpg", Scene.COMMENT) is verdict


def test_an_empty_text_needs_no_check(gateway: Gateway, answers: Answers) -> None:
    server = answers(refuses(-1))
    assert WeChatContent(gateway).check_text("o", " \n", Scene.COMMENT) is Verdict.PASS
    assert server.asked == []


def test_half_a_character_in_a_text_does_not_break_the_check(gateway: Gateway, answers: Answers) -> None:
    answers(says({"errcode": 0, "result": {"suggest": "pass"}}))
    assert WeChatContent(gateway).check_text("o", "a\ud800b", Scene.COMMENT) is Verdict.PASS


def test_a_picture_check_gives_the_trace_that_the_callback_will_name(gateway: Gateway, answers: Answers) -> None:
    server = answers(says({"errcode": 0, "errmsg": "ok", "trace_id": "967e945cd8a3e458"}))
    assert WeChatContent(gateway).request_media_check("o", "https://x/a.jpg", Scene.FORUM) == "967e945cd8a3e458"
    assert server.last(content.MEDIA_PATH).json["media_type"] == 2


def test_a_door_code_is_the_picture_that_wechat_draws(gateway: Gateway, answers: Answers) -> None:
    server = answers(Reply(PNG, content_type="image/png"))
    assert WeChatDoorCodes(gateway).mini_program_code("Ab3" * 8, "/pages/door", 100) == PNG
    asked = server.last(codes.CODE_PATH).json
    assert asked == {
        "scene": "Ab3" * 8, "page": "pages/door", "width": 280, "env_version": "release", "check_path": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (41030, DoorCodeRefusal.PAGE_NOT_PUBLISHED),
        (45009, DoorCodeRefusal.BUSY),
        (40129, DoorCodeRefusal.BAD_TOKEN),
        (48001, DoorCodeRefusal.MISCONFIGURED),
    ],
)
def test_a_json_refusal_in_place_of_the_picture_is_seen(
    gateway: Gateway, answers: Answers, code: int, kind: DoorCodeRefusal
) -> None:
    answers(refuses(code))
    assert WeChatDoorCodes(gateway).mini_program_code("t", "p", 430) is kind


@pytest.mark.parametrize("token", ["", "x" * 33, "户一", "a%b", "a b"])
def test_a_token_that_the_code_cannot_carry_is_not_asked(gateway: Gateway, answers: Answers, token: str) -> None:
    server = answers(Reply(PNG))
    assert WeChatDoorCodes(gateway).mini_program_code(token, "p", 430) is DoorCodeRefusal.BAD_TOKEN
    assert server.asked == []


def test_a_link_lives_thirty_days_at_most(gateway: Gateway, answers: Answers) -> None:
    server = answers(says({"errcode": 0, "errmsg": "ok", "url_link": "https://wxaurl.cn/abc"}))
    assert WeChatLinks(gateway).mini_program_link("/p", query="a=1", days=90) == "https://wxaurl.cn/abc"
    assert server.last(codes.LINK_PATH).json["expire_interval"] == 30


def test_a_link_that_cannot_be_made_says_why(gateway: Gateway, answers: Answers, moved: MovedClock) -> None:
    answers(refuses(45009))
    assert WeChatLinks(gateway).mini_program_link("/p", query="", days=1) is Outcome.LIMITED
    moved.forward(days=1)
    answers(says({"errcode": 0}))
    assert WeChatLinks(gateway).mini_program_link("/p", query="", days=1) is Outcome.RETRY
