"""Tables of cases: the case, who has which place in it, its timeline, what was written (sealed by group), its timers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base


class Case(Base):
    """One matter: its kind and the version of the rules it runs under, where it lies, which stage it is in."""

    __tablename__ = "cases_case"
    __scope__: ClassVar = Scope(path="area_path")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    version: Mapped[str]
    category: Mapped[str]
    level: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    area_path: Mapped[AreaPath] = mapped_column(ForeignKey("areas_area.path"))
    household_id: Mapped[UUID] = mapped_column(ForeignKey("areas_household.id"), index=True)
    stage: Mapped[str]
    stage_since: Mapped[datetime]
    outcome: Mapped[str | None]
    rung: Mapped[int] = mapped_column(SmallInteger)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    visit_id: Mapped[UUID | None]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("cases_case.id"))
    is_area_seen: Mapped[bool]
    rating: Mapped[str | None]
    entry_count: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        Index("ix_cases_case_area", "area_path", "opened_at", "id"),
        Index("ix_cases_case_near", "area_path", "kind", "category", postgresql_where=text("outcome IS NULL")),
        Index("ix_cases_case_visit", "visit_id", postgresql_where=text("visit_id IS NOT NULL")),
    )


class Party(Base):
    """Who has which place in a case: asked, holding it, released from it, or kept out of the case."""

    __tablename__ = "cases_party"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases_case.id"), primary_key=True)
    party: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), primary_key=True)
    state: Mapped[str]
    office: Mapped[str]
    since: Mapped[datetime]

    __table_args__ = (Index("ix_cases_party_person", "person_id", "case_id"),)


class CaseEntry(Base):
    """One thing that happened in a case; the timeline only grows."""

    __tablename__ = "cases_entry"
    __append_only__: ClassVar = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases_case.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime]
    kind: Mapped[str]
    move: Mapped[str]
    from_stage: Mapped[str]
    to_stage: Mapped[str]
    by_party: Mapped[str]
    by_person_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_cases_entry_case", "case_id", "position", unique=True),)


class Answer(Base):
    """What was written in a form, sealed per group of fields, so that only those who may see the group are shown it."""

    __tablename__ = "cases_answer"
    __append_only__: ClassVar = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases_case.id"), index=True)
    entry_id: Mapped[UUID]
    form: Mapped[str]
    group_name: Mapped[str]
    body_sealed: Mapped[bytes]


class CaseFile(Base):
    """A picture or recording that belongs to an entry, seen by whoever sees its group."""

    __tablename__ = "cases_file"
    __append_only__: ClassVar = True

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases_case.id"), index=True)
    group_name: Mapped[str]
    by_person_id: Mapped[UUID]


class Timer(Base):
    """What the clock owes a case: a clock of its kind, the next rung of its ladder, or a promised day."""

    __tablename__ = "cases_timer"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases_case.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    reminded: Mapped[int] = mapped_column(SmallInteger)
    left: Mapped[int | None]
    extended: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (Index("ix_cases_timer_next", "next_at", postgresql_where=text("next_at IS NOT NULL")),)


class Serial(Base):
    """The last number given in a town and year; taken under its own lock, so that no number is left out."""

    __tablename__ = "cases_serial"

    kind: Mapped[str] = mapped_column(primary_key=True)
    town_path: Mapped[AreaPath] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    last: Mapped[int]
