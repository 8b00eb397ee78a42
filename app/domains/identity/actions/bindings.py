"""Saying who one is: by a proven phone number, by a printed slip, or at one's door, where others confirm it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update

from app.domains.areas import queries as areas
from app.domains.areas.models import Household
from app.domains.audit import actions as audit
from app.domains.identity import errors, rules
from app.domains.identity.actions import attempts, tickets
from app.domains.identity.actions.sessions import refusal_of
from app.domains.identity.events import BindingAsked, BindingDecided
from app.domains.identity.models import Account, Binding, Slip
from app.domains.identity.ports import CodeRefusal, PhoneNumber
from app.domains.identity.rules import BindingState, Kind, Way
from app.kernel.access import scoped, unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day, mask_name, plain


class Bound(NamedTuple):
    """What came of saying who one is."""

    state: BindingState
    person_id: UUID


class Choice(NamedTuple):
    """Several people share the proven number: the phone asks for the name and sends it with the ticket."""

    ticket: str
    names: tuple[str, ...]


def admit_binding(tx: Tx, *, door_token: str = "") -> None:
    """Count one try of the signed-in account, and at a door also of the door; committed before anything is compared."""
    if tx.actor.kind != Kind.wechat:
        raise errors.NotForStaffAccounts
    attempts.count(tx, (rules.BINDING, str(tx.actor.account_id)))
    if door_token:
        attempts.count(tx, (rules.BINDING_DOOR, door_token))


def bind_by_phone(
    tx: Tx, *, binding_id: UUID, found: PhoneNumber | CodeRefusal, name: str | None = None
) -> Bound | Choice:
    """Bind to the one person who has this number on file; when a family shares it, the name decides."""
    if isinstance(found, CodeRefusal):
        raise refusal_of(found)
    return _bind_by_number(tx, binding_id, found.number, name=name)


def bind_by_ticket(tx: Tx, *, binding_id: UUID, ticket: str, name: str) -> Bound | Choice:
    """The second half of binding by a shared phone: the number was proven a moment ago, now the name is said."""
    return _bind_by_number(tx, binding_id, tickets.opened(tx, ticket), name=name)


def _bind_by_number(tx: Tx, binding_id: UUID, number: str, *, name: str | None) -> Bound | Choice:
    people = areas.persons_with_phone(tx.db, tx.vault, number)
    if not people:
        raise errors.NobodyWithThisPhone
    if len(people) == 1:
        return _claim(tx, binding_id, people[0], way=Way.phone)
    names = areas.names_of(tx.db, tx.vault, [p.person_id for p in people])
    if name is None:
        return Choice(tickets.issued(tx, number), tuple(sorted(mask_name(n) for n in names.values())))
    fitting = [p for p in people if names[p.person_id] == plain(name)]
    if len(fitting) != 1:
        raise errors.NameDoesNotFit
    return _claim(tx, binding_id, fitting[0], way=Way.phone)


def bind_by_slip(tx: Tx, *, binding_id: UUID, code: str) -> Bound:
    """Bind to the person for whom a cadre has printed the slip; of two who use it at once one succeeds."""
    index = tx.vault.index("identity_slip.code", rules.plain_slip_code(code))
    used = (
        update(Slip)
        .where(Slip.code_index == index, Slip.used_at.is_(None), Slip.expires_at > tx.now)
        .values(used_at=tx.now)
        .returning(Slip.person_id)
    )
    person_id = tx.db.execute(used).scalar()
    person = areas.person_facts(tx.db, person_id) if person_id else None
    if person is None:
        raise errors.SlipUnknown
    return _claim(tx, binding_id, person, way=Way.slip)


def ask_at_door(tx: Tx, *, binding_id: UUID, token: str, name: str) -> Bound:
    """Say one's name at a door: every neighbour could, so it waits for the keeper or an adult of the household."""
    door = areas.resolve_code(tx.db, tx.vault, token)
    people = areas.persons_named(tx.db, tx.vault, door.household_id if door else binding_id, name=name)
    if len(people) != 1:
        raise errors.DoorAndNameDiffer
    return _claim(tx, binding_id, people[0], way=Way.door)


@unscoped("an account's own open claim")
def _claim(tx: Tx, binding_id: UUID, person: areas.PersonFacts, *, way: Way) -> Bound:
    account_id = tx.actor.account_id
    assert account_id is not None
    own = (Binding.account_id == account_id, Binding.state.in_([BindingState.pending, BindingState.active]))
    open_one = tx.db.scalar(select(Binding).where(*own).with_for_update())
    if open_one is not None and open_one.state == BindingState.active:
        raise errors.AlreadyBound
    if open_one is not None:
        tx.db.execute(update(Binding).where(*own).values(state=BindingState.ended, decided_at=tx.now))
    state = BindingState.pending if way is Way.door else BindingState.active
    tx.add(
        Binding,
        id=binding_id,
        account_id=account_id,
        person_id=person.person_id,
        household_id=person.household_id,
        area_path=person.area_path,
        way=way,
        state=state,
        requested_at=tx.now,
        decided_at=tx.now if state is BindingState.active else None,
        decided_by=None,
    )
    if state is BindingState.active:
        tx.db.execute(update(Account).where(Account.id == account_id).values(person_id=person.person_id))
        _audited(tx, "bindings.made", binding_id, about=person.person_id, path=person.area_path)
        tx.emit(BindingDecided(binding_id, account_id, *person[:3], state=state, by_person_id=None))
    elif person.household_id is not None:
        tx.emit(BindingAsked(binding_id, account_id, person.person_id, person.household_id, person.area_path))
    return Bound(state, person.person_id)


def decide_binding(tx: Tx, *, binding_id: UUID, is_known: bool) -> BindingState:
    """Say for a household whether somebody belongs to it: its keeper, an adult of it, or the village."""
    reachable = scoped(tx.actor, "bindings.confirm", Household, Household.id)
    pending = (Binding.id == binding_id, Binding.state == BindingState.pending, Binding.household_id.in_(reachable))
    binding = tx.db.scalar(select(Binding).where(*pending).with_for_update())
    if binding is None or binding.household_id is None:
        raise errors.BindingNotFound
    _require_adult(tx, binding.household_id)
    if is_known and areas.person_facts(tx.db, binding.person_id) is None:
        raise errors.BindingNotFound
    state = BindingState.active if is_known else BindingState.refused
    binding.state, binding.decided_at, binding.decided_by = state, tx.now, tx.actor.person_id
    if is_known:
        account = update(Account).where(Account.id == binding.account_id)
        tx.db.execute(account.values(person_id=binding.person_id))
    _audited(tx, f"bindings.{state}", binding.id, about=binding.person_id, path=binding.area_path)
    tx.emit(
        BindingDecided(
            binding.id,
            binding.account_id,
            binding.person_id,
            binding.household_id,
            binding.area_path,
            state=state,
            by_person_id=tx.actor.person_id,
        )
    )
    return state


def _require_adult(tx: Tx, household_id: UUID) -> None:
    """Whoever reaches the household only because it is his own must be of age."""
    facts = areas.household_facts(tx.db, household_id)
    if facts and tx.actor.covers("bindings.confirm", facts.area_path, keeper_id=facts.keeper_id):
        return
    year = local_day(tx.now).year
    person = tx.actor.person_id
    if person is None or not areas.is_adult_of(tx.db, person, household_id=household_id, this_year=year):
        raise errors.OnlyAdults


def unbind(tx: Tx) -> None:
    """No longer stand for a person; what the village has on file about the person stays."""
    if tx.actor.kind != Kind.wechat:
        raise errors.NotForStaffAccounts
    if not end_open(tx):
        raise errors.NotBound


@unscoped("an account's own open claim")
def end_open(tx: Tx) -> bool:
    """End what the signed-in account stands for or waits for; False when there is nothing."""
    ended = (
        update(Binding)
        .where(Binding.account_id == tx.actor.account_id)
        .where(Binding.state.in_([BindingState.pending, BindingState.active]))
        .values(state=BindingState.ended, decided_at=tx.now)
        .returning(Binding.id, Binding.person_id, Binding.area_path)
    )
    found = tx.db.execute(ended).first()
    if found is None:
        return False
    tx.db.execute(update(Account).where(Account.id == tx.actor.account_id).values(person_id=None))
    _audited(tx, "bindings.ended", found.id, about=found.person_id, path=found.area_path)
    return True


def _audited(tx: Tx, action: str, binding_id: UUID, *, about: UUID, path: str) -> None:
    audit.record(tx, action=action, subject="binding", subject_id=binding_id, area_path=path, about_person_id=about)
