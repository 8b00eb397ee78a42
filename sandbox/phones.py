"""The phones: who holds them, what lies on their screens, what their owners agreed to receive."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field, fields
from typing import Any

SCREEN = 120  # messages a phone keeps
FIXED = frozenset({"screen", "held", "windows", "credits", "standing", "visited_at", "followed_at"})


@dataclass(slots=True)
class Item:
    """One thing on a phone's screen: a message, an SMS, the owner's own words, or the ghost of what did not arrive."""

    id: int
    at: float
    kind: str  # subscribe | template | custom | sms | wecom | own | notice | ghost
    title: str = ""
    text: str = ""
    fields: list[list[str]] = field(default_factory=list)
    link: str = ""
    template_id: str = ""
    msgid: str = ""
    client_id: str = ""
    key: str = ""  # the same for copies of one message
    reason: str = ""  # ghosts: the code
    fallback: str = ""  # ghosts: the channel that took over
    fallback_at: float = 0.0
    times: int = 1
    seen: bool = True


@dataclass(slots=True)
class Window:
    """A span in which the account may write freely to a person, and how many times still."""

    until: float
    left: int


@dataclass(slots=True)
class Phone:
    """One person's phone, with its WeChat."""

    openid: str  # for the mini-program
    oa_openid: str  # for the official account
    unionid: str
    name: str = ""
    subtitle: str = ""
    number: str = ""
    userid: str = ""  # in WeCom
    bound: bool = True  # the accounts are bound to one open platform, so the union id is told
    follows_oa: bool = False
    high_risk: bool = False  # 40226 at sign-in
    has_blocked_oa: bool = False  # template messages end as failed:user block
    has_signal: bool = True
    looks: bool = True
    shown: bool = True
    credits: dict[str, int] = field(default_factory=dict)
    standing: set[str] = field(default_factory=set)  # long-term templates agreed to
    windows: dict[str, list[Window]] = field(default_factory=dict)
    visited_at: float = 0.0
    followed_at: float = 0.0
    screen: deque[Item] = field(default_factory=lambda: deque(maxlen=SCREEN))
    held: list[Item] = field(default_factory=list)  # waiting for a signal

    @classmethod
    def of(cls, told: dict[str, Any]) -> Phone:
        """A phone from JSON; the ids that are not given are made up."""
        made = {"openid": new_openid("oM"), "oa_openid": new_openid("oO"), "unionid": new_openid("oU")}
        phone = cls(**{**made, **{key: value for key, value in told.items() if key in _TELLABLE}})
        unknown = set(told) - _TELLABLE
        if unknown:
            raise ValueError(f"a phone has no {', '.join(sorted(unknown))}")
        return phone

    def change(self, told: dict[str, Any]) -> None:
        """Take new facts about the person; ids stay as they are."""
        for key, value in told.items():
            if key not in _TELLABLE or (key in _IDS and value != getattr(self, key)):
                raise ValueError(f"cannot change {key}")
            setattr(self, key, value)

    def spend(self, template_id: str, *, long_term: bool) -> bool:
        """Use up one agreement to be told by this template; False when there is none."""
        if long_term:
            return template_id in self.standing
        if self.credits.get(template_id, 0) < 1:
            return False
        self.credits[template_id] -= 1
        return True

    def open_window(self, account: str, *, until: float, messages: int) -> None:
        """The person did something, so the account may write to them for a while."""
        kept = [one for one in self.windows.get(account, []) if one.left > 0]
        self.windows[account] = [*kept[-20:], Window(until, messages)]

    def facts(self) -> dict[str, Any]:
        """Who this is, as the control API shows it."""
        told = {key: getattr(self, key) for key in sorted(_TELLABLE)}
        return {**told, "credits": self.credits, "standing": sorted(self.standing), "visited_at": self.visited_at}


_TELLABLE = frozenset(one.name for one in fields(Phone)) - FIXED
_IDS = frozenset({"openid", "oa_openid", "unionid"})


class Phones:
    """All phones, found by any of their ids."""

    def __init__(self) -> None:
        self._by_openid: dict[str, Phone] = {}
        self._index: dict[str, Phone] = {}

    def __iter__(self) -> Any:
        return iter(list(self._by_openid.values()))

    def __len__(self) -> int:
        return len(self._by_openid)

    def add(self, phone: Phone) -> Phone:
        """Put a phone on the desk."""
        self._by_openid[phone.openid] = phone
        self.index(phone)
        return phone

    def index(self, phone: Phone) -> None:
        """Make a phone findable by its present ids and number."""
        for key in (phone.openid, phone.oa_openid, phone.unionid, phone.number, phone.userid.lower()):
            if key:
                self._index[key] = phone

    def any(self, key: str) -> Phone | None:
        """The phone with this openid (of either account), union id, number or WeCom user id."""
        return self._index.get(key)

    def of_mp(self, openid: object) -> Phone | None:
        """The phone with this openid of the mini-program."""
        return self._by_openid.get(openid) if isinstance(openid, str) else None

    def of_oa(self, openid: object) -> Phone | None:
        """The phone with this openid of the official account."""
        phone = self._index.get(openid) if isinstance(openid, str) else None
        return phone if phone is not None and phone.oa_openid == openid else None

    def remove(self, phone: Phone) -> None:
        """Take a phone off the desk."""
        del self._by_openid[phone.openid]
        self._index = {key: one for key, one in self._index.items() if one is not phone}

    def clear(self) -> None:
        """Take all phones off the desk."""
        self._by_openid.clear()
        self._index.clear()


def new_openid(prefix: str) -> str:
    """An id of 28 characters, as WeChat makes them."""
    return prefix + secrets.token_urlsafe(32)[: 28 - len(prefix)]
