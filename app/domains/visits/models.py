"""Tables of visits: the visit, its corrections, its pictures, the villager's tap, the post in the feed and its life."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base


class Visit(Base):
    """One visit at one door."""

    __tablename__ = "visits_visit"
    __scope__: ClassVar = Scope(path="area_path", keeper="keeper_id", household="household_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID] = mapped_column(ForeignKey("areas_household.id"))
    area_path: Mapped[AreaPath]
    visitor_id: Mapped[UUID]
    keeper_id: Mapped[UUID | None]
    visited_at: Mapped[datetime]
    visited_on: Mapped[date]
    logged_at: Mapped[datetime]
    kind: Mapped[str]
    themes: Mapped[list[str]]
    note_sealed: Mapped[bytes | None]
    problems: Mapped[list[str]]
    proof: Mapped[str]
    is_late: Mapped[bool]
    is_counted: Mapped[bool]
    state: Mapped[str]

    __table_args__ = (
        Index("ix_visits_visit_household", "household_id", "visited_on"),
        Index("ix_visits_visit_visitor", "visitor_id", "visited_at"),
    )


class Correction(Base):
    """What was put right about a visit, by whom and when; `before` is always the first word, so that it stays readable."""

    __tablename__ = "visits_correction"
    __append_only__: ClassVar = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits_visit.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    by_person_id: Mapped[UUID | None]
    text_sealed: Mapped[bytes | None]
    before_sealed: Mapped[bytes | None]


class Picture(Base):
    """A picture that belongs to a visit."""

    __tablename__ = "visits_picture"

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits_visit.id"), primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)


class Tap(Base):
    """The villager's own word on a visit: yes, they were here, or no."""

    __tablename__ = "visits_tap"

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits_visit.id"), primary_key=True)
    person_id: Mapped[UUID]
    says_yes: Mapped[bool]
    at: Mapped[datetime]


class Post(Base):
    """What of a visit is shown in the feed of village and town: only after the check, only with consent for pictures."""

    __tablename__ = "visits_post"
    __scope__: ClassVar = Scope(path="area_path", keeper="author_id")

    id: Mapped[UUID] = mapped_column(ForeignKey("visits_visit.id"), primary_key=True)
    area_path: Mapped[AreaPath]
    village_path: Mapped[AreaPath]
    town_path: Mapped[AreaPath]
    author_id: Mapped[UUID]
    words: Mapped[str]
    file_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    has_picture_consent: Mapped[bool]
    state: Mapped[str]
    posted_at: Mapped[datetime]
    like_count: Mapped[int] = mapped_column(server_default="0")
    comment_count: Mapped[int] = mapped_column(server_default="0")
    report_count: Mapped[int] = mapped_column(server_default="0")
    waits_since: Mapped[datetime | None]  # for a cadre's eye
    hidden_reason: Mapped[str | None]

    __table_args__ = (
        Index("ix_visits_post_village", "village_path", "posted_at", "id", postgresql_where=text("state = 'shown'")),
        Index("ix_visits_post_town", "town_path", "posted_at", "id", postgresql_where=text("state = 'shown'")),
        Index("ix_visits_post_author", "author_id", "posted_at", "id", postgresql_where=text("state = 'shown'")),
        Index("ix_visits_post_unseen", "author_id", postgresql_where=text("state IN ('checking', 'held')")),
        Index("ix_visits_post_waits", "waits_since", "id", postgresql_where=text("waits_since IS NOT NULL")),
    )


class Like(Base):
    """One person's like of one post, or that he took it back; what he said last counts, in whatever order it came."""

    __tablename__ = "visits_like"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("visits_post.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    is_given: Mapped[bool]
    said_at: Mapped[datetime]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_visits_like_at", "at", postgresql_using="brin"),)


class Comment(Base):
    """What somebody says under a post; public words, like those of the post."""

    __tablename__ = "visits_comment"
    __scope__: ClassVar = Scope(path="area_path", keeper="author_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    post_id: Mapped[UUID] = mapped_column(ForeignKey("visits_post.id"))
    area_path: Mapped[AreaPath]
    author_id: Mapped[UUID]
    words: Mapped[str]
    state: Mapped[str]
    commented_at: Mapped[datetime]
    report_count: Mapped[int] = mapped_column(server_default="0")
    waits_since: Mapped[datetime | None]  # for a cadre's eye
    hidden_reason: Mapped[str | None]

    __table_args__ = (
        Index("ix_visits_comment_post", "post_id", "commented_at", "id"),
        Index("ix_visits_comment_at", "commented_at", postgresql_using="brin"),
        Index("ix_visits_comment_author", "author_id"),
        Index("ix_visits_comment_waits", "waits_since", "id", postgresql_where=text("waits_since IS NOT NULL")),
    )


class Report(Base):
    """A reader finds a post or a comment wrong, and says why; nobody is ever told who it was."""

    __tablename__ = "visits_report"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID | None]
    reason: Mapped[str]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]  # when a cadre had looked


class Mute(Base):
    """A reader does not want to see this post any more; nobody else is told."""

    __tablename__ = "visits_mute"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    post_id: Mapped[UUID] = mapped_column(ForeignKey("visits_post.id"), primary_key=True)
    at: Mapped[datetime]
