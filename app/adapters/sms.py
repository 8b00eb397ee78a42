"""Text messages through an SMS provider's HTTP endpoint: the last channel, and the only one that needs no smartphone.

The provider knows a message by our id and delivers it once, so what may have been accepted can safely be sent again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from app.adapters.http_answers import Answer
from app.adapters.wire import Wire, WireFailed
from app.domains.notices.ports import Outcome, Outgoing, SendResult, Why

_NUMBER = re.compile(r"[0-9]{5,15}")
_PAUSE = timedelta(minutes=1)
_BROKEN = frozenset({401, 402, 403, 404, 405, 407})  # key, balance, rights, address: the administrator must act
_PASSING = frozenset({408, 425})


class SmsChannel:
    """Sends plain texts under the message's own id."""

    def __init__(
        self,
        wire: Wire,
        *,
        key: str,
        clock: Callable[[], datetime],
        path: str = "/sms/send",
        longest: int = 500,
        repeats_are_safe: bool = True,
        name: str = "sms",
    ) -> None:
        self.name = name
        self._wire, self._clock, self._path = wire, clock, path
        self._longest = longest
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json; charset=utf-8"}
        self._when_unsure = Outcome.RETRY if repeats_are_safe else Outcome.UNKNOWN

    def send(self, message: Outgoing) -> SendResult:
        """Send once; a number that cannot be one is not tried."""
        number = re.sub(r"[\s\-()]|^\+86", "", message.address)
        if not _NUMBER.fullmatch(number):
            return SendResult(Outcome.UNREACHABLE, code="not_a_number", why=Why.ADDRESS_UNKNOWN)
        request = {"phone": number, "text": self._shortened(message.text), "id": str(message.message_id)}
        body = json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")
        try:
            answer = self._wire.post(self._path, body, query={}, headers=self._headers)
        except WireFailed as failure:
            return SendResult(self._when_unsure if failure.maybe_sent else Outcome.RETRY, code=failure.what)
        return self._result(answer)

    def _shortened(self, text: str) -> str:
        return text if len(text) <= self._longest else text[: self._longest - 1] + "…"

    def _result(self, answer: Answer) -> SendResult:
        """The outcome by the answer's own number, or by the HTTP status when the answer is a proxy's."""
        if answer.status != 200:
            return self._refused(answer.status)
        fields = _fields(answer.body)
        code = fields.get("code")
        if isinstance(code, bool) or not isinstance(code, int):
            return SendResult(self._when_unsure, code="unreadable")
        if code != 0:
            return self._refused(code)
        provider_id = fields.get("id")
        return SendResult(Outcome.SENT, code="0", provider_id=None if provider_id is None else str(provider_id))

    def _refused(self, code: int) -> SendResult:
        if code in _BROKEN:
            return SendResult(Outcome.MISCONFIGURED, code=str(code))
        if code == 429:
            return SendResult(Outcome.LIMITED, code="429", until=self._clock() + _PAUSE)
        if code == 504:
            return SendResult(self._when_unsure, code="504")
        passing = code in _PASSING or code < 400 or code >= 500
        return SendResult(Outcome.RETRY if passing else Outcome.REFUSED_MESSAGE, code=str(code))


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
