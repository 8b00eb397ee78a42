"""Tables of points: accounts, transfers, and the entries that a transfer leaves on its two accounts.

The product may read them and open an empty account; everything else is written by the database's function `points_move`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base, BigId


class PointsAccount(Base):
    """A household's points (its id is the household's), or the fund from which a village gives (it may go below zero)."""

    __tablename__ = "points_account"
    __scope__: ClassVar = Scope(path="area_path", household="household_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    household_id: Mapped[UUID | None] = mapped_column(ForeignKey("areas_household.id"), unique=True)
    area_path: Mapped[AreaPath] = mapped_column(index=True)
    balance: Mapped[int] = mapped_column(BigInteger, server_default="0")
    version: Mapped[int] = mapped_column(BigInteger, server_default="0")
    opened_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind = 'fund' OR balance >= 0", name="no_overdraft"),
        CheckConstraint("(kind = 'household') = (household_id IS NOT NULL)", name="owner"),
    )


class Transfer(Base):
    """Points that moved, and why: by which rule in which version, for what, how many were claimed, and what cut them."""

    __tablename__ = "points_transfer"
    __append_only__: ClassVar = True
    __scope__: ClassVar = Scope(path="area_path", household="household_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    from_id: Mapped[UUID]
    to_id: Mapped[UUID]
    points: Mapped[BigId]
    at: Mapped[datetime]
    area_path: Mapped[AreaPath]
    household_id: Mapped[UUID | None]
    deed_by_id: Mapped[UUID | None]
    rule: Mapped[str]
    rule_name: Mapped[str]
    rule_version: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID | None]
    claimed: Mapped[BigId]
    cut_by: Mapped[str]
    caps_version: Mapped[str]
    counted_on: Mapped[date]
    original_id: Mapped[UUID | None] = mapped_column(ForeignKey("points_transfer.id"), unique=True)
    reason_sealed: Mapped[bytes | None]
    made_by_id: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint("points >= 0", name="not_negative"),
        CheckConstraint("from_id <> to_id", name="two_accounts"),
        CheckConstraint("(kind = 'reversal') = (original_id IS NOT NULL)", name="reversal"),
    )


class Entry(Base):
    """One line of an account: what came or went, the balance after it, and the account's version, without gaps."""

    __tablename__ = "points_entry"
    __append_only__: ClassVar = True

    account_id: Mapped[UUID] = mapped_column(ForeignKey("points_account.id"), primary_key=True)
    version: Mapped[BigId] = mapped_column(primary_key=True, autoincrement=False)
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("points_transfer.id"))
    points: Mapped[BigId]
    balance: Mapped[BigId]
    counted_on: Mapped[date]
    at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("transfer_id", "account_id"),
        Index("ix_points_entry_counted", "account_id", "counted_on"),
    )
