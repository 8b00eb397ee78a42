"""What a run of pushes is asked afterwards: the rows of the outbox, its tries, and what the sandbox has taken."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.domains.notices.models import Message, Try
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from tests.stack import Stack, until

_OPEN = {"waiting", "sending"}


class Outbox:
    """The outbox of one stack, and the sandbox behind it."""

    def __init__(self, stack: Stack, runtime: Runtime) -> None:
        self.stack, self.runtime = stack, runtime

    def states(self) -> Counter[str]:
        """How many messages are in each state."""
        with reading(self.runtime) as db:
            return Counter(db.scalars(select(Message.state)).all())

    def rows(self) -> dict[UUID, Any]:
        """Every message by whom it is for."""
        with reading(self.runtime) as db:
            return {row.person_id: row for row in db.scalars(select(Message))}

    def tries(self) -> dict[UUID, list[Try]]:
        """Every try of every message, in their order."""
        found: dict[UUID, list[Try]] = {}
        with reading(self.runtime) as db:
            for one in db.scalars(select(Try).order_by(Try.attempt)):
                found.setdefault(one.message_id, []).append(one)
        return found

    def ended(self) -> int:
        """How many messages have come to an end."""
        return sum(count for state, count in self.states().items() if state not in _OPEN)

    def drain(self, *, seconds: float = 180) -> float:
        """Wait until every message has ended; how long that took."""
        started = time.monotonic()
        until(lambda: not _OPEN & self.states().keys(), seconds=seconds, every=0.2)
        return time.monotonic() - started

    def copies(self) -> dict[str, int]:
        """How often each person was told."""
        found: dict[str, int] = self.stack.ask_sandbox("copies?min=1")["copies"]
        return found

    def calls(self, path: str) -> int:
        """How often WeChat was called at a path."""
        return int(self.stack.ask_sandbox(f"calls?path={path}&limit=0")["count"])
