"""The whole state of the sandbox in one object: accounts, phones, tokens, codes, quotas, faults, journal.

Everything lives in memory behind one lock. The API answers hold it for some microseconds.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

from sandbox.answers import Refusal
from sandbox.clock import VirtualClock
from sandbox.config import App, Config, Settings
from sandbox.faults import FaultPlan, Latency
from sandbox.journal import Journal
from sandbox.phones import Item, Phone, Phones
from sandbox.postbox import Postbox
from sandbox.push.courier import Courier
from sandbox.quotas import Quotas
from sandbox.templates import Template
from sandbox.tokens import TokenDesk

CODE_LIFE = 300
MOST_ANSWERS = 200_000
FIRST_MSGID = 1_988_810_812_324_364_291  # above 2^53 on purpose: a float cannot hold it


@dataclass(slots=True)
class Code:
    """A one-time code that a phone got, for sign-in or for its number."""

    phone: Phone
    kind: str
    issued_at: float
    used: bool = False


@dataclass(slots=True)
class NextDue:
    """When the product has something due next, so that a person can jump there."""

    at: float
    label: str = ""


@dataclass(slots=True)
class Memory:
    """What accounts made: menus, QR tickets, links, answers already given to a client's id."""

    menus: dict[str, Any] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    answered: dict[tuple[str, ...], Any] = field(default_factory=dict)
    clears: dict[str, int] = field(default_factory=dict)


class World:
    """Everything there is."""

    def __init__(self, config: Config, clock: VirtualClock) -> None:
        self.lock = threading.RLock()
        self.config = config
        self.clock = clock
        self.settings = Settings()
        self.settings.change(config.settings)
        self.phones = Phones()
        self.post = Postbox(clock)
        self.post.late = self._comes_late
        self.courier = Courier(self)
        self.next_due: NextDue | None = None
        self._msgids = count(FIRST_MSGID)
        self.start_afresh()

    def start_afresh(self) -> None:
        """Forget what happened: tokens, codes, counts, faults, messages; phones stay, with their agreements gone."""
        self.tokens = TokenDesk(self.settings)
        self.quotas = Quotas()
        self.faults = FaultPlan()
        self.latency = Latency()
        self.journal = Journal()
        self.memory = Memory()
        self.codes: dict[str, Code] = {}
        self.in_flight: set[str] = set()
        self.templates: dict[str, Template] = {one.id: one for one in self.config.templates}
        self.post.clear()
        for phone in self.phones:
            phone.screen.clear()
            phone.held.clear()
            phone.credits.clear()
            phone.standing.clear()
            phone.windows.clear()

    def restore_settings(self) -> None:
        """Turn all settings back to what the start said."""
        self.settings.change(Settings().as_dict())
        self.settings.change(self.config.settings)

    def app_of(self, appid: object) -> App:
        """The account with this appid; refused with 40013 when we play no such account."""
        for app in (self.config.mp, self.config.oa):
            if app.appid == appid:
                return app
        raise Refusal(40013)

    def next_msgid(self) -> int:
        """A message id as large as WeChat's."""
        return next(self._msgids)

    def new_code(self, phone: Phone, kind: str) -> str:
        """A one-time code; old ones are forgotten after a while."""
        now = self.clock.now()
        if len(self.codes) > 10_000:
            self.codes = {key: one for key, one in self.codes.items() if now - one.issued_at < CODE_LIFE}
        code = ("0" if kind == "login" else "p") + secrets.token_urlsafe(23)
        self.codes[code] = Code(phone, kind, now)
        phone.visited_at = now
        return code

    def redeem(self, code: object, kind: str) -> Phone:
        """The phone behind a one-time code; refused when it is unknown, old or used."""
        found = self.codes.get(code) if isinstance(code, str) else None
        if found is None or found.kind != kind or not 0 <= self.clock.now() - found.issued_at <= CODE_LIFE:
            raise Refusal(40029)
        if found.used:
            raise Refusal(40163)
        found.used = True
        return found.phone

    def page_exists(self, page: str) -> bool:
        """Whether the published mini-program has this page."""
        path = page.partition("?")[0].removeprefix("/")
        return bool(path) and (self.config.pages is None or path in self.config.pages)

    def link_of(self, page: str, phone: Phone | None = None) -> str:
        """Where a link to a page of the mini-program leads on this desk; a phone's own links sign its owner in on the way."""
        if not self.config.h5_base or not page or page.startswith("http"):
            return page
        there = f"{self.config.h5_base.rstrip('/')}/#/{page.removeprefix('/')}"
        return f"/connect/login?phone={quote(phone.openid)}&redirect_uri={quote(there, safe='')}" if phone else there

    def remember(self, key: tuple[str, ...], answer: object) -> None:
        """Keep the answer that belongs to a client's own id; the oldest are forgotten."""
        self.memory.answered[key] = answer
        if len(self.memory.answered) > MOST_ANSWERS:
            del self.memory.answered[next(iter(self.memory.answered))]

    def _comes_late(self, phone: Phone, item: Item) -> bool:
        """On a slow net messages reach the screen some seconds later."""
        seconds = self.settings.slow_net_seconds
        if seconds <= 0:
            return False
        self.courier.later(seconds, lambda: self._arrive(phone, item))
        return True

    def _arrive(self, phone: Phone, item: Item) -> None:
        with self.lock:
            item.at = self.clock.now()
            self.post.arrive(phone, item)
