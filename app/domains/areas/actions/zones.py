"""Who keeps which household: one keeper at a time, the history kept, both sides asked, whole zones handed over.

Every change locks the household first, in the order of ids: so two changes never cross, and the open link is always one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, update

from app.domains.areas.errors import HouseholdNotFound, NothingToHandOver, PersonNotFound, SamePerson
from app.domains.areas.events import KeeperAssigned, KeeperReleased, ZoneHandedOver
from app.domains.areas.models import Household, Link, Person
from app.domains.areas.rules.divisions import common_path
from app.domains.areas.rules.states import State
from app.domains.audit import actions as audit
from app.kernel.access import scoped, unscoped
from app.kernel.bulk import copy_rows
from app.kernel.transaction import Tx

_AS_IS = {"synchronize_session": False}
_LINK = ("id", "household_id", "area_path", "keeper_id", "since", "reason", "by_person_id")


def assign(tx: Tx, household_id: UUID, *, keeper_id: UUID, reason: str) -> None:
    """Give a household to a keeper; whoever kept it before no longer does. The same keeper again changes nothing."""
    assign_many(tx, {household_id: keeper_id}, reason=reason)


def assign_many(tx: Tx, keepers: Mapping[UUID, UUID], *, reason: str) -> int:
    """Give each of these households to its keeper, all or none; how many changed."""
    households = _locked(tx, Household.id.in_(list(keepers)))
    if len(households) < len(keepers):
        raise HouseholdNotFound
    _check_keepers(tx, set(keepers.values()))
    changed = [h for h in households if h.keeper_id != keepers[h.id]]
    _close(tx, changed)
    _open(tx, changed, keepers=keepers, reason=reason)
    zones: defaultdict[UUID, list[_Kept]] = defaultdict(list)
    for household in changed:
        zones[keepers[household.id]].append(household)
    for keeper_id, zone in zones.items():
        path = common_path([h.area_path for h in zone])
        tx.emit(KeeperAssigned(keeper_id, tuple(h.id for h in zone), path))
    if changed:
        _audited(tx, "zones.assigned", changed, reason=reason)
    return len(changed)


def hand_over(tx: Tx, *, from_id: UUID, to_id: UUID, reason: str) -> tuple[UUID, ...]:
    """Give a whole zone to another keeper, with all that is open about it; the old one loses sight of it at once."""
    if from_id == to_id:
        raise SamePerson
    zone = _locked(tx, Household.keeper_id == from_id)
    if not zone:
        raise NothingToHandOver
    _check_keepers(tx, {to_id})
    _close(tx, zone)
    _open(tx, zone, keepers=dict.fromkeys((h.id for h in zone), to_id), reason=reason)
    ids = tuple(h.id for h in zone)
    tx.emit(ZoneHandedOver(from_id, to_id, ids, common_path([h.area_path for h in zone]), reason))
    _audited(tx, "zones.handed_over", zone, reason=reason)
    return ids


@unscoped("the households of the zone were reached and locked just before")
def release_zone(tx: Tx, *, keeper_id: UUID, reason: str) -> tuple[UUID, ...]:
    """A keeper goes and nobody takes over yet: his households are uncovered until somebody is named."""
    zone = _locked(tx, Household.keeper_id == keeper_id)
    if not zone:
        return ()
    _close(tx, zone)
    ids = tuple(h.id for h in zone)
    tx.db.execute(update(Household).where(Household.id.in_(ids)).values(keeper_id=None), execution_options=_AS_IS)
    tx.emit(KeeperReleased(keeper_id, ids, common_path([h.area_path for h in zone]), reason))
    _audited(tx, "zones.released", zone, reason=reason)
    return ids


class _Kept(NamedTuple):
    """A locked household: the columns, not the object, for a town has thirteen thousand."""

    id: UUID
    area_path: str
    keeper_id: UUID | None


def _locked(tx: Tx, *wanted: ColumnElement[bool]) -> Sequence[_Kept]:
    """The households as they are once they are locked, within the actor's reach."""
    columns = (Household.id, Household.area_path, Household.keeper_id)
    mine = scoped(tx.actor, "links.write", Household, *columns).where(*wanted, Household.state == State.active)
    return [_Kept(*row) for row in tx.db.execute(mine.order_by(Household.id).with_for_update())]


def _check_keepers(tx: Tx, ids: set[UUID]) -> None:
    mine = scoped(tx.actor, "links.write", Person, Person.id).where(Person.id.in_(ids), Person.state == State.active)
    if len(tx.db.scalars(mine).all()) < len(ids):
        raise PersonNotFound


@unscoped("the households were reached and locked just before")
def _close(tx: Tx, households: Sequence[_Kept]) -> None:
    ids = [h.id for h in households]
    ended = update(Link).where(Link.household_id.in_(ids), Link.until.is_(None)).values(until=tx.now)
    tx.db.execute(ended, execution_options=_AS_IS)


@unscoped("the households were reached and locked just before")
def _open(tx: Tx, households: Sequence[_Kept], *, keepers: Mapping[UUID, UUID], reason: str) -> None:
    rows = ((tx.new_id(), h.id, h.area_path, keepers[h.id], tx.now, reason, tx.actor.person_id) for h in households)
    copy_rows(tx.db, Link, columns=_LINK, rows=rows)
    follows = (Link.household_id == Household.id, Link.until.is_(None), Household.id.in_([h.id for h in households]))
    tx.db.execute(update(Household).where(*follows).values(keeper_id=Link.keeper_id), execution_options=_AS_IS)


def _audited(tx: Tx, action: str, households: Sequence[_Kept], *, reason: str) -> None:
    audit.record(
        tx,
        action=action,
        subject="zone",
        subject_id=None,
        area_path=common_path([h.area_path for h in households]),
        reason=reason,
        detail={"households": len(households)},
    )
