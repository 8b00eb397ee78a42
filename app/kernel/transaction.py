"""The one committer: a deed, all that follows from it, and its messages are kept together or not at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import Table, inspect
from sqlalchemy.orm import Session

from app.kernel.access import Actor
from app.kernel.driver import Link, Where
from app.kernel.events import Event
from app.kernel.inserts import Inserts
from app.kernel.values import uuid7

if TYPE_CHECKING:
    from app.kernel.crypto import Vault
    from app.kernel.runtime import Runtime
    from app.kernel.tables import Base


class Tx:
    """What an action is given: the rows, who acts, and the moment. It may flush; it may not commit."""

    def __init__(self, link: Link, *, actor: Actor, now: datetime, runtime: Runtime) -> None:
        self._link = link
        self._session: Session | None = None
        self._inserts = Inserts()
        self._events: deque[Event] = deque()
        self.actor = actor
        self.now = now
        self.runtime = runtime

    @property
    def db(self) -> Session:
        """The session; rows gathered so far are sent first, so that a read always sees them."""
        if self._inserts:
            self.flush()
        return self._whole()

    @property
    def elsewhere(self) -> Session:
        """The session, for questions that nothing this deed has written bears on: rows gathered so far go on waiting."""
        return self._whole()

    def _whole(self) -> Session:
        if self._session is None:
            self._session = self.runtime.sessions(bind=self._link.whole())
        return self._session

    @property
    def link(self) -> Link:
        """The bare connection, for statements of the hot paths; rows gathered so far are sent first."""
        if self._inserts:
            self.flush()
        return self._link

    @property
    def vault(self) -> Vault:
        """Seals and opens personal data."""
        return self.runtime.vault

    def add(self, model: Any, **row: Any) -> None:
        """Keep a new row; it is sent with its fellows before the next read or the commit."""
        table: Table = model.__table__
        self._inserts.add(table, row)

    def add_change(self, text: str, *values: Any) -> None:
        """Let an UPDATE go along with the gathered rows: of a row that nothing else in this transaction reads or changes."""
        self._inserts.add_change(text, values)

    def add_set(self, text: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Keep rows for a statement that takes its columns as arrays, such as an insert that may find its row there."""
        self._inserts.add_set(text, rows)

    def keep(self, row: Base) -> None:
        """Keep a new row that may still change in this transaction; the session sends it with its other changes."""
        self._whole().add(row)

    def leave(self, rows: Iterable[Base]) -> None:
        """Whoever had these rows of the session is done with them: what is new or changed goes along with the gathered ones."""
        for row in rows:
            state, table = inspect(row), cast("Table", row.__table__)
            held, before = state.dict, state.committed_state
            if state.pending:
                self._inserts.add(table, {one.name: held[one.name] for one in table.columns if one.name in held})
            elif changed := {name: held[name] for name in before if held[name] != before[name]}:
                self._inserts.add_changed(table, held, changed)
            else:
                continue
            self._whole().expunge(row)

    def emit(self, event: Event) -> None:
        """Raise an event; its reactions run in this transaction, before the commit."""
        self._events.append(event)

    def new_id(self) -> UUID:
        """An id for a row that we make ourselves."""
        return uuid7(self.now)

    def flush(self) -> None:
        """Send the gathered rows now."""
        self._inserts.flush(self._link)

    def settle(self) -> None:
        """Let every reaction run, also to events that reactions raise, then send what is left."""
        while self._events:
            event = self._events.popleft()
            for reaction in self.runtime.reactions.get(type(event), ()):
                reaction(self, event)
        self.flush()

    def commit(self) -> None:
        """Keep everything; only the committer below may."""
        if self._session is not None:
            self._session.commit()
        self._link.commit()

    def close(self) -> None:
        """Give everything back; what was not committed is undone."""
        if self._session is not None:
            self._session.close()
        self._link.close()


@contextmanager
def transaction(runtime: Runtime, actor: Actor) -> Iterator[Tx]:
    """One deed: leaving returns and commits, leaving by exception rolls back, always."""
    tx = Tx(Link(runtime.engine), actor=actor, now=runtime.clock.now(), runtime=runtime)
    try:
        yield tx
        tx.settle()
        tx.commit()
    finally:
        tx.close()


class OnlyLooking(Exception):
    """A session that was opened for looking was asked to change something; nothing would undo it."""


_LOOKING: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "looking": True}


@contextmanager
def reading(runtime: Runtime) -> Iterator[Session]:
    """A session for looking only; what was read stays readable.

    It opens no transaction: beginning and ending one costs two round trips, and each statement sees what is committed
    in any case. `refuse_changes` makes sure that nothing is changed in it.
    """
    with runtime.sessions() as session:
        session.connection(execution_options=_LOOKING)
        try:
            yield session
        finally:
            session.expunge_all()
            session.rollback()


@contextmanager
def glancing(runtime: Runtime) -> Iterator[Link]:
    """A bare connection for looking only, for the questions of the hot paths."""
    link = Link(runtime.engine, looking=True)
    try:
        yield link
    finally:
        link.close()


def refuse_changes(connection: Where, _cursor: Any, statement: str, *_facts: Any) -> None:
    """Hear every statement of an engine before it is sent, and stop one that does more than look while looking."""
    if connection.get_execution_options().get("looking") and statement.lstrip()[:6].upper() != "SELECT":
        raise OnlyLooking(statement.split(maxsplit=1)[0])
