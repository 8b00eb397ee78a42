"""How often one caller may knock: a limiter over Redis, or over memory when there is none. Losing it loses nothing."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from flask import Flask, request

from app.kernel.errors import TooMany

_A_MINUTE = 1200
_PATIENCE: dict[str, Any] = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry": None}
_REST_SECONDS = 10.0


class OwnWindow:
    """Counts the knocks of this process's present minute; the library's own memory starts a thread for each knock."""

    def __init__(self) -> None:
        self._minute = 0
        self._knocks: Counter[str] = Counter()

    def hit(self, caller: str, *, now: float) -> bool:
        """Count one knock; whether the caller may go on."""
        if (minute := int(now // 60)) != self._minute:
            self._minute, self._knocks = minute, Counter()
        self._knocks[caller] += 1
        return self._knocks[caller] <= _A_MINUTE


class SharedWindow:
    """Counts the knocks of all processes in Redis; only a process that is told of one carries its client."""

    def __init__(self, url: str) -> None:
        from limits import RateLimitItemPerMinute
        from limits.storage import RedisStorage
        from limits.strategies import FixedWindowRateLimiter
        from redis import RedisError

        self.away = RedisError
        self._window = FixedWindowRateLimiter(RedisStorage(url, **_PATIENCE))
        self._limit = RateLimitItemPerMinute(_A_MINUTE)

    def hit(self, caller: str) -> bool:
        """Count one knock; whether the caller may go on."""
        return self._window.hit(self._limit, caller)


class Limiter:
    """Counts knocks; a Redis that does not answer is asked again only after a while, and memory counts meanwhile."""

    def __init__(self, url: str) -> None:
        self._shared = SharedWindow(url) if url else None
        self._own = OwnWindow()
        self._is_away, self._rests_until = False, 0.0

    def allows(self, caller: str) -> bool:
        """Whether this caller may go on."""
        now = time.monotonic()
        if self._shared is None or now < self._rests_until:
            return self._own.hit(caller, now=now)
        if self._is_away:
            self._rests_until = now + _REST_SECONDS  # this knock finds out whether it is back, the others need not wait
        try:
            allowed = self._shared.hit(caller)
        except self._shared.away:
            self._is_away, self._rests_until = True, time.monotonic() + _REST_SECONDS
            return self._own.hit(caller, now=now)
        self._is_away, self._rests_until = False, 0.0
        return allowed


def register(app: Flask, url: str) -> None:
    """Bound what one address may ask of a web process; health checks are free."""
    limiter = Limiter(url)

    def knock() -> None:
        if request.path.startswith("/api/") and not limiter.allows(request.remote_addr or "-"):
            raise TooMany

    app.before_request(knock)
