"""Access tokens: the classic kind that replaces itself, the stable kind that is the same for all, and WeCom's."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sandbox.answers import Refusal
from sandbox.config import Settings

RENEW_BEFORE = 300  # a stable token is replaced when it has less than this to live
FORCE_GAP = 30
FORCE_PER_DAY = 20
_LEAST_LENGTH = 16


@dataclass(slots=True)
class Token:
    """One token that was handed out."""

    value: str
    appid: str
    kind: str
    expires_at: float

    def left(self, now: float) -> int:
        """Whole seconds it has to live."""
        return max(0, int(self.expires_at - now))


class TokenDesk:
    """Hands out tokens and knows them again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tokens: dict[str, Token] = {}
        self._latest: dict[tuple[str, str], Token] = {}
        self._forced_at: dict[str, float] = {}

    def classic(self, appid: str, now: float) -> Token:
        """A new token; the one before lives on for the grace only, older ones are dead."""
        old = self._latest.get((appid, "classic"))
        for token in self._of(appid, "classic"):
            token.expires_at = min(token.expires_at, now + self._settings.token_grace if token is old else now)
        return self._issue(appid, "classic", now)

    def stable(self, appid: str, now: float, *, force: bool = False) -> Token:
        """The same token for everybody until little of it is left; forced, a new one that kills the old."""
        token = self._latest.get((appid, "stable"))
        if force:
            self._note_force(appid, now)
            if token is not None:
                token.expires_at = min(token.expires_at, now)
        elif token is not None and token.left(now) >= min(RENEW_BEFORE, self._settings.token_life / 2):
            return token
        return self._issue(appid, "stable", now)

    def wecom(self, agent: str, now: float) -> Token:
        """The same token of one WeCom app within its life."""
        token = self._latest.get((agent, "wecom"))
        return token if token is not None and token.left(now) > 0 else self._issue(agent, "wecom", now)

    def appid_of(self, value: str, now: float) -> str:
        """Whose token this is; refused as WeChat refuses: missing, malformed, never ours or replaced, expired."""
        if not value:
            raise Refusal(41001)
        token = self._tokens.get(value)
        if token is None:
            raise Refusal(40014 if len(value) < _LEAST_LENGTH else 40001)
        if token.expires_at <= now:
            raise Refusal(42001 if token is self._latest.get((token.appid, token.kind)) else 40001)
        return token.appid

    def revoke(self, appid: str | None = None) -> int:
        """Make all tokens (of one appid) unknown at once, as WeChat does now and then; says how many."""
        gone = [value for value, token in self._tokens.items() if appid in (None, token.appid)]
        for value in gone:
            token = self._tokens.pop(value)
            self._latest.pop((token.appid, token.kind), None)
        return len(gone)

    def _note_force(self, appid: str, now: float) -> None:
        if now - self._forced_at.get(appid, float("-inf")) < FORCE_GAP:
            raise Refusal(45011)
        self._forced_at[appid] = now

    def _issue(self, appid: str, kind: str, now: float) -> Token:
        token = Token(secrets.token_urlsafe(102), appid, kind, now + self._settings.token_life)
        self._tokens[token.value] = token
        self._latest[appid, kind] = token
        self._forget_dead(now)
        return token

    def _forget_dead(self, now: float) -> None:
        for value in [one.value for one in self._tokens.values() if one.expires_at < now - 86400]:
            del self._tokens[value]

    def _of(self, appid: str, kind: str) -> list[Token]:
        return [one for one in self._tokens.values() if (one.appid, one.kind) == (appid, kind)]
