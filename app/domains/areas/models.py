"""Tables of areas: divisions, households, persons, who keeps whom, door codes, import batches."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base


class Level(StrEnum):
    """The levels of the division tree."""

    county = "county"
    town = "town"
    village = "village"
    grid = "grid"


class Area(Base):
    """One division: 济源市, 五龙口镇, a village, or a grid inside a village."""

    __tablename__ = "areas_area"

    path: Mapped[AreaPath] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_path: Mapped[AreaPath | None] = mapped_column(ForeignKey("areas_area.path"), index=True)
    is_local: Mapped[bool] = mapped_column(default=False)
    closed_on: Mapped[date | None]


class Household(Base):
    """One household: where it lies, who keeps it, when it was last visited."""

    __tablename__ = "areas_household"
    __scope__: ClassVar = Scope(path="area_path", keeper="keeper_id", household="id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_path: Mapped[AreaPath] = mapped_column(ForeignKey("areas_area.path"))
    number: Mapped[str]
    group_name: Mapped[str]
    address_sealed: Mapped[bytes | None]
    head_id: Mapped[UUID | None]
    flags: Mapped[list[str]] = mapped_column(server_default="{}")
    keeper_id: Mapped[UUID | None]
    last_visit_at: Mapped[datetime | None]
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("areas_batch.id"), index=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_areas_household_left_at", "left_at", postgresql_where=text("state IN ('moved', 'removed')")),
        Index(
            "uq_areas_household_number", "area_path", "number", unique=True, postgresql_where=text("state = 'active'")
        ),
        Index(
            "ix_areas_household_waiting",
            "area_path",
            "last_visit_at",
            "keeper_id",
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_areas_household_keeper_id", "keeper_id", postgresql_where=text("state = 'active'")),
    )


class Person(Base):
    """One person; names, phones and ID numbers are sealed and found through blind indexes."""

    __tablename__ = "areas_person"
    __scope__: ClassVar = Scope(path="area_path", household="household_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID | None] = mapped_column(ForeignKey("areas_household.id"), index=True)
    area_path: Mapped[AreaPath] = mapped_column(ForeignKey("areas_area.path"))
    name_sealed: Mapped[bytes]
    name_index: Mapped[bytes] = mapped_column(index=True)
    phone_sealed: Mapped[bytes | None]
    phone_index: Mapped[bytes | None] = mapped_column(index=True)
    id_number_sealed: Mapped[bytes | None]
    id_number_index: Mapped[bytes | None] = mapped_column(index=True)
    sex: Mapped[str | None]
    birth_year: Mapped[int | None] = mapped_column(SmallInteger)
    relation: Mapped[str | None]
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("areas_batch.id"), index=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_areas_person_left_at", "left_at", postgresql_where=text("state IN ('moved', 'removed')")),
    )


class Link(Base):
    """Who kept a household from when to when; the open one is the keeper of today."""

    __tablename__ = "areas_link"
    __scope__: ClassVar = Scope(path="area_path", keeper="keeper_id", household="household_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID] = mapped_column(ForeignKey("areas_household.id"))
    area_path: Mapped[AreaPath]
    keeper_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    reason: Mapped[str]
    keeper_confirmed_at: Mapped[datetime | None]
    household_confirmed_at: Mapped[datetime | None]
    by_person_id: Mapped[UUID | None]

    __table_args__ = (
        Index("uq_areas_link_open", "household_id", unique=True, postgresql_where=text("until IS NULL")),
        Index("ix_areas_link_keeper_id", "keeper_id", postgresql_where=text("until IS NULL")),
    )


class Deputy(Base):
    """Who stands in for an absent keeper, from when to when."""

    __tablename__ = "areas_deputy"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    absent_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), index=True)
    deputy_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), index=True)
    area_path: Mapped[AreaPath]
    since: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str]
    ended_at: Mapped[datetime | None]


class DoorCode(Base):
    """The token behind a household's QR code: random, sealed so that a sheet can be printed again, revocable."""

    __tablename__ = "areas_door_code"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID] = mapped_column(ForeignKey("areas_household.id"))
    token_index: Mapped[bytes] = mapped_column(unique=True)
    token_sealed: Mapped[bytes]
    issued_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    __table_args__ = (
        Index("uq_areas_door_code_open", "household_id", unique=True, postgresql_where=text("revoked_at IS NULL")),
    )


class Batch(Base):
    """One import of a file: what it brought, so that all of it can be taken back."""

    __tablename__ = "areas_batch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    file_hash: Mapped[bytes]
    state: Mapped[str]
    counts: Mapped[dict[str, Any]]
    by_person_id: Mapped[UUID | None]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class Duplicate(Base):
    """Two records that look like one person or household: proposed to a cadre, never merged by the machine."""

    __tablename__ = "areas_duplicate"
    __scope__: ClassVar = Scope(path="area_path")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("areas_batch.id"), index=True)
    area_path: Mapped[AreaPath]
    line: Mapped[int]
    kind: Mapped[str]
    row_sealed: Mapped[bytes]
    existing_id: Mapped[UUID]
    state: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
