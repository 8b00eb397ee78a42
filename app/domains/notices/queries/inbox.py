"""What a person finds in the app: messages in words, what WeChat may still tell them, their quiet hours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.domains.notices import rules
from app.domains.notices.models import Credit, Message, Preference
from app.domains.notices.preset import Delivery, Messages
from app.kernel.crypto import BrokenSeal, Vault

_GONE = ("一条旧消息", "这条消息已经看不到原文了。")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as its person reads it."""

    message_id: UUID
    title: str
    text: str = field(repr=False)
    page: str
    is_alarm: bool
    at: datetime
    read_at: datetime | None


class Allowance(NamedTuple):
    """How many messages of one kind WeChat may still bring: counted by WeChat, and just tapped on the phone."""

    template: str
    template_id: str
    title: str
    left: int
    reported: int
    is_long_term: bool


def inbox_of(
    db: Session,
    vault: Vault,
    person_id: UUID,
    *,
    messages: Messages,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Letter]:
    """A person's messages, the newest first, a page after the given one."""
    mine = select(Message).where(Message.person_id == person_id)
    if after is not None:
        mine = mine.where(tuple_(Message.created_at, Message.id) < after)
    rows = db.scalars(mine.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit))
    return [_letter(vault, messages, row) for row in rows]


def unread_count(db: Session, person_id: UUID) -> int:
    """How many messages a person has not opened."""
    unread = select(func.count()).where(Message.person_id == person_id, Message.read_at.is_(None))
    return db.scalar(unread) or 0


def allowances_of(db: Session, messages: Messages, account_id: UUID | None) -> Sequence[Allowance]:
    """For everything that can come by WeChat: how often the person has allowed it."""
    rows = {credit.template: credit for credit in db.scalars(select(Credit).where(Credit.account_id == account_id))}
    allowances = []
    for name, template in messages.templates.items():
        if template.subscribe:
            credit = rows.get(name)
            known = (credit.count, credit.reported, credit.is_long_term) if credit else (0, 0, False)
            allowances.append(Allowance(name, template.subscribe.id, template.subscribe.title, *known))
    return allowances


def quiet_hours_of(db: Session, policy: Delivery, person_id: UUID | None) -> tuple[int, int]:
    """From when to when only alarms ring for this person."""
    own = db.get(Preference, person_id) if person_id else None
    return (own.quiet_from, own.quiet_to) if own else (policy.quiet_hours.from_hour, policy.quiet_hours.to_hour)


def _letter(vault: Vault, messages: Messages, row: Message) -> Letter:
    title, text = _words(vault, messages, row)
    is_alarm = row.urgency == rules.Urgency.alarm
    return Letter(row.id, title, text, row.page, is_alarm, row.created_at, row.read_at)


def _words(vault: Vault, messages: Messages, row: Message) -> tuple[str, str]:
    """Title and text; a message whose words are gone still has its place in the list."""
    template = messages.templates.get(row.template)
    try:
        values = json.loads(vault.open(rules.sealed_in(row.id), row.values_sealed))
    except BrokenSeal:
        return _GONE
    if template is None:
        return _GONE
    has_details = template.details <= values.keys()
    text = template.inbox + (template.inbox_details if has_details else "")
    return rules.filled(template.title, values), rules.filled(text, values)
