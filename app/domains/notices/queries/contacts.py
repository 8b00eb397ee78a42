"""How people can be reached now: accounts, phone, quiet hours, how much they heard lately. For the push worker, in sets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select

from app.domains.areas.models import Person
from app.domains.identity.models import Account
from app.domains.notices.models import Lane, Message, Preference
from app.domains.notices.rules import INBOX, MessageState
from app.kernel.access import unscoped
from app.kernel.driver import Link, Prepared

_LONGEST_WAY = timedelta(days=4)  # a message older than this is not sent any more


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """One WeChat user: his sealed addresses at our two accounts."""

    account_id: UUID
    mp_sealed: bytes | None = field(repr=False)
    oa_sealed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """How one person can be reached; everything personal is still sealed."""

    phone_sealed: bytes | None = field(repr=False)
    quiet_hours: tuple[int, int] | None
    accounts: tuple[AccountFacts, ...] = ()


_CONTACTS = Prepared(
    select(
        Person.id,
        Person.phone_sealed,
        Preference.quiet_from,
        Preference.quiet_to,
        Account.id,
        Account.mp_openid_sealed,
        Account.oa_openid_sealed,
    )
    .outerjoin(Preference, Preference.person_id == Person.id)
    .outerjoin(Account, and_(Account.person_id == Person.id, Account.state == "active", Account.kind == "wechat"))
    .where(Person.id == func.any(bindparam("ids")), Person.state == "active")
    .order_by(Account.created_at.desc())
)
_HEARD = Prepared(
    select(Message.person_id, func.count())
    .where(
        Message.person_id == func.any(bindparam("ids")),
        Message.created_at > bindparam("oldest"),
        Message.channel.is_not(None),
        Message.channel != INBOX,
        or_(Message.state == MessageState.sending, Message.ended_at > bindparam("since")),
    )
    .group_by(Message.person_id)
)
_RESTING = Prepared(select(Lane.channel, Lane.rests_until).where(Lane.rests_until.is_not(None)))


@unscoped("asked by the machine itself, to tell these persons something")
def contacts(link: Link, person_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """How each of these persons can be reached; who has moved or died is left out."""
    found: dict[UUID, Contact] = {}
    for person, phone, quiet_from, quiet_to, account, mp, oa in _CONTACTS.run(link, ids=list(person_ids)):
        before = found.get(person)
        accounts = () if account is None else (AccountFacts(account, mp, oa),)
        quiet = None if quiet_from is None else (quiet_from, quiet_to)
        found[person] = Contact(phone, quiet, (*before.accounts, *accounts) if before else accounts)
    return found


def heard_lately(link: Link, person_ids: Collection[UUID], *, since: datetime) -> dict[UUID, int]:
    """How many messages each of these persons was sent since a moment."""
    if not person_ids:
        return {}
    return dict(_HEARD.run(link, ids=list(person_ids), since=since, oldest=since - _LONGEST_WAY).fetchall())


def resting_lanes(link: Link) -> dict[str, datetime]:
    """The lanes that rest, or rested and are not proven yet, and until when."""
    return dict(_RESTING.run(link).fetchall())
