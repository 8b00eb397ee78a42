"""Between WeChat and the phones: lays messages on screens, draws ghosts of refused ones, and tells what happened lately.

A ghost stays when another channel had to take over; it goes away when the very same message arrives after all.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.clock import VirtualClock
from sandbox.journal import content_key
from sandbox.phones import Item, Phone

KEPT_LINES = 200
KEPT_KEYS = 50_000
FALLBACK_WITHIN = 86400.0


@dataclass(slots=True)
class Letter:
    """A message on its way to one phone, whatever the channel."""

    phone: Phone | None
    kind: str
    title: str = ""
    text: str = ""
    fields: list[list[str]] = field(default_factory=list)
    link: str = ""
    template_id: str = ""
    client_id: str = ""
    content: object = None
    _key: str = ""

    @property
    def key(self) -> str:
        """The same for two letters that say the same to the same person."""
        if not self._key:
            who = self.phone.openid if self.phone else ""
            self._key = content_key(who, self.kind, self.client_id, self.template_id, self.link, self.content)
        return self._key


@dataclass(slots=True)
class Line:
    """One line of what happened lately."""

    id: int
    at: float
    who: str
    what: str
    outcome: str  # received | again | refused | lost | waiting | said | event
    detail: str = ""
    attempt: int = 1


class Postbox:
    """Delivers and refuses letters, and keeps the figures of the desk."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._last_id = 0
        self._attempts: OrderedDict[str, int] = OrderedDict()
        self.lines: deque[Line] = deque(maxlen=KEPT_LINES)
        self.figures: Counter[str] = Counter()
        self.revision = 0
        self.late: Callable[[Phone, Item], bool] = lambda _phone, _item: False

    def deliver(self, letter: Letter, *, msgid: str = "", answered: bool = True) -> None:
        """WeChat has taken the letter: it comes onto the screen, now or when the phone has a signal."""
        phone = letter.phone
        self.figures["sent"] += 1
        attempt = self._attempt(letter.key)
        if phone is None:
            return
        item = Item(
            self.next_id(), self._clock.now(), letter.kind, letter.title, letter.text, letter.fields,
            letter.link, letter.template_id, msgid, letter.client_id, letter.key, seen=phone.looks,
        )  # fmt: skip
        if not phone.has_signal:
            phone.held.append(item)
            self.say(phone.name, headline(item), "waiting", "no_signal", attempt=attempt)
        elif not self.late(phone, item):
            self.arrive(phone, item, attempt=attempt, answered=answered)

    def arrive(self, phone: Phone, item: Item, *, attempt: int = 1, answered: bool = True) -> None:
        """The message is on the screen."""
        self.figures["received"] += 1
        _drop_ghosts(phone, item.key)
        _mark_fallback(phone, item)
        phone.screen.append(item)
        outcome, detail = ("received", "") if phone.looks else ("waiting", "not_looking")
        self.say(phone.name, headline(item), outcome, detail if answered else "no_answer", attempt=attempt)

    def refuse(self, letter: Letter, reason: str) -> None:
        """WeChat did not take the letter: draw its ghost with the reason, one ghost for all attempts."""
        self.figures["sent"] += 1
        self.figures["refused"] += 1
        attempt = self._attempt(letter.key)
        phone = letter.phone
        if phone is None:
            return
        ghost = next((one for one in phone.screen if one.kind == "ghost" and one.key == letter.key), None)
        if ghost is None:
            ghost = Item(self.next_id(), self._clock.now(), "ghost", letter.title, letter.text, key=letter.key)
            phone.screen.append(ghost)
        else:
            ghost.times += 1
        ghost.reason = reason
        self.say(phone.name, letter.title or letter.text[:20], "refused", reason, attempt=attempt)

    def note(self, phone: Phone, text: str, *, kind: str = "notice", title: str = "") -> None:
        """Something that shows on the phone without being sent by an account's API."""
        phone.screen.append(Item(self.next_id(), self._clock.now(), kind, title=title, text=text))
        self.say(phone.name, title or text, "said")

    def say(self, who: str, what: str, outcome: str, detail: str = "", *, attempt: int = 1) -> None:
        """Add a line to what happened lately."""
        self.lines.append(Line(self.next_id(), self._clock.now(), who, what[:40], outcome, detail, attempt))
        self.touch()

    def next_id(self) -> int:
        """A number that nothing on the desk has had before."""
        self._last_id += 1
        return self._last_id

    def count_on_from(self, last: int) -> None:
        """After a restart: go on counting where it stopped."""
        self._last_id = last

    def touch(self) -> None:
        """Something on the desk looks different now."""
        self.revision += 1

    def regain(self, phone: Phone) -> None:
        """The phone has a signal again: what waited comes in."""
        held, phone.held = phone.held, []
        for item in held:
            item.at = self._clock.now()
            self.arrive(phone, item)
        self.touch()

    def look(self, phone: Phone) -> None:
        """The owner looks at the phone again: everything is seen."""
        for item in phone.screen:
            item.seen = True
        self.touch()

    def clear(self) -> None:
        """Forget the lines and the figures."""
        self.lines.clear()
        self.figures.clear()
        self._attempts.clear()
        self.touch()

    def _attempt(self, key: str) -> int:
        times = self._attempts.pop(key, 0) + 1
        self._attempts[key] = times
        if len(self._attempts) > KEPT_KEYS:
            self._attempts.popitem(last=False)
        return times


def headline(item: Item) -> str:
    """What a message is about, in a few words."""
    if item.title and item.fields:
        return f"{item.title} {item.fields[0][1]}"
    return item.title or item.text


def _drop_ghosts(phone: Phone, key: str) -> None:
    for ghost in [one for one in phone.screen if one.kind == "ghost" and one.key == key]:
        phone.screen.remove(ghost)


def _mark_fallback(phone: Phone, item: Item) -> None:
    for ghost in reversed(phone.screen):
        if ghost.kind == "ghost" and not ghost.fallback:
            if item.at - ghost.at <= FALLBACK_WITHIN:
                ghost.fallback, ghost.fallback_at = item.kind, item.at
            return
