"""The roll of members: branches, who joins, who leaves and what becomes of his zone."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.areas import actions as areas
from app.domains.areas import queries as places
from app.domains.areas.errors import AreaNotFound, PersonNotFound
from app.domains.areas.models import Person
from app.domains.audit import actions as audit
from app.domains.identity import actions as identity
from app.domains.identity.errors import AlreadyGranted, GrantNotFound
from app.domains.identity.models import RoleGrant
from app.domains.members.errors import AlreadyMember, BranchExists, BranchNotFound, MemberNotFound
from app.domains.members.events import MemberAdded, MemberLeft
from app.domains.members.models import Branch, Member
from app.domains.members.rules import MemberState
from app.kernel.access import require, scoped, unscoped
from app.kernel.transaction import Tx
from app.kernel.values import plain

_ROLE = "party_member"


def add_branch(tx: Tx, *, area_path: str, name: str) -> UUID:
    """Enter a village's party branch."""
    require(tx.actor, "members.write", within=area_path)
    if places.area(tx.db, area_path) is None:
        raise AreaNotFound
    same = select(Branch.id).where(Branch.area_path == area_path, Branch.name == plain(name))
    if tx.db.scalar(same) is not None:
        raise BranchExists
    branch_id = tx.new_id()
    tx.add(Branch, id=branch_id, area_path=area_path, name=plain(name))
    return branch_id


def add_member(tx: Tx, person_id: UUID, *, branch_id: UUID | None = None) -> None:
    """Enter a person of the village on the roll, with the role that goes with it; who had left comes back."""
    reached = scoped(tx.actor, "members.write", Person).where(Person.id == person_id, Person.state == "active")
    person: Person | None = tx.db.scalar(reached)
    if person is None:
        raise PersonNotFound
    if branch_id is not None and tx.db.get(Branch, branch_id) is None:
        raise BranchNotFound
    village = places.village_of(person.area_path)
    _enter(tx, person_id, village, branch_id=branch_id)
    with suppress(AlreadyGranted):
        identity.grant_role(tx, grant_id=tx.new_id(), person_id=person_id, role=_ROLE, area_path=village)
    _audited(tx, "members.added", person_id, path=village, reason=None)
    tx.emit(MemberAdded(person_id, village))


@unscoped("the person was reached just before")
def _enter(tx: Tx, person_id: UUID, village: str, *, branch_id: UUID | None) -> None:
    row = {"branch_id": branch_id, "area_path": village, "state": MemberState.active.value, "since": tx.now}
    entered = insert(Member).values(person_id=person_id, **row)
    back = entered.on_conflict_do_update(index_elements=["person_id"], set_=row, where=Member.state == MemberState.left)
    if tx.db.execute(back.returning(Member.person_id)).first() is None:
        raise AlreadyMember


def leave(tx: Tx, person_id: UUID, *, reason: str, successor_id: UUID | None = None) -> tuple[UUID, ...]:
    """Take a member off the roll; his zone goes to his successor, or waits for a keeper. The households concerned."""
    reached = scoped(tx.actor, "members.write", Member).where(
        Member.person_id == person_id, Member.state == MemberState.active
    )
    member: Member | None = tx.db.scalar(reached.with_for_update())
    if member is None:
        raise MemberNotFound
    _take_off(tx, person_id)
    _take_role(tx, person_id)
    areas.end_deputies_of(tx, person_id)
    households = _part_with_zone(tx, person_id, successor_id, reason=reason)
    _audited(tx, "members.left", person_id, path=member.area_path, reason=reason)
    tx.emit(MemberLeft(person_id, member.area_path, households, successor_id))
    return households


@unscoped("the member was reached and locked just before")
def _take_off(tx: Tx, person_id: UUID) -> None:
    tx.db.execute(update(Member).where(Member.person_id == person_id).values(state=MemberState.left.value))


def _take_role(tx: Tx, person_id: UUID) -> None:
    """Without the roll no role: what he could see as a keeper ends with this transaction."""
    held = scoped(tx.actor, "grants.write", RoleGrant, RoleGrant.id).where(
        RoleGrant.person_id == person_id, RoleGrant.role == _ROLE, RoleGrant.revoked_at.is_(None)
    )
    for grant_id in tx.db.scalars(held).all():
        with suppress(GrantNotFound):  # it has run out by itself
            identity.revoke_role(tx, grant_id=grant_id)


def _part_with_zone(tx: Tx, person_id: UUID, successor_id: UUID | None, *, reason: str) -> tuple[UUID, ...]:
    if successor_id is None or not places.kept_households(tx.db, person_id):
        return areas.release_zone(tx, keeper_id=person_id, reason=reason)
    return areas.hand_over(tx, from_id=person_id, to_id=successor_id, reason=reason)


def _audited(tx: Tx, action: str, person_id: UUID, *, path: str, reason: str | None) -> None:
    audit.record(
        tx,
        action=action,
        subject="member",
        subject_id=None,
        area_path=path,
        about_person_id=person_id,
        reason=reason,
    )
