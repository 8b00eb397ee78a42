"""Who is calling, in one round trip: the path every request takes, so the statement is built once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Text, Uuid, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.areas.models import Deputy, Person
from app.domains.identity.models import Account, RoleGrant, SignIn, Staff
from app.domains.identity.preset import GUEST, VILLAGER, Role
from app.domains.identity.rules import NOWHERE, AccountState
from app.kernel.access import Actor, Grant, unscoped
from app.kernel.crypto import token_hash
from app.kernel.driver import Prepared, Where

_NOW: BindParameter[datetime] = bindparam("now")
# unscoped: part of the statement below
_GRANTS = (
    select(RoleGrant.role + " " + RoleGrant.area_path)
    .where(
        RoleGrant.person_id == Account.person_id,
        RoleGrant.revoked_at.is_(None),
        RoleGrant.since <= _NOW,
        or_(RoleGrant.until.is_(None), RoleGrant.until > _NOW),
    )
    .correlate(Account)
)
_ABSENT = (
    select(Deputy.absent_id)
    .where(Deputy.deputy_id == Account.person_id, Deputy.since <= _NOW, Deputy.until > _NOW, Deputy.ended_at.is_(None))
    .correlate(Account)
)
# unscoped: asked before there is an actor; this is where the actor comes from
_ACTIVE = (
    select(
        Account.kind,
        Account.id,
        Person.id,
        Person.household_id,
        Person.area_path,
        Staff.must_change,
        func.array(_GRANTS.scalar_subquery(), type_=ARRAY(Text)),
        func.array(_ABSENT.scalar_subquery(), type_=ARRAY(Uuid)),
    )
    .select_from(Account)
    .outerjoin(Person, and_(Person.id == Account.person_id, Person.state == "active"))
    .outerjoin(Staff, Staff.account_id == Account.id)
    .where(Account.state == AccountState.active)
)
_CALLER = Prepared(
    _ACTIVE.join(SignIn, SignIn.account_id == Account.id).where(
        SignIn.token_hash == bindparam("token"), SignIn.revoked_at.is_(None), SignIn.expires_at > _NOW
    )
)
_OWNER = Prepared(_ACTIVE.where(Account.id == bindparam("account")))


@unscoped("asked before there is an actor: this is where the actor comes from")
def actor_of(db: Where | Session, token: str, now: datetime, *, roles: Mapping[str, Role]) -> Actor | None:
    """The person behind a token with all that he may do now; None when the token opens nothing."""
    where = db.connection() if isinstance(db, Session) else db
    return _actor(_CALLER.run(where, token=token_hash(token), now=now).fetchone(), roles)


@unscoped("asked for work that somebody left here; it is then done with no more rights than he has now")
def actor_behind(db: Session, account_id: UUID, now: datetime, *, roles: Mapping[str, Role]) -> Actor | None:
    """The person behind an account with all that he may do now; None when the account is closed."""
    return _actor(_OWNER.run(db.connection(), account=account_id, now=now).fetchone(), roles)


def _actor(row: Any, roles: Mapping[str, Role]) -> Actor | None:
    if row is None:
        return None
    kind, account_id, person_id, household_id, path, must_change, granted, absent = row
    grants: list[Grant] = [Grant(GUEST, NOWHERE, roles[GUEST].permissions)]
    if person_id is None or must_change:
        return Actor(kind, account_id, person_id, grants=tuple(grants))
    if household_id is not None:
        grants.append(Grant(VILLAGER, areas.village_of(path), roles[VILLAGER].permissions))
    grants.extend(_grants(granted, roles))
    return Actor(kind, account_id, person_id, household_id, tuple(grants), (person_id, *absent))


def _grants(granted: Sequence[str], roles: Mapping[str, Role]) -> Iterator[Grant]:
    for role, path in (text.split(" ", 1) for text in granted):
        if role in roles:
            yield Grant(role, path, roles[role].permissions)
