"""Giving and taking back roles: over an area, from when to when, never to oneself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from app.domains.areas import queries as areas
from app.domains.areas.errors import AreaNotFound, PersonNotFound
from app.domains.areas.models import Person
from app.domains.audit import actions as audit
from app.domains.identity import errors, rules
from app.domains.identity.models import RoleGrant
from app.domains.identity.preset import GUEST, VILLAGER, Role
from app.kernel.access import require, scoped, unscoped
from app.kernel.transaction import Tx


def grant_role(
    tx: Tx,
    *,
    grant_id: UUID,
    person_id: UUID,
    role: str,
    area_path: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Give a person a role over an area of the actor's own."""
    since = since or tx.now
    _may_touch(tx, role=role, area_path=area_path, person_id=person_id)
    if not rules.is_period(since, until, now=tx.now):
        raise errors.BadPeriod(field="until")
    if areas.area(tx.db, area_path) is None:
        raise AreaNotFound(field="area_path")
    found = scoped(tx.actor, "grants.write", Person, Person.id).where(Person.id == person_id, Person.state == "active")
    if tx.db.scalar(found) is None:
        raise PersonNotFound(field="person_id")
    if _holds_already(tx, person_id, role, area_path=area_path):
        raise errors.AlreadyGranted
    _keep(tx, grant_id, person_id, role=role, area_path=area_path, since=since, until=until)
    _audited(tx, "grants.given", grant_id, person_id=person_id, area_path=area_path, role=role)


@unscoped("whoever may appoint in the whole county sees all its grants")
def appoint_many(tx: Tx, *, role: str, over: Mapping[UUID, str]) -> int:
    """Give many persons one role, each over an area: what an import of a whole town does; who holds it is passed over."""
    require(tx.actor, "grants.write", within=f"{tx.runtime.settings.county}/")
    if role not in _roles(tx):
        raise errors.UnknownRole
    held = select(RoleGrant.person_id, RoleGrant.area_path).where(RoleGrant.role == role, *_in_force(tx))
    known = {(person_id, path) for person_id, path in tx.db.execute(held)}
    missing = [(person_id, path) for person_id, path in over.items() if (person_id, path) not in known]
    for person_id, path in missing:
        _keep(tx, tx.new_id(), person_id, role=role, area_path=path, since=tx.now, until=None)
    return len(missing)


def revoke_role(tx: Tx, *, grant_id: UUID) -> None:
    """Take a role back; the next request of the person no longer has it."""
    found = scoped(tx.actor, "grants.write", RoleGrant).where(RoleGrant.id == grant_id, *_in_force(tx, future=True))
    grant = tx.db.scalar(found.with_for_update())
    if grant is None:
        raise errors.GrantNotFound
    _may_touch(tx, role=grant.role, area_path=grant.area_path, person_id=grant.person_id)
    tx.db.execute(update(RoleGrant).where(RoleGrant.id == grant.id).values(revoked_at=tx.now))
    _audited(tx, "grants.taken_back", grant.id, person_id=grant.person_id, area_path=grant.area_path, role=grant.role)


def _may_touch(tx: Tx, *, role: str, area_path: str, person_id: UUID) -> None:
    roles = _roles(tx)
    if role not in roles:
        raise errors.UnknownRole(field="role")
    if tx.actor.is_system:
        return
    require(tx.actor, "grants.write", within=area_path)
    if person_id == tx.actor.person_id:
        raise errors.NotForYourself
    own = [(g.path, roles[g.role].may_grant) for g in tx.actor.grants if g.role in roles]
    if not rules.may_appoint(role, area_path, granted=own):
        raise errors.MayNotAppoint


def _roles(tx: Tx) -> dict[str, Role]:
    """The roles that are given; the two that everybody has by what he is are not."""
    return {name: role for name, role in tx.runtime.presets["roles"].items() if name not in {GUEST, VILLAGER}}


def _in_force(tx: Tx, *, future: bool = False) -> tuple[ColumnElement[bool], ...]:
    open_ended = or_(RoleGrant.until.is_(None), RoleGrant.until > tx.now)
    started = () if future else (RoleGrant.since <= tx.now,)
    return (RoleGrant.revoked_at.is_(None), open_ended, *started)


@unscoped("looks only for the very grant that is being given")
def _holds_already(tx: Tx, person_id: UUID, role: str, *, area_path: str) -> bool:
    same = (RoleGrant.person_id == person_id, RoleGrant.role == role, RoleGrant.area_path == area_path)
    return tx.db.scalar(select(RoleGrant.id).where(*same, *_in_force(tx, future=True))) is not None


def _keep(
    tx: Tx, grant_id: UUID, person_id: UUID, *, role: str, area_path: str, since: datetime, until: datetime | None
) -> None:
    tx.add(
        RoleGrant,
        id=grant_id,
        person_id=person_id,
        role=role,
        area_path=area_path,
        since=since,
        until=until,
        granted_by=tx.actor.person_id,
        revoked_at=None,
    )


def _audited(tx: Tx, action: str, grant_id: UUID, *, person_id: UUID, area_path: str, role: str) -> None:
    audit.record(
        tx,
        action=action,
        subject="grant",
        subject_id=grant_id,
        area_path=area_path,
        about_person_id=person_id,
        detail={"role": role},
    )
