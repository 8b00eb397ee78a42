"""Tables of notices: messages, tries, credits, lanes that rest, preferences, broadcasts, and what WeChat told us."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Scope
from app.kernel.tables import AreaPath, Base, Leased


class Message(Leased, Base):
    """One message to one person. Its key says why it exists, and no second message can have it."""

    __tablename__ = "notices_message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"))
    template: Mapped[str]
    values_sealed: Mapped[bytes]
    page: Mapped[str]
    urgency: Mapped[str]
    state: Mapped[str]
    channel: Mapped[str | None]
    tried: Mapped[list[str]] = mapped_column(server_default="{}")
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    doubts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    provider_id: Mapped[str | None]
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("key", "person_id"),
        Index(
            "ix_notices_message_ready", "urgency", "next_at", postgresql_where=text("state IN ('waiting', 'sending')")
        ),
        Index("ix_notices_message_lease", "claimed_until", postgresql_where=text("state = 'sending'")),
        Index("ix_notices_message_receipt", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
        Index("ix_notices_message_inbox", "person_id", "created_at", "id"),
        Index("ix_notices_message_dead", "ended_at", postgresql_where=text("state IN ('failed', 'unknown')")),
    )


class Try(Base):
    """One attempt to send one message, and what came of it. It outlives the message and holds nothing personal."""

    __tablename__ = "notices_try"
    __append_only__: ClassVar = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(index=True)
    channel: Mapped[str]
    attempt: Mapped[int]
    outcome: Mapped[str]
    code: Mapped[str | None]
    rid: Mapped[str | None]
    at: Mapped[datetime]


class Credit(Base):
    """How many messages of one template a person has allowed; a long-term yes does not run out.

    Only WeChat's own word changes `count`. `reported` is what the phone says it has just allowed, until that word comes.
    """

    __tablename__ = "notices_credit"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"), primary_key=True)
    template: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    reported: Mapped[int]
    is_long_term: Mapped[bool]
    updated_at: Mapped[datetime]


class Lane(Base):
    """A channel that rests: until when, and why; the operator sees it."""

    __tablename__ = "notices_lane"

    channel: Mapped[str] = mapped_column(primary_key=True)
    rests_until: Mapped[datetime | None]
    reason: Mapped[str]
    needs_operator: Mapped[bool]
    updated_at: Mapped[datetime]


class Preference(Base):
    """A person's own quiet hours."""

    __tablename__ = "notices_preference"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), primary_key=True)
    quiet_from: Mapped[int] = mapped_column(SmallInteger)
    quiet_to: Mapped[int] = mapped_column(SmallInteger)
    is_elder_view: Mapped[bool]


class Broadcast(Base):
    """Words to everybody of a place, or to its members or keepers: public text, sent in rounds once its check has passed."""

    __tablename__ = "notices_broadcast"
    __scope__: ClassVar = Scope(path="area_path")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_path: Mapped[AreaPath] = mapped_column(ForeignKey("areas_area.path"))
    audience: Mapped[str]
    words: Mapped[str]
    is_urgent: Mapped[bool]
    state: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"))
    written_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    told_count: Mapped[int] = mapped_column(server_default="0")
    reminded_on: Mapped[date | None]
    waits_since: Mapped[datetime | None]  # for somebody else's eye
    refused_reason: Mapped[str | None]
    told_up_to: Mapped[UUID | None]  # the last person of the rounds so far; empty when nobody is left to be told

    __table_args__ = (
        Index("ix_notices_broadcast_area", "area_path", "written_at", "id"),
        Index("ix_notices_broadcast_author", "author_id", "written_at"),
        Index("ix_notices_broadcast_waits", "waits_since", "id", postgresql_where=text("waits_since IS NOT NULL")),
        Index("ix_notices_broadcast_open", "written_at", postgresql_where=text("told_up_to IS NOT NULL")),
    )


class Recipient(Base):
    """One person who was told by a broadcast, and when he read it, on whichever phone."""

    __tablename__ = "notices_recipient"

    broadcast_id: Mapped[UUID] = mapped_column(ForeignKey("notices_broadcast.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("areas_person.id"), primary_key=True)
    read_at: Mapped[datetime | None]


class Heartbeat(Base):
    """When a worker or the scheduler last said that it is alive; a watchdog outside looks at it."""

    __tablename__ = "notices_heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Inbound(Leased, Base):
    """What WeChat told us, stored once under its own key; a worker acts on it."""

    __tablename__ = "notices_inbound"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(unique=True)
    app: Mapped[str]
    kind: Mapped[str]
    payload_sealed: Mapped[bytes]
    state: Mapped[str]
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_notices_inbound_open", "next_at", postgresql_where=text("state = 'waiting'")),)


class Envelope(Base):
    """A signed envelope that has been used: one that comes back with another content is forged."""

    __tablename__ = "notices_envelope"

    nonce_key: Mapped[bytes] = mapped_column(primary_key=True)
    key: Mapped[bytes]
    received_at: Mapped[datetime] = mapped_column(index=True)
