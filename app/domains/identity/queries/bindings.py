"""Questions about bindings: one's own, and those that wait for the actor's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.areas.models import Household, Person
from app.domains.identity.models import Account, Binding
from app.domains.identity.rules import AccountState, BindingState
from app.kernel.access import Actor, below, scoped, unscoped
from app.kernel.crypto import Vault
from app.kernel.values import local_day, mask_name


class Waiting(NamedTuple):
    """A claim that waits: enough to know whom to ask, not more."""

    binding_id: UUID
    household_id: UUID
    masked_name: str
    relation: str | None
    place: str
    group_name: str
    number: str
    requested_at: datetime


@unscoped("an account's own open claim")
def binding_of(db: Session, account_id: UUID | None) -> Binding | None:
    """What an account stands for now or waits for."""
    open_states = [BindingState.pending, BindingState.active]
    return db.scalar(select(Binding).where(Binding.account_id == account_id, Binding.state.in_(open_states)))


@unscoped("an account's own claim")
def state_of(db: Session, actor: Actor, binding_id: UUID) -> BindingState | None:
    """How one's own claim stands; None when it is somebody else's."""
    own = select(Binding.state).where(Binding.id == binding_id, Binding.account_id == actor.account_id)
    state = db.scalar(own)
    return BindingState(state) if state else None


def state_decided_by(db: Session, actor: Actor, binding_id: UUID) -> BindingState | None:
    """How a claim stands that the actor decided, as long as he may decide for that household."""
    reachable = scoped(actor, "bindings.confirm", Household, Household.id)
    mine = (Binding.decided_by == actor.person_id, Binding.household_id.in_(reachable))
    state = db.scalar(select(Binding.state).where(Binding.id == binding_id, *mine))
    return BindingState(state) if state else None


def waiting_for(db: Session, vault: Vault, actor: Actor, *, now: datetime) -> Sequence[Waiting]:
    """The claims that the actor may decide, oldest first."""
    reachable = scoped(actor, "bindings.confirm", Household, Household.id)
    rows = db.execute(
        select(Binding, Household)
        .join(Household, Household.id == Binding.household_id)
        .where(Binding.state == BindingState.pending, Binding.household_id.in_(reachable))
        .order_by(Binding.requested_at, Binding.id)
        .limit(100)
    ).all()
    year = local_day(now).year
    mine = [(binding, home) for binding, home in rows if _decides(db, actor, home, year=year)]
    people = [binding.person_id for binding, _ in mine]
    names, relations = areas.names_of(db, vault, people), _relations(db, people)
    places = areas.place_names(db, {home.area_path for _, home in mine})
    return [
        Waiting(
            binding.id,
            home.id,
            mask_name(names[binding.person_id]),
            relations.get(binding.person_id),
            places.get(home.area_path, ""),
            home.group_name,
            home.number,
            binding.requested_at,
        )
        for binding, home in mine
    ]


def _decides(db: Session, actor: Actor, home: Household, *, year: int) -> bool:
    if actor.covers("bindings.confirm", home.area_path, keeper_id=home.keeper_id):
        return True
    person = actor.person_id
    return person is not None and areas.is_adult_of(db, person, household_id=home.id, this_year=year)


@unscoped("asked for persons whose claims the actor has already reached")
def _relations(db: Session, person_ids: Sequence[UUID]) -> dict[UUID, str | None]:
    rows = db.execute(select(Person.id, Person.relation).where(Person.id.in_(person_ids)))
    return {row.id: row.relation for row in rows}


class Head(NamedTuple):
    """The head of a household whom no account stands for yet."""

    person_id: UUID
    group_name: str
    number: str


@unscoped("asked by an operator who prints slips for a whole village")
def unbound_heads(db: Session, path: str) -> Sequence[Head]:
    """The heads below a place who are not bound, in the order of their doors."""
    bound = select(Account.id).where(Account.person_id == Household.head_id, Account.state == AccountState.active)
    rows = db.execute(
        select(Household.head_id, Household.group_name, Household.number)
        .where(below(Household.area_path, path), Household.state == "active", Household.head_id.is_not(None))
        .where(~bound.exists())
        .order_by(Household.area_path, Household.group_name, Household.number)
    )
    return [Head(head_id, group, number) for head_id, group, number in rows if head_id]


@unscoped("asked by the machine itself, to tell a household that somebody says he belongs to it")
def bound_persons_of(db: Session, household_id: UUID) -> Sequence[UUID]:
    """Who of a household can be told something through an account."""
    reachable = and_(Account.person_id == Person.id, Account.state == AccountState.active)
    found = select(Person.id).join(Account, reachable).where(Person.household_id == household_id)
    return db.scalars(found.where(Person.state == "active").distinct().order_by(Person.id)).all()
