"""Tables of duties: periods, one duty per household and period, and the reminders of a period."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base


class Period(Base):
    """One period of one kind of duty: when it starts, when it is due, under which preset version."""

    __tablename__ = "duties_period"

    kind: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    starts_on: Mapped[date]
    due_on: Mapped[date]
    preset_version: Mapped[str]
    opened_at: Mapped[datetime]


class Duty(Base):
    """What a keeper owes one household in one period: owed, done or excused."""

    __tablename__ = "duties_duty"
    __scope__: ClassVar = Scope(path="area_path", keeper="keeper_id", household="household_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    period: Mapped[str]
    household_id: Mapped[UUID] = mapped_column(ForeignKey("areas_household.id"))
    area_path: Mapped[AreaPath]
    keeper_id: Mapped[UUID | None]
    due_on: Mapped[date]
    state: Mapped[str]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]
    excuse: Mapped[str | None]
    excused_by: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("kind", "period", "household_id"),
        Index("ix_duties_duty_owed", "kind", "period", "keeper_id", postgresql_where=text("state = 'owed'")),
        Index("ix_duties_duty_household_id", "household_id"),
    )


class Reminder(Base):
    """One reminding moment of a period; sent to every keeper who still owes, once."""

    __tablename__ = "duties_reminder"

    kind: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_duties_reminder_due", "due_at", postgresql_where=text("done_at IS NULL")),)
