"""Tables of members: branches and party members."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base


class Branch(Base):
    """One party branch of a village."""

    __tablename__ = "members_branch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_path: Mapped[AreaPath] = mapped_column(ForeignKey("areas_area.path"), index=True)
    name: Mapped[str]


class Member(Base):
    """One party member; being one is sensitive by law (特定身份), so it is zoned like everything personal."""

    __tablename__ = "members_member"
    __scope__: ClassVar = Scope(path="area_path", keeper="person_id")

    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), primary_key=True)
    branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("members_branch.id"), index=True)
    area_path: Mapped[AreaPath] = mapped_column(index=True)
    state: Mapped[str]
    since: Mapped[datetime]
