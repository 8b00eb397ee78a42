"""The audit table: one line a deed or a read of somebody's data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base


class Entry(Base):
    """One line: who, what, about which record and whose data, where, why; `detail` holds no personal data."""

    __tablename__ = "audit_entry"
    __append_only__: ClassVar = True
    __scope__: ClassVar = Scope(path="area_path")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    action: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID | None]
    about_person_id: Mapped[UUID | None]
    area_path: Mapped[AreaPath]
    reason: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None]

    __table_args__ = (Index("ix_audit_entry_about", "about_person_id", "at"),)
