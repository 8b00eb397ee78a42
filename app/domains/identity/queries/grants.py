"""Questions about roles: who has which, where and until when; what the holder of several may do in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.identity.models import RoleGrant
from app.domains.identity.preset import Role
from app.kernel.access import Actor, below, scoped, unscoped
from app.kernel.crypto import Vault
from app.kernel.values import mask_name


class Held(NamedTuple):
    """One role of one person."""

    grant_id: UUID
    person_id: UUID
    masked_name: str
    role: str
    role_name: str
    area_path: str
    place: str
    since: datetime
    until: datetime | None


def roster(
    db: Session,
    actor: Actor,
    *,
    path: str,
    now: datetime,
    roles: Mapping[str, Role],
    vault: Vault,
    after: UUID | None = None,
    limit: int = 200,
) -> Sequence[Held]:
    """Who holds which role below a place, and until when; a page after the given grant."""
    found = scoped(actor, "grants.write", RoleGrant).where(
        below(RoleGrant.area_path, path),
        RoleGrant.revoked_at.is_(None),
        or_(RoleGrant.until.is_(None), RoleGrant.until > now),
    )
    if after is not None:
        found = found.where(RoleGrant.id > after)
    grants = db.scalars(found.order_by(RoleGrant.id).limit(limit)).all()
    names = areas.names_of(db, vault, {g.person_id for g in grants})
    places = areas.place_names(db, {g.area_path for g in grants})
    return [
        Held(
            g.id,
            g.person_id,
            mask_name(names[g.person_id]),
            g.role,
            roles[g.role].name if g.role in roles else g.role,
            g.area_path,
            places.get(g.area_path, g.area_path),
            g.since,
            g.until,
        )
        for g in grants
    ]


@unscoped("asked by the machine: who holds a role anywhere, so that each is told of his own place")
def all_holders(db: Session, role: str, *, now: datetime) -> Sequence[tuple[UUID, str]]:
    """Every person who holds a role now, with each place that it was given for."""
    found = select(RoleGrant.person_id, RoleGrant.area_path).where(
        RoleGrant.role == role,
        RoleGrant.revoked_at.is_(None),
        RoleGrant.since <= now,
        or_(RoleGrant.until.is_(None), RoleGrant.until > now),
    )
    return [(person, path) for person, path in db.execute(found.distinct())]


@unscoped("asked by the machine: who fills an office, so that it can tell, ask or draw him")
def holders(db: Session, role: str, *, path: str, now: datetime) -> Sequence[UUID]:
    """The persons who hold an office exactly at a place, now, those longest in it first."""
    found = select(RoleGrant.person_id).where(
        RoleGrant.role == role,
        RoleGrant.area_path == path,
        RoleGrant.revoked_at.is_(None),
        RoleGrant.since <= now,
        or_(RoleGrant.until.is_(None), RoleGrant.until > now),
    )
    return list(dict.fromkeys(db.scalars(found.order_by(RoleGrant.since, RoleGrant.id))))


@unscoped("asked by the machine: among whom it may draw")
def holders_below(db: Session, role: str, *, path: str, now: datetime) -> Sequence[UUID]:
    """The persons who hold an office at a place or anywhere below it, now."""
    found = select(RoleGrant.person_id).where(
        RoleGrant.role == role,
        below(RoleGrant.area_path, path),
        RoleGrant.revoked_at.is_(None),
        RoleGrant.since <= now,
        or_(RoleGrant.until.is_(None), RoleGrant.until > now),
    )
    return list(dict.fromkeys(db.scalars(found.order_by(RoleGrant.person_id))))
