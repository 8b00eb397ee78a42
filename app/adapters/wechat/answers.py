"""One exchange with WeChat: send JSON, read the answer leniently, and raise every refusal as `WeChatRefused`.

Answers come with HTTP 200 even when they refuse, sometimes as text/plain, sometimes cut off. No errcode means success.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.adapters.http_answers import Answer
from app.adapters.wechat.errors import WeChatRefused, classify, failed_status
from app.adapters.wire import Wire, WireFailed
from app.domains.notices.ports import Outcome, SendResult

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def post(
    wire: Wire, path: str, payload: Mapping[str, Any], *, query: Mapping[str, str] | None = None, now: datetime
) -> dict[str, Any]:
    """Send JSON and read the JSON answer."""
    return read(path, post_raw(wire, path, payload, query=query), now)


def post_raw(wire: Wire, path: str, payload: Mapping[str, Any], *, query: Mapping[str, str] | None = None) -> Answer:
    """Send JSON as raw UTF-8 (WeChat's content check does not read escapes) and return the answer as it came."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    try:
        return wire.post(path, body, query=query or {}, headers=_JSON)
    except WireFailed as failure:
        raise _unanswered(path, failure) from None


def get(wire: Wire, path: str, query: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
    """Fetch with a query and read the JSON answer."""
    try:
        answer = wire.get(path, query)
    except WireFailed as failure:
        raise _unanswered(path, failure) from None
    return read(path, answer, now)


def read(path: str, answer: Answer, now: datetime) -> dict[str, Any]:
    """The fields of a good answer; whatever else it is, a refusal."""
    if answer.status != 200:
        raise WeChatRefused(path, failed_status(answer.status))
    fields = _fields(answer.body)
    code = _code(fields)
    if fields is None or code is None:
        raise WeChatRefused(path, SendResult(Outcome.UNKNOWN, code="unreadable"))
    if code != 0:
        raise WeChatRefused(path, classify(code, str(fields.get("errmsg", "")), now))
    return fields


def picture_in(path: str, answer: Answer, now: datetime) -> bytes:
    """The picture of an answer that is one; a JSON refusal comes with the same status 200."""
    if answer.status == 200 and answer.body.startswith(_PICTURES):
        return answer.body
    read(path, answer, now)
    raise WeChatRefused(path, SendResult(Outcome.RETRY, code="unreadable"))


def _unanswered(path: str, failure: WireFailed) -> WeChatRefused:
    outcome = Outcome.UNKNOWN if failure.maybe_sent else Outcome.RETRY
    return WeChatRefused(path, SendResult(outcome, code=failure.what))


def _fields(body: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _code(fields: dict[str, Any] | None) -> int | None:
    """The error number, written as a number or as text; absent means success."""
    code = (fields or {}).get("errcode", 0)
    if isinstance(code, bool) or not isinstance(code, int | str):
        return None
    try:
        return int(code)
    except ValueError:
        return None
