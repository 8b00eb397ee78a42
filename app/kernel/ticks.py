"""What the clock owes: every job's due moments are rows, and each due moment runs exactly once, also after an outage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.tables import Base
from app.kernel.transaction import Tx


class CatchUp(StrEnum):
    """What happens to due moments that passed while nothing was running."""

    all = "all"
    one = "one"
    skip = "skip"


class Tick(Base):
    """One due moment of one job that has run (or was passed over, by its policy)."""

    __tablename__ = "kernel_tick"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    ran_at: Mapped[datetime]
    did: Mapped[int]


def last_due(db: Session, name: str) -> datetime | None:
    """The latest due moment of a job that has been dealt with."""
    latest: datetime | None = db.scalar(select(func.max(Tick.due_at)).where(Tick.name == name))
    return latest


def due_since(last: datetime | None, now: datetime, every: timedelta) -> Iterator[datetime]:
    """The due moments after the last one up to now; the very first is now itself."""
    due = now if last is None else last + every
    while due <= now:
        yield due
        due += every


def to_run(dues: list[datetime], policy: CatchUp, *, now: datetime, grace: timedelta) -> list[datetime]:
    """Which of the due moments to run: all, only the newest, or the newest if it is not older than the grace."""
    if policy is CatchUp.all or not dues:
        return dues
    newest = dues[-1]
    return [newest] if policy is CatchUp.one or now - newest <= grace else []


def take(tx: Tx, name: str, due_at: datetime) -> bool:
    """Take one due moment; False when somebody else has it. A second taker waits for the first to end."""
    row = insert(Tick).values(name=name, due_at=due_at, ran_at=tx.now, did=0).on_conflict_do_nothing()
    return tx.db.execute(row.returning(Tick.name)).first() is not None


def note(tx: Tx, name: str, due_at: datetime, *, did: int) -> None:
    """Write down how much a due moment's run has done."""
    ran = update(Tick).where(Tick.name == name, Tick.due_at == due_at).values(did=did)
    tx.db.execute(ran.execution_options(synchronize_session=False))
