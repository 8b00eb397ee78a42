"""The published exceptions to Monday-to-Friday that an operator has imported; they lie over the shipped tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.tables import Base
from app.kernel.transaction import Tx


class CalendarDay(Base):
    """One day on which offices work though it is a weekend, or rest though it is not."""

    __tablename__ = "kernel_calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]


def imported_days(db: Session) -> dict[date, bool]:
    """All imported exceptions."""
    return {row.day: row.is_working for row in db.scalars(select(CalendarDay))}


def import_days(tx: Tx, days: Mapping[date, bool]) -> int:
    """Take over a published table; a day that was known is replaced."""
    rows = [{"day": day, "is_working": works} for day, works in days.items()]
    statement = insert(CalendarDay)
    changed = statement.on_conflict_do_update(
        index_elements=["day"], set_={"is_working": statement.excluded.is_working}
    )
    tx.db.execute(changed, rows)
    return len(rows)
