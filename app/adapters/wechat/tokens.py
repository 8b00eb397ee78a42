"""One access token per account for every process of ours: a sealed row in PostgreSQL, fetched by one at a time.

Why so much care: processes that each fetch "their" token make each other's tokens void and use up the quota within
minutes. So: stable_token in normal mode (the same token for everybody), one fetch at a time under an advisory lock,
and whoever meets a refused token may only void the very token that was used. Without the database each process asks
stable_token itself, which is slower and still right.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Column, Connection, DateTime, Engine, Integer, LargeBinary, Table, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from app.adapters.wechat.answers import post
from app.adapters.wechat.errors import STALE_TOKEN, WeChatRefused
from app.adapters.wire import Wire
from app.domains.notices.ports import Outcome, SendResult
from app.kernel.crypto import BrokenSeal
from app.kernel.tables import metadata

PATH = "/cgi-bin/stable_token"
_LOCK_WAIT_SECONDS = 12.0
_LOCK_STEP_SECONDS = 0.05
_MARGIN_SECONDS = 60
_HOLD_OFF = timedelta(seconds=60)
# How long a token that stable_token has confirmed is not doubted again, by number of confirmations.
_CONFIRMED_FOR = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))

log = logging.getLogger(__name__)

wechat_token = Table(
    "wechat_token",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("token_sealed", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("fetched_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False, comment="grows with each new token"),
    Column("confirmations", Integer, nullable=False, comment="times it was doubted and handed out again"),
)


class Cipher(Protocol):
    """What seals the token at rest."""

    def seal(self, context: str, text: str) -> bytes:
        """The sealed form."""

    def open(self, context: str, sealed: bytes) -> str:
        """The text again; BrokenSeal when it does not belong here."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, which edition of it this is, and until when it is used."""

    value: str = field(repr=False)
    version: int
    usable_until: datetime
    fetched_at: datetime
    confirmations: int = 0

    def may_be_doubted(self, now: datetime) -> bool:
        """Whether asking again is worth it: WeChat sometimes refuses a good token, and a fetch would not help."""
        rest = _CONFIRMED_FOR[min(self.confirmations, len(_CONFIRMED_FOR) - 1)]
        return now - self.fetched_at >= rest


class TokenProvider:
    """Hands out the account's token; thread-safe, one per account and process."""

    def __init__(
        self,
        *,
        app_id: str,
        secret: str,
        wire: Wire,
        engine: Engine,
        cipher: Cipher,
        clock: Callable[[], datetime],
        lock_wait_seconds: float = _LOCK_WAIT_SECONDS,
    ) -> None:
        self._lock_wait_seconds = lock_wait_seconds
        self._app_id, self._secret = app_id, secret
        self._wire, self._engine, self._cipher, self._clock = wire, engine, cipher, clock
        self._context = f"wechat_token:token_sealed:{app_id}"
        self._lock_key = int.from_bytes(hashlib.sha256(self._context.encode()).digest()[:8], "big", signed=True)
        self._mine = threading.Lock()
        self._token: Token | None = None
        self._tries = 0
        self._failure: WeChatRefused | None = None
        self._hold_off_until: datetime | None = None

    def current(self) -> Token:
        """The token to use now; WeChatRefused when there is none."""
        return self._token_other_than(None)

    def instead_of(self, refused: Token) -> Token:
        """The token to use after `refused` was refused; the same one when WeChat has just confirmed it."""
        return self._token_other_than(refused)

    def _token_other_than(self, refused: Token | None) -> Token:
        tries = self._tries
        if token := self._usable(self._token, refused):
            return token
        with self._mine:
            if token := self._usable(self._token, refused):
                return token
            self._share_failure(since=tries)
            return self._renew(refused)

    def _usable(self, token: Token | None, refused: Token | None) -> Token | None:
        now = self._clock()
        if token is None or token.usable_until <= now:
            return None
        if refused is not None and token.value == refused.value and token.may_be_doubted(now):
            return None
        return token

    def _share_failure(self, *, since: int) -> None:
        """Who waited while another thread failed has failed too; wrong keys are not tried again at once."""
        if self._failure is None:
            return
        held_off = self._hold_off_until is not None and self._clock() < self._hold_off_until
        if held_off or self._tries != since:
            raise WeChatRefused(self._failure.path, self._failure.result)

    def _renew(self, refused: Token | None) -> Token:
        self._tries += 1
        self._failure = self._hold_off_until = None
        try:
            self._token = self._shared(refused)
        except WeChatRefused as failure:
            self._failure = failure
            if failure.result.outcome is Outcome.MISCONFIGURED:
                self._hold_off_until = self._clock() + _HOLD_OFF
            raise
        return self._token

    def _shared(self, refused: Token | None) -> Token:
        """The row's token when it will do, else a new one, fetched while nobody else fetches."""
        try:
            if token := self._usable(self._stored(), refused):
                return token
            with self._single_flight() as connection:
                known = self._read(connection)
                return self._usable(known, refused) or self._fetch_and_store(connection, known)
        except (SQLAlchemyError, TimeoutError):
            log.warning("wechat token: no database, asking WeChat directly")
            return self._fetch(self._token)

    def _stored(self) -> Token | None:
        with self._connection() as connection:
            return self._read(connection)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    @contextmanager
    def _single_flight(self) -> Iterator[Connection]:
        """Hold the account's advisory lock, on a connection with no transaction open; waiting holds no connection."""
        deadline = time.monotonic() + self._lock_wait_seconds
        while time.monotonic() < deadline:
            with self._connection() as connection:
                if connection.execute(select(func.pg_try_advisory_lock(self._lock_key))).scalar():
                    try:
                        yield connection
                    finally:
                        self._unlock(connection)
                    return
            time.sleep(_LOCK_STEP_SECONDS)
        raise TimeoutError

    def _unlock(self, connection: Connection) -> None:
        try:
            connection.execute(select(func.pg_advisory_unlock(self._lock_key)))
        except SQLAlchemyError:
            connection.invalidate()  # the server drops a session's locks with the session

    def _read(self, connection: Connection) -> Token | None:
        row = connection.execute(select(wechat_token).where(wechat_token.c.app_id == self._app_id)).one_or_none()
        if row is None:
            return None
        try:
            value = self._cipher.open(self._context, row.token_sealed)
        except BrokenSeal:
            return None
        return Token(value, row.version, row.expires_at, row.fetched_at, row.confirmations)

    def _fetch_and_store(self, connection: Connection, known: Token | None) -> Token:
        token = self._fetch(known)
        values = {
            "token_sealed": self._cipher.seal(self._context, token.value),
            "expires_at": token.usable_until,
            "fetched_at": token.fetched_at,
            "version": token.version,
            "confirmations": token.confirmations,
        }
        statement = insert(wechat_token).values(app_id=self._app_id, **values)
        try:
            connection.execute(statement.on_conflict_do_update(index_elements=["app_id"], set_=values))
        except SQLAlchemyError:
            log.warning("wechat token: fetched but not stored")
        return token

    def _fetch(self, known: Token | None) -> Token:
        """Ask stable_token; an answer equal to the known token confirms it."""
        now = self._clock()
        request = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._secret}
        try:
            answer = post(self._wire, PATH, {**request, "force_refresh": False}, now=now)
        except WeChatRefused as failure:
            raise WeChatRefused(PATH, _without_token(failure.result)) from None
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value or not isinstance(seconds, int) or seconds < 1:
            raise WeChatRefused(PATH, SendResult(Outcome.RETRY, code="unreadable"))
        usable_until = now + timedelta(seconds=seconds - min(_MARGIN_SECONDS, seconds // 2))
        version, is_same = (known.version, known.value == value) if known else (0, False)
        confirmations = known.confirmations + 1 if known and is_same else 0
        log.info("wechat token: %s", "confirmed" if is_same else "new")
        return Token(value, version + (not is_same), usable_until, now, confirmations)


def _without_token(result: SendResult) -> SendResult:
    """What a failed fetch means for the message: it was not sent, and a refusal is about our keys, not about it."""
    if result.outcome in {Outcome.RETRY, Outcome.UNKNOWN} and result.code not in {str(code) for code in STALE_TOKEN}:
        return replace(result, outcome=Outcome.RETRY)
    return result if result.outcome is Outcome.LIMITED else replace(result, outcome=Outcome.MISCONFIGURED)
