"""Every call to WeChat's API for one account goes through here: token, one renewal, breaker, classification."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from app.adapters.http_answers import Answer
from app.adapters.wechat import answers
from app.adapters.wechat.breaker import Breaker
from app.adapters.wechat.errors import STALE_TOKEN, WeChatRefused
from app.adapters.wechat.tokens import Token, TokenProvider
from app.adapters.wire import Wire
from app.domains.notices.ports import Outcome, SendResult

Got = TypeVar("Got")
_STALE_CODES = frozenset(str(code) for code in STALE_TOKEN)
_GIVE_UP_AFTER = 2  # calls in a row whose token was refused twice each


class Gateway:
    """Makes calls for one account. Raises `WeChatRefused` and nothing else; safe for many threads."""

    def __init__(
        self,
        *,
        app_id: str,
        secret: str,
        wire: Wire,
        tokens: TokenProvider,
        clock: Callable[[], datetime],
        breaker: Breaker | None = None,
    ) -> None:
        self.app_id = app_id
        self._secret = secret
        self._wire, self._tokens, self._clock = wire, tokens, clock
        self.breaker = breaker or Breaker()
        self._twice_refused = 0

    def call(self, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """POST JSON with the access token; the answer's fields."""
        return self._with_token(
            path,
            lambda token: answers.post(
                self._wire, path, payload, query={"access_token": token.value}, now=self._clock()
            ),
        )

    def look_up(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """GET with the access token; the answer's fields."""
        return self._with_token(
            path,
            lambda token: answers.get(self._wire, path, {"access_token": token.value, **query}, now=self._clock()),
        )

    def picture(self, path: str, payload: Mapping[str, Any]) -> bytes:
        """POST JSON with the access token; the picture that comes back."""

        def ask(token: Token) -> bytes:
            answer: Answer = answers.post_raw(self._wire, path, payload, query={"access_token": token.value})
            return answers.picture_in(path, answer, self._clock())

        return self._with_token(path, ask)

    def get_with_secret(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """GET with the account's id and secret and no access token: sign-in works while the token endpoint is down."""
        keys = {"appid": self.app_id, "secret": self._secret}
        with self._guarded(path):
            return answers.get(self._wire, path, {**keys, **query}, now=self._clock())

    def _with_token(self, path: str, ask: Callable[[Token], Got]) -> Got:
        with self._guarded(path):
            token = self._tokens.current()
            try:
                got = ask(token)
            except WeChatRefused as refusal:
                if refusal.result.code not in _STALE_CODES:
                    raise
                got = self._once_more(path, ask, token)
            self._twice_refused = 0
            return got

    def _once_more(self, path: str, ask: Callable[[Token], Got], refused: Token) -> Got:
        """Repeat with the token that replaces the refused one; never a third time."""
        try:
            return ask(self._tokens.instead_of(refused))
        except WeChatRefused as refusal:
            if refusal.result.code not in _STALE_CODES:
                raise
            self._twice_refused += 1
            if self._twice_refused < _GIVE_UP_AFTER:
                raise
            result = refusal.result
            raise WeChatRefused(path, SendResult(Outcome.MISCONFIGURED, result.code, rid=result.rid)) from None

    @contextmanager
    def _guarded(self, path: str) -> Iterator[None]:
        """Hold calls back while WeChat is down, and watch whether it is."""
        if until := self.breaker.held_until(self._clock()):
            raise WeChatRefused(path, SendResult(Outcome.RETRY, "held_back", until=until))
        try:
            yield
        except WeChatRefused as refusal:
            if _is_answer(refusal.result.code):
                self.breaker.succeeded()
            else:
                self.breaker.failed(self._clock())
            raise
        self.breaker.succeeded()


def _is_answer(code: str) -> bool:
    """Whether WeChat itself has spoken; a refusal of one message says that it is well."""
    return code.removeprefix("-").isdecimal()
