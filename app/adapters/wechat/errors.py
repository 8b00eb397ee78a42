"""WeChat's error numbers in the outbox's words: one table, and the answer's other facts (rid, field, until when)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from app.domains.notices.ports import Outcome, SendResult, Why
from app.kernel.values import SHANGHAI


class Until(StrEnum):
    """When a limit ends."""

    NEXT_MINUTE = "next_minute"
    MIDNIGHT = "midnight"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one error number means for whoever sends."""

    outcome: Outcome
    why: Why | None = None
    until: Until | None = None


STALE_TOKEN: Final = frozenset({40001, 40014, 42001})  # fetch the token anew, once, and repeat

_RETRY = Ruling(Outcome.RETRY)
_MESSAGE = Ruling(Outcome.REFUSED_MESSAGE)
_TEMPLATE = Ruling(Outcome.REFUSED_TEMPLATE)
_BROKEN = Ruling(Outcome.MISCONFIGURED)
_MINUTE = Ruling(Outcome.LIMITED, until=Until.NEXT_MINUTE)
_DAY = Ruling(Outcome.LIMITED, until=Until.MIDNIGHT)
_ELSEWHERE = Ruling(Outcome.UNREACHABLE)  # this way is closed for now, the person is fine: take the next channel

RULINGS: Final[dict[int, Ruling]] = {
    -1: _RETRY,  # system busy
    40001: _RETRY,  # a token that was just confirmed is still refused; the gateway counts these
    40014: _RETRY,
    42001: _RETRY,
    40003: Ruling(Outcome.UNREACHABLE, why=Why.ADDRESS_UNKNOWN),
    40013: _BROKEN,  # invalid appid
    40029: _MESSAGE,  # invalid code
    40037: _TEMPLATE,  # invalid template_id, also that of another account
    40125: _BROKEN,  # invalid appsecret
    40129: _MESSAGE,  # scene wrong
    40163: _MESSAGE,  # code been used
    40164: _BROKEN,  # our address is not in the whitelist
    40226: _MESSAGE,  # high-risk user blocked
    40243: _BROKEN,  # AppSecret frozen
    40249: _MESSAGE,  # blocked for illegal content
    20002: _MESSAGE,
    41001: _BROKEN,  # access_token missing: our own bug
    41030: _MESSAGE,  # page is not in the published version
    43004: Ruling(Outcome.UNREACHABLE, why=Why.NOT_FOLLOWING),
    43101: Ruling(Outcome.UNREACHABLE, why=Why.NO_CONSENT),
    43104: _MESSAGE,  # appid and openid do not match
    43107: _BROKEN,  # not in Tencent's pages; widely said: the right to send is taken away
    43108: _RETRY,  # concurrent calls to the same person
    43116: _MESSAGE,
    45002: _MESSAGE,  # content too long
    45009: _DAY,  # daily quota
    45011: _MINUTE,  # minute quota
    45015: _ELSEWHERE,  # the customer-service window is closed
    45047: _ELSEWHERE,  # the customer-service window is used up
    45063: _RETRY,
    45168: _MESSAGE,  # keyword in blacklist
    47001: _MESSAGE,  # data format error
    47003: _MESSAGE,  # a field does not fit
    48001: _BROKEN,  # api unauthorized
    48004: _BROKEN,  # api forbidden
    48008: _BROKEN,  # no right for this message type
    50002: Ruling(Outcome.UNREACHABLE, why=Why.ACCOUNT_FROZEN),
    61004: _BROKEN,  # our address is not in the whitelist
    61010: _MESSAGE,  # the person has not used the mini-program for two hours
    87014: _MESSAGE,  # risky content
    89503: _BROKEN,  # waits for the administrator's confirmation
}

# A number nobody has listed is taken as meant for this message: it neither loops nor stops the channel.
_UNLISTED: Final = _MESSAGE

_RID = re.compile(r"\brid: ?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{8}){2})|hint: ?\[([0-9A-Za-z_ ]{1,40})\]")
_FIELD = re.compile(r"\bdata\.([a-z_]{1,24}[0-9]{0,4})\b")


class WeChatRefused(Exception):
    """A call that did not succeed: path, number and rid, never the URL, the token or what was sent."""

    def __init__(self, path: str, result: SendResult) -> None:
        super().__init__(f"{path} {result.code} {result.rid or ''}".rstrip())
        self.path = path
        self.result = result


def ruling_of(code: int) -> Ruling:
    """What a number means; an unlisted one concerns this message only."""
    return RULINGS.get(code, _UNLISTED)


def classify(code: int, message: str, now: datetime) -> SendResult:
    """The outcome of an answer with an error number, as the outbox wants it."""
    ruling = ruling_of(code)
    return SendResult(
        ruling.outcome,
        code=str(code),
        rid=rid_in(message),
        until=ends_at(ruling.until, now),
        field=_first(_FIELD, message),
        why=ruling.why,
    )


def rid_in(message: str) -> str | None:
    """The reference that Tencent's support asks for."""
    return _first(_RID, message)


def ends_at(until: Until | None, now: datetime) -> datetime | None:
    """When a limit ends: at the next full minute, or at midnight in China."""
    if until is None:
        return None
    local = now.astimezone(SHANGHAI)
    if until is Until.NEXT_MINUTE:
        end = local.replace(second=0, microsecond=0) + timedelta(minutes=1)
    else:
        end = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return end.astimezone(UTC)


def failed_status(status: int) -> SendResult:
    """The outcome of an answer that is no WeChat answer at all: a proxy's page, a redirect, a gateway's time-out."""
    code = f"http_{status}"
    if status == 504:
        return SendResult(Outcome.UNKNOWN, code=code)
    if status in {401, 403, 404, 405, 407}:
        return SendResult(Outcome.MISCONFIGURED, code=code)
    return SendResult(Outcome.RETRY, code=code)


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return next((part for part in found.groups() if part), None) if found else None
