"""The demo's past, lived through the real actions: a clock that stands where the story is, and people who act in it.

A story is a generator: it yields the moment at which it goes on, and acts. The stage tells all stories in the order of their
moments, and between two of them lets the product's own clock do whatever has come due, as it would have then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from app.demo.cast import NEIGHBOURS, ROLES, account_of
from app.domains.appraisals.models import Appraisal
from app.domains.appraisals.sweeps import move_due
from app.domains.areas import queries as areas
from app.domains.cases.queries.due import next_due
from app.domains.cases.sweeps import escalate_overdue
from app.domains.identity import queries as identity
from app.kernel.access import unscoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from app.kernel.values import at_clock, local_day

Story = Iterator[datetime]


@dataclass(slots=True)
class Then:
    """A clock that stands where the story is."""

    moment: datetime

    def now(self) -> datetime:
        """The moment of the story."""
        return self.moment


class Player(NamedTuple):
    """One of the cast as the tables know him."""

    account_id: UUID
    person_id: UUID
    household_id: UUID | None


class Unknown(Exception):
    """The account of a player is closed or was never opened."""


class Stage:
    """Where the stories are played: a runtime whose clock is in the past, and everybody who may act."""

    def __init__(self, runtime: Runtime) -> None:
        self.now = runtime.clock.now()
        self._clock = Then(self.now)
        self.runtime = replace(runtime, clock=self._clock)
        self.players = _players(self.runtime)

    def days_ago(self, days: int, hour: int, minute: int = 0) -> datetime:
        """A moment of a day that has passed."""
        return at_clock(local_day(self.now) - timedelta(days=days), hour, minute)

    def ago(self, **length: float) -> datetime:
        """A moment so long before now."""
        return self.now - timedelta(**length)

    def has(self, keys: Iterable[str]) -> bool:
        """Whether all of these are there: a very small village has not everybody."""
        return set(keys) <= self.players.keys()

    def key_of(self, person_id: UUID) -> str | None:
        """Who of the cast a person is."""
        return next((key for key, player in self.players.items() if player.person_id == person_id), None)

    @contextmanager
    def acting(self, key: str) -> Iterator[Tx]:
        """A deed of one of the cast, with the rights that he had at the moment of the story."""
        roles = self.runtime.presets["roles"]
        with reading(self.runtime) as db:
            actor = identity.actor_behind(db, self.players[key].account_id, self._clock.moment, roles=roles)
        if actor is None:
            raise Unknown(key)
        with transaction(self.runtime, actor) as tx:
            yield tx

    def play(self, stories: Iterable[Story]) -> None:
        """Tell all stories, moment by moment, and come back to the present."""
        waiting: list[tuple[datetime, int, Story]] = []
        for place, story in enumerate(stories):
            _go_on(waiting, place, story)
        while waiting:
            moment, place, story = heappop(waiting)
            self._live_until(moment)
            _go_on(waiting, place, story)
        self._live_until(self.now)

    def _live_until(self, moment: datetime) -> None:
        """Let everything come due, each at its own moment."""
        done = None
        while (due := self._next_due()) is not None and due <= moment and due != done:
            self._clock.moment, done = due, due
            escalate_overdue(self.runtime)
            move_due(self.runtime)
        self._clock.moment = moment

    @unscoped("the clock of the story looks at what is due, wherever it is")
    def _next_due(self) -> datetime | None:
        with reading(self.runtime) as db:
            found = [next_due(db), db.scalar(select(func.min(Appraisal.due_at)))]
        return min((due for due in found if due is not None), default=None)


def _go_on(waiting: list[tuple[datetime, int, Story]], place: int, story: Story) -> None:
    """Play a story until it waits for its next moment; one that has ended is dropped."""
    moment = next(story, None)
    if moment is not None:
        heappush(waiting, (moment, place, story))


def _players(runtime: Runtime) -> dict[str, Player]:
    found: dict[str, Player] = {}
    with reading(runtime) as db:
        for key in (*(role.key for role in ROLES), *NEIGHBOURS):
            account = account_of(db, runtime.vault, key)
            if account is not None and account.person_id is not None:
                facts = areas.person_facts(db, account.person_id)
                found[key] = Player(account.id, account.person_id, facts.household_id if facts else None)
    return found
