"""Tables of identity: accounts, sessions, bindings, slips, grants, proxies, staff secrets, consents, attempts."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base


class Account(Base):
    """One WeChat user or one member of staff; openids are sealed and found through blind indexes."""

    __tablename__ = "identity_account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("areas_person.id"), index=True)
    mp_openid_index: Mapped[bytes | None] = mapped_column(unique=True)
    mp_openid_sealed: Mapped[bytes | None]
    oa_openid_index: Mapped[bytes | None] = mapped_column(unique=True)
    oa_openid_sealed: Mapped[bytes | None]
    unionid_index: Mapped[bytes | None] = mapped_column(index=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class SignIn(Base):
    """One session: the token's hash, until when it holds, and whether it was taken back."""

    __tablename__ = "identity_session"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Binding(Base):
    """An account's claim to be a person: by which way, and who confirmed it."""

    __tablename__ = "identity_binding"
    __scope__: ClassVar = Scope(path="area_path", household="household_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"))
    household_id: Mapped[UUID | None]
    area_path: Mapped[AreaPath]
    way: Mapped[str]
    state: Mapped[str]
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]

    __table_args__ = (
        Index(
            "uq_identity_binding_open",
            "account_id",
            unique=True,
            postgresql_where=text("state IN ('pending', 'active')"),
        ),
        Index("ix_identity_binding_pending", "household_id", postgresql_where=text("state = 'pending'")),
    )


class Slip(Base):
    """A printed slip with a code for one person, given out by a cadre, used once."""

    __tablename__ = "identity_slip"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), index=True)
    code_index: Mapped[bytes] = mapped_column(unique=True)
    issued_by: Mapped[UUID | None]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RoleGrant(Base):
    """A role given to a person over an area, from when to when."""

    __tablename__ = "identity_grant"
    __scope__: ClassVar = Scope(path="area_path")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), index=True)
    role: Mapped[str]
    area_path: Mapped[AreaPath]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    granted_by: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None]


class Proxy(Base):
    """Who may act for whom, in what and until when: given by the person, by a housemate, or on paper before a witness."""

    __tablename__ = "identity_proxy"
    __scope__: ClassVar = Scope(path="area_path", household="household_id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    for_person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), index=True)
    household_id: Mapped[UUID] = mapped_column(ForeignKey("areas_household.id"), index=True)
    area_path: Mapped[AreaPath]
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"))
    powers: Mapped[list[str]]
    way: Mapped[str]
    given_by: Mapped[UUID]
    witness_id: Mapped[UUID | None]
    since: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]

    __table_args__ = (Index("ix_identity_proxy_holder", "holder_id", postgresql_where=text("ended_at IS NULL")),)


class Staff(Base):
    """The secrets of a member of staff: password (argon2) and second factor; the last time step used is kept."""

    __tablename__ = "identity_staff"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"), primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    totp_sealed: Mapped[bytes]
    totp_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    must_change: Mapped[bool]


class Consent(Base):
    """A person's yes or no to one version of one text; the newest counts."""

    __tablename__ = "identity_consent"
    __append_only__: ClassVar = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"), index=True)
    purpose: Mapped[str]
    version: Mapped[str]
    is_given: Mapped[bool]
    at: Mapped[datetime]


class Attempt(Base):
    """How often something was tried in a window of time; the key is a hash, never a name or number."""

    __tablename__ = "identity_attempt"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]
