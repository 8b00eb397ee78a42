"""Tables of appraisals: the appraisal and its items, photos and flags; panels, seats and votes; objections, titles, timeline."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base


class Appraisal(Base):
    """One thing that is being appraised: whose, declared by whom, where it stands, and what is due about it when."""

    __tablename__ = "appraisals_appraisal"
    __scope__: ClassVar = Scope(path="area_path", household="household_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    version: Mapped[str]
    area_path: Mapped[AreaPath]
    household_id: Mapped[UUID] = mapped_column(ForeignKey("areas_household.id"), index=True)
    doer_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"))
    way: Mapped[str]
    declared_by: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), index=True)
    declared_at: Mapped[datetime]
    done_on: Mapped[date]
    period: Mapped[str]
    words_sealed: Mapped[bytes]
    words_state: Mapped[str]
    has_picture_consent: Mapped[bool]
    has_plate_consent: Mapped[bool]
    stage: Mapped[str]
    due_at: Mapped[datetime | None]
    rung: Mapped[int]
    looks: Mapped[int]
    round: Mapped[int]
    publication: Mapped[int]
    published_at: Mapped[datetime | None]
    publish_until: Mapped[datetime | None]
    answer_due_at: Mapped[datetime | None]
    points: Mapped[int]
    reason: Mapped[str]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "stage <> 'in_force' OR (publish_until IS NOT NULL AND ended_at >= publish_until)", name="published_first"
        ),
        CheckConstraint("publish_until IS NULL OR publish_until > published_at", name="published_for_some_time"),
        Index("ix_appraisals_appraisal_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_appraisals_appraisal_doer", "doer_id", "done_on"),
        Index(
            "ix_appraisals_appraisal_checking",
            "area_path",
            "declared_at",
            postgresql_where=text("stage = 'checking'"),
        ),
        Index(
            "ix_appraisals_appraisal_shown",
            "area_path",
            "published_at",
            "id",
            postgresql_where=text("stage IN ('published', 'objected', 'in_force')"),
        ),
        Index(
            "uq_appraisals_appraisal_period",
            "household_id",
            "kind",
            "period",
            unique=True,
            postgresql_where=text("period <> '' AND stage NOT IN ('refused', 'withdrawn', 'declined')"),
        ),
    )


class Item(Base):
    """One item of the preset that an appraisal claims; its id is the id of the transfer that it becomes, so it pays once."""

    __tablename__ = "appraisals_item"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    appraisal_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals_appraisal.id"))
    key: Mapped[str]
    claimed: Mapped[int]
    given: Mapped[int | None]
    cut_by: Mapped[str]

    __table_args__ = (UniqueConstraint("appraisal_id", "key"),)


class Photo(Base):
    """A picture or a recording that goes with an appraisal, and the hash of a picture's look once it was drawn anew."""

    __tablename__ = "appraisals_photo"

    appraisal_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals_appraisal.id"), primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    look: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_appraisals_photo_file_id", "file_id"),
        Index("ix_appraisals_photo_look", "look", postgresql_where=text("look IS NOT NULL")),
    )


class Flag(Base):
    """Something that whoever checks should look at: the same deed declared before, or the same picture."""

    __tablename__ = "appraisals_flag"

    appraisal_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals_appraisal.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals_appraisal.id"), primary_key=True)


class Panel(Base):
    """One panel: the seed of its draw, and what it has decided."""

    __tablename__ = "appraisals_panel"

    appraisal_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals_appraisal.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    is_review: Mapped[bool]
    seed: Mapped[str]
    drawn_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    is_yes: Mapped[bool | None]
    points: Mapped[int | None]
    yes_count: Mapped[int | None]
    no_count: Mapped[int | None]
    reason: Mapped[str | None]


class Seat(Base):
    """One person's place on a panel; nobody sits over his own household, the database itself sees to it."""

    __tablename__ = "appraisals_seat"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    appraisal_id: Mapped[UUID]
    round: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"))
    household_id: Mapped[UUID | None]
    judged_household_id: Mapped[UUID]
    state: Mapped[str]
    drawn_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(
            ["appraisal_id", "round"], ["appraisals_panel.appraisal_id", "appraisals_panel.round"],
            name="fk_appraisals_seat_panel",
        ),
        UniqueConstraint("appraisal_id", "round", "person_id"),
        CheckConstraint("household_id IS NULL OR household_id <> judged_household_id", name="not_ones_own"),
        Index("ix_appraisals_seat_asked", "person_id", postgresql_where=text("state = 'asked'")),
    )  # fmt: skip


class Vote(Base):
    """A vote, cast once and never changed."""

    __tablename__ = "appraisals_vote"
    __append_only__: ClassVar = True

    seat_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals_seat.id"), primary_key=True)
    is_yes: Mapped[bool]
    points: Mapped[int]
    reason: Mapped[str]
    words_sealed: Mapped[bytes | None]
    at: Mapped[datetime]


class Objection(Base):
    """What a villager says against a publication, and what became of it."""

    __tablename__ = "appraisals_objection"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    appraisal_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals_appraisal.id"))
    publication: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"))
    reason: Mapped[str]
    words_sealed: Mapped[bytes | None]
    at: Mapped[datetime]
    state: Mapped[str]
    answered_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("appraisal_id", "publication", "person_id"),)


class Title(Base):
    """A title that a household holds for some months, and whether it wants the plate at its door."""

    __tablename__ = "appraisals_title"
    __scope__: ClassVar = Scope(path="area_path", household="household_id")

    appraisal_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals_appraisal.id"), primary_key=True)
    household_id: Mapped[UUID] = mapped_column(ForeignKey("areas_household.id"), index=True)
    area_path: Mapped[AreaPath]
    kind: Mapped[str]
    items: Mapped[list[str]]
    since: Mapped[date]
    until: Mapped[date]
    has_plate_consent: Mapped[bool]


class TimelineEntry(Base):
    """One line of an appraisal's timeline; nothing personal but who did it."""

    __tablename__ = "appraisals_entry"
    __append_only__: ClassVar = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    appraisal_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals_appraisal.id"), index=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity())  # lines of one moment stay in their order
    at: Mapped[datetime]
    step: Mapped[str]
    by_person_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]]
