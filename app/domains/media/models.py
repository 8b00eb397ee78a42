"""Tables of media: files, the parts of those that are still coming, and content checks as rows that workers take in turn."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base, Leased


class File(Leased, Base):
    """One picture or voice: received raw, then ready (cleaned) or refused."""

    __tablename__ = "media_file"
    __scope__: ClassVar = Scope(path="area_path", keeper="owner_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"), index=True)
    owner_id: Mapped[UUID | None]
    area_path: Mapped[AreaPath]
    kind: Mapped[str]
    state: Mapped[str]
    verdict: Mapped[str]
    storage_name: Mapped[str]
    thumbnail_name: Mapped[str | None]
    byte_count: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    look: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes]
    fetch_index: Mapped[bytes | None] = mapped_column(index=True)
    refusal: Mapped[str | None]
    received_at: Mapped[datetime]

    __table_args__ = (Index("ix_media_file_received", "next_at", postgresql_where=text("state = 'received'")),)


class Part(Base):
    """A piece of a file that has not come whole; the pieces of one file follow each other without a gap."""

    __tablename__ = "media_part"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"), primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)  # the phone's; there is no row of this file yet
    start: Mapped[int] = mapped_column(primary_key=True)
    byte_count: Mapped[int]
    whole_bytes: Mapped[int]
    kind: Mapped[str]
    storage_name: Mapped[str] = mapped_column(unique=True)
    received_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        CheckConstraint("start >= 0 AND byte_count > 0 AND start + byte_count <= whole_bytes", name="inside"),
    )


class Check(Leased, Base):
    """One content check of a text or a picture, asked of WeChat; `subject` says what waits for it."""

    __tablename__ = "media_check"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"))
    kind: Mapped[str]
    file_id: Mapped[UUID | None] = mapped_column(index=True)  # may be named before it has arrived
    text_sealed: Mapped[bytes | None]
    state: Mapped[str]
    trace_id: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_media_check_open", "next_at", postgresql_where=text("state IN ('waiting', 'asked')")),)
