"""WeChat's numbers in the outbox's words, with real answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from app.adapters.http_answers import Answer
from app.adapters.wechat.answers import read
from app.adapters.wechat.errors import RULINGS, WeChatRefused, classify, failed_status
from app.domains.notices.ports import Outcome, SendResult, Why
from tests.adapters.conftest import NOON

REAL = [
    (('{"errcode":40164,"errmsg":"invalid ip 118.25.45.123 ipv6 ::ffff:118.25.45.123, not in whitelist, '
     'rid: 669bc1d2-6aa282ed-73856b38"}'), Outcome.MISCONFIGURED, "669bc1d2-6aa282ed-73856b38", None),
    ('{"errcode":45009,"errmsg":"reach max api daily quota limit rid: 6303397c-165f2a7b-1fc0a118"}',
     Outcome.LIMITED, "6303397c-165f2a7b-1fc0a118", None),
    ('{"errcode":43101,"errmsg":"user refuse to accept the msg rid: 64229bc2-48d0e8b1-2008ed9b"}',
     Outcome.UNREACHABLE, "64229bc2-48d0e8b1-2008ed9b", None),
    (('{"errcode":43108,"errmsg":"Cannot make concurrent calls to the same OpenID, please try again '
     'rid: 60827d75-56f523fc-695edfec"}'), Outcome.RETRY, "60827d75-56f523fc-695edfec", None),
    ('{"errcode":40037,"errmsg":"invalid template_id rid: 651550b9-01654b11-301b8723"}',
     Outcome.REFUSED_TEMPLATE, "651550b9-01654b11-301b8723", None),
    ('{"errcode":40003,"errmsg":"invalid openid rid: 617627ab-5e637b4e-20900d78"}',
     Outcome.UNREACHABLE, "617627ab-5e637b4e-20900d78", None),
    ('{"errcode":47003,"errmsg":"argument invalid! data.thing3.value is emtpy rid: 5f3a7906-0c594b15-679286ae"}',
     Outcome.REFUSED_MESSAGE, "5f3a7906-0c594b15-679286ae", "thing3"),
    ('{"errcode":47003,"errmsg":"argument invalid! data.thing23.value invalid rid: 61503140-1e570a3e-6387a6ea"}',
     Outcome.REFUSED_MESSAGE, "61503140-1e570a3e-6387a6ea", "thing23"),
    ('{"errcode":45047,"errmsg":"out of response count limit hint:[2TCvgA0175ge21]"}',
     Outcome.UNREACHABLE, "2TCvgA0175ge21", None),
    (('{"errcode":40249,"errmsg":"this template msg has been blocked for illegal content '
     'rid: 64c9abfc-3c695fd0-024621ce"}'), Outcome.REFUSED_MESSAGE, "64c9abfc-3c695fd0-024621ce", None),
    ('{"errcode":-1,"errmsg":"system error"}', Outcome.RETRY, None, None),
]  # fmt: skip


def refusal_of(body: str, status: int = 200) -> SendResult:
    with pytest.raises(WeChatRefused) as refusal:
        read("/x", Answer(status, body.encode()), NOON)
    return refusal.value.result


@pytest.mark.parametrize(("body", "outcome", "rid", "field"), REAL)
def test_a_real_answer_is_understood(body: str, outcome: Outcome, rid: str | None, field: str | None) -> None:
    result = refusal_of(body)
    assert (result.outcome, result.rid, result.field) == (outcome, rid, field)
    assert result.code == str(json.loads(body)["errcode"])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (40003, Why.ADDRESS_UNKNOWN),
        (43101, Why.NO_CONSENT),
        (43004, Why.NOT_FOLLOWING),
        (50002, Why.ACCOUNT_FROZEN),
        (45015, None),
    ],
)
def test_an_unreachable_person_comes_with_the_reason(code: int, why: Why | None) -> None:
    result = classify(code, "", NOON)
    assert (result.outcome, result.why) == (Outcome.UNREACHABLE, why)


@pytest.mark.parametrize("code", [40013, 40125, 40164, 40243, 48001, 48004, 61004, 89503, 43107])
def test_wrong_keys_and_rights_stop_the_channel(code: int) -> None:
    assert classify(code, "", NOON).outcome is Outcome.MISCONFIGURED


def test_the_daily_quota_ends_at_midnight_in_china() -> None:
    assert classify(45009, "", NOON).until == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    late = datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)
    assert classify(45009, "", late).until == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    after = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert classify(45009, "", after).until == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def test_the_minute_quota_ends_with_the_minute() -> None:
    assert classify(45011, "", NOON).until == datetime(2026, 11, 23, 4, 1, tzinfo=UTC)


def test_trap_b10_only_limits_say_until_when() -> None:
    """-1, 45009 and 45011 are three different things, and each has its own outcome."""
    assert [classify(code, "", NOON).outcome for code in (-1, 45009, 45011)] == ["retry", "limited", "limited"]
    for code, ruling in RULINGS.items():
        assert (classify(code, "", NOON).until is not None) == (ruling.outcome is Outcome.LIMITED)


def test_a_number_that_nobody_listed_concerns_this_message_only() -> None:
    assert classify(99999, "new rid: 64229bc2-48d0e8b1-2008ed9b", NOON).outcome is Outcome.REFUSED_MESSAGE


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(500, "retry"), (502, "retry"), (503, "retry"), (504, "unknown"), (302, "retry"), (429, "retry"),
     (403, "misconfigured"), (404, "misconfigured"), (407, "misconfigured")],
)  # fmt: skip
def test_trap_b10_a_page_instead_of_an_answer_is_judged_by_its_status(status: int, outcome: str) -> None:
    assert failed_status(status).outcome == outcome


@pytest.mark.parametrize(
    "body",
    ["", "{", '{"errcode":0,"errm', "[]", "null", "<html>", '{"errcode":null}', '{"errcode":"x"}', '{"errcode":true}',
     '{"errcode":[1]}', '{"a":' * 5000, "\ufeff", '{"errcode":' + "9" * 5000 + "}"],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_may_have_been_a_success(body: str) -> None:
    result = refusal_of(body)
    assert (result.outcome, result.code) == (Outcome.UNKNOWN, "unreadable")


@pytest.mark.parametrize(
    "body",
    ['{"openid":"o"}', '{"errcode":0}', '{"errcode":"0"}', '\ufeff{"errcode":0}', '{"errcode":0,"errmsg":"\t"}',
     '{"errcode":0,"msgid":1988810812324364291}'],
)  # fmt: skip
def test_no_error_number_or_zero_is_success_however_it_is_written(body: str) -> None:
    assert isinstance(read("/x", Answer(200, body.encode()), NOON), dict)


def test_a_message_id_beyond_two_to_the_53_is_kept_exactly() -> None:
    assert read("/x", Answer(200, b'{"errcode":0,"msgid":1988810812324364291}'), NOON)["msgid"] == 1988810812324364291


def test_an_error_number_written_as_text_counts() -> None:
    assert refusal_of('{"errcode":"43101","errmsg":"x"}').outcome is Outcome.UNREACHABLE
