"""Questions about members: who is one, in which branch and with whom, and who of a village has which name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Person
from app.domains.members.models import Branch, Member
from app.domains.members.rules import MemberState
from app.kernel.access import Actor, below, scoped, unscoped
from app.kernel.crypto import Vault
from app.kernel.values import plain


class MemberFacts(NamedTuple):
    """A member without his name."""

    person_id: UUID
    area_path: str
    branch_id: UUID | None


@unscoped("one yes or no about a person that the caller already has")
def is_member(db: Session, person_id: UUID) -> bool:
    """Whether somebody is on the roll today."""
    found = select(Member.person_id).where(Member.person_id == person_id, Member.state == MemberState.active)
    return db.scalar(found) is not None


@unscoped("one's own branch, by who one is")
def branch_of(db: Session, person_id: UUID) -> str | None:
    """What the branch is called in which somebody is on the roll today."""
    own = select(Branch.name).join(Member, Member.branch_id == Branch.id)
    name: str | None = db.scalar(own.where(Member.person_id == person_id, Member.state == MemberState.active))
    return name


@unscoped("ids only, of one's own branch, for whoever counts or shows what its members do")
def mates_of(person_id: UUID | None) -> Select[UUID]:
    """The members of somebody's branch, himself among them; nobody, when he is in none."""
    own = select(Member.branch_id).where(Member.person_id == person_id, Member.state == MemberState.active)
    mates = select(Member.person_id).where(Member.state == MemberState.active)
    return mates.where(Member.branch_id == own.scalar_subquery())


def members_below(db: Session, actor: Actor, path: str) -> Sequence[MemberFacts]:
    """The members of a place, for those who keep the roll."""
    rows = scoped(actor, "members.write", Member, Member.person_id, Member.area_path, Member.branch_id)
    rows = rows.where(below(Member.area_path, path), Member.state == MemberState.active)
    return [MemberFacts(*row) for row in db.execute(rows.order_by(Member.area_path, Member.person_id))]


def members_named(db: Session, vault: Vault, actor: Actor, *, path: str, words: str) -> Sequence[UUID]:
    """The members of a place whom a name or a phone number means; more than one when two share it."""
    text = plain(words)
    is_meant = (Person.name_index == vault.index("areas_person.name", text)) | (
        Person.phone_index == vault.index("areas_person.phone", text)
    )
    rows = scoped(actor, "members.write", Member, Member.person_id).join(Person, Person.id == Member.person_id)
    rows = rows.where(below(Member.area_path, path), Member.state == MemberState.active, is_meant)
    return db.scalars(rows.order_by(Member.person_id)).all()


def branch_named(db: Session, path: str, name: str) -> UUID | None:
    """The branch of a village that has this name."""
    found: UUID | None = db.scalar(select(Branch.id).where(Branch.area_path == path, Branch.name == plain(name)))
    return found
