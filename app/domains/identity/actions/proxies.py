"""Leaving something to somebody else: given by the person, by a housemate or on paper; ended by any of them, at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select

from app.domains.areas import queries as areas
from app.domains.areas.errors import PersonNotFound
from app.domains.identity import errors, rules
from app.domains.identity.actions import attempts
from app.domains.identity.events import ProxyEnded, ProxyGiven
from app.domains.identity.models import Proxy
from app.domains.identity.preset import Proxies
from app.domains.identity.rules import ProxyWay
from app.kernel.access import reach, unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day, plain


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody as he is named: a housemate by his id, anybody else by name and number."""

    person_id: UUID | None = None
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What is left to whom until when; on paper there is a witness."""

    id: UUID
    for_person_id: UUID
    holder: Named
    powers: tuple[str, ...]
    until: datetime
    witness: Named | None = None


def admit_proxy(tx: Tx) -> None:
    """Count one try; committed before a name and a number are compared."""
    attempts.count(tx, (rules.PROXY, str(tx.actor.account_id)))


def give_proxy(tx: Tx, leaving: Leaving) -> Proxy:
    """Let somebody act for a person; whoever it concerns is told."""
    limits: Proxies = tx.runtime.presets["proxies"]
    person, home = _for_whom(tx, leaving.for_person_id)
    holder = _named(tx, leaving.holder, home)
    witness = _named(tx, leaving.witness, home) if leaving.witness else None
    way = _way(tx, person, holder, home=home, witness=witness)
    _check(tx, leaving, limits, holder=holder, witness=witness)
    proxy = Proxy(
        id=leaving.id,
        for_person_id=person.person_id,
        household_id=home.household_id,
        area_path=home.area_path,
        holder_id=holder.person_id,
        powers=sorted(set(leaving.powers)),
        way=way,
        given_by=tx.actor.person_id,
        witness_id=witness.person_id if witness else None,
        since=tx.now,
        until=leaving.until,
        ended_at=None,
        ended_by=None,
    )
    _end_older(tx, proxy)
    tx.db.add(proxy)
    tx.db.flush()
    assert tx.actor.person_id is not None
    tx.emit(
        ProxyGiven(
            proxy.id,
            proxy.for_person_id,
            proxy.holder_id,
            tx.actor.person_id,
            proxy.area_path,
            way,
            tuple(proxy.powers),
            proxy.until,
        )
    )
    return proxy


def resident(tx: Tx, *, number: str, name: str) -> UUID:
    """Whom a paper names, by the number of his house and his name, in the places of the cadre who enters it."""
    for path in tx.actor.paths("proxies.give"):
        for household_id in areas.households_numbered(tx.db, path, [number]).values():
            people = areas.persons_named(tx.db, tx.vault, household_id, name=name)
            if len(people) == 1:
                return people[0].person_id
    raise errors.NobodyByThatName


def _for_whom(tx: Tx, person_id: UUID) -> tuple[areas.PersonFacts, areas.HouseholdFacts]:
    """The person and his household, within the reach of whoever gives; outside it he does not exist."""
    person = areas.person_facts(tx.db, person_id)
    home = areas.household_facts(tx.db, person.household_id) if person and person.household_id else None
    if person is None or home is None or not _reaches(tx, home):
        raise PersonNotFound(field="for_person_id")
    return person, home


def _reaches(tx: Tx, home: areas.HouseholdFacts) -> bool:
    return tx.actor.covers("proxies.give", home.area_path, household_id=home.household_id)


def _way(
    tx: Tx,
    person: areas.PersonFacts,
    holder: areas.PersonFacts,
    *,
    home: areas.HouseholdFacts,
    witness: areas.PersonFacts | None,
) -> ProxyWay:
    way = rules.proxy_way(
        giver_id=tx.actor.person_id,
        for_id=person.person_id,
        holder_id=holder.person_id,
        is_housemate=tx.actor.household_id == home.household_id,
        witness_id=witness.person_id if witness else None,
    )
    may_enter_paper = tx.actor.covers("proxies.give", home.area_path)
    if way is None or (way is ProxyWay.paper and not may_enter_paper):
        raise errors.ProxyNotPossible
    return way


def _named(tx: Tx, named: Named, home: areas.HouseholdFacts) -> areas.PersonFacts:
    """A housemate by his id, or the one person on file who has both this name and this number."""
    if named.person_id is not None:
        person = areas.person_facts(tx.db, named.person_id)
        if person is None or person.household_id != home.household_id:
            raise PersonNotFound
        return person
    people = areas.persons_with_phone(tx.db, tx.vault, named.phone) if named.phone else []
    names = areas.names_of(tx.db, tx.vault, [one.person_id for one in people])
    fitting = [one for one in people if names[one.person_id] == plain(named.name)]
    if len(fitting) != 1:
        raise errors.NobodyByThatName
    return fitting[0]


def _check(
    tx: Tx, leaving: Leaving, limits: Proxies, *, holder: areas.PersonFacts, witness: areas.PersonFacts | None
) -> None:
    if not leaving.powers or set(leaving.powers) - limits.powers.keys():
        raise errors.ProxyNotPossible(field="powers")
    if not rules.is_proxy_period(leaving.until, tx.now, most_days=limits.most_days):
        raise errors.ProxyPeriod(field="until")
    born_until = local_day(tx.now).year - limits.adult_age
    if any(one and one.birth_year and one.birth_year > born_until for one in (holder, witness)):
        raise errors.ProxyTooYoung
    if _held(tx, holder.person_id, but_for=leaving.for_person_id) >= limits.most_held:
        raise errors.HelpsEnough


@unscoped("counts only, of the one who is asked to act")
def _held(tx: Tx, holder_id: UUID, *, but_for: UUID) -> int:
    standing = (Proxy.holder_id == holder_id, Proxy.ended_at.is_(None), Proxy.until > tx.now)
    return tx.db.scalar(select(func.count()).where(*standing, Proxy.for_person_id != but_for)) or 0


@unscoped("the same two persons: what was said last counts")
def _end_older(tx: Tx, proxy: Proxy) -> None:
    older = select(Proxy).where(
        Proxy.for_person_id == proxy.for_person_id, Proxy.holder_id == proxy.holder_id, Proxy.ended_at.is_(None)
    )
    for one in tx.db.scalars(older.with_for_update()):
        one.ended_at, one.ended_by = tx.now, tx.actor.person_id


def end_proxy(tx: Tx, proxy_id: UUID) -> None:
    """Take it back, or give it back; from this moment the household does not exist for him any more."""
    mine = or_(reach(tx.actor, "proxies.give", Proxy), Proxy.holder_id == tx.actor.person_id)
    found = select(Proxy).where(Proxy.id == proxy_id, mine, Proxy.ended_at.is_(None), Proxy.until > tx.now)
    proxy = tx.db.scalar(found.with_for_update())
    if proxy is None or tx.actor.person_id is None:
        raise errors.ProxyNotFound
    proxy.ended_at, proxy.ended_by = tx.now, tx.actor.person_id
    tx.emit(ProxyEnded(proxy.id, proxy.for_person_id, proxy.holder_id, tx.actor.person_id, proxy.area_path))
