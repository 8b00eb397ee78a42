"""Who keeps which household: one at a time whatever happens, both sides asked, zones handed over, deputies for a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.domains.areas import actions, errors, queries
from app.domains.areas.models import Household, Link
from app.kernel.access import SYSTEM, Actor, Grant
from app.kernel.clock import MovableClock
from app.kernel.errors import Forbidden
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from tests.makers.areas import NEXT_VILLAGE, TOWN, VILLAGE, make_household, make_person
from tests.makers.members import make_member

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


class Zone(NamedTuple):
    """Three members and three households, two of them kept by the first."""

    members: Sequence[UUID]
    households: Sequence[UUID]


@pytest.fixture
def zone(tx_as: TxAs) -> Zone:
    with tx_as(SYSTEM) as tx:
        members = [make_member(tx, name) for name in ("段永平", "侯秀英", "张志文")]
        households = [make_household(tx, keeper_id=members[0]) for _ in range(2)]
        return Zone(members, [*households, make_household(tx)])


def holding(*permissions: str, path: str = VILLAGE, person: UUID | None = None, household: UUID | None = None) -> Actor:
    stands_for = (person,) if person else ()
    grants = (Grant("r", path, frozenset(permissions)),)
    return Actor("wechat", person_id=person, household_id=household, grants=grants, stands_for=stands_for)


def open_links(runtime: Runtime, household_id: UUID) -> list[Link]:
    with reading(runtime) as db:
        return list(db.scalars(select(Link).where(Link.household_id == household_id, Link.until.is_(None))))


def keeper(runtime: Runtime, household_id: UUID) -> UUID | None:
    with reading(runtime) as db:
        return queries.keeper_of(db, household_id)


def test_a_household_is_given_to_another_keeper_and_the_history_stays(
    runtime: Runtime, tx_as: TxAs, zone: Zone
) -> None:
    with tx_as(SYSTEM) as tx:
        actions.assign(tx, zone.households[0], keeper_id=zone.members[1], reason="就近")
    with reading(runtime) as db:
        history = queries.keepings(db, SYSTEM, zone.households[0])
    assert [(k.keeper_id, k.until is None) for k in history] == [(zone.members[1], True), (zone.members[0], False)]
    assert keeper(runtime, zone.households[0]) == zone.members[1]


def test_the_same_keeper_again_changes_nothing(runtime: Runtime, tx_as: TxAs, zone: Zone) -> None:
    before = [link.id for link in open_links(runtime, zone.households[0])]
    with tx_as(SYSTEM) as tx:
        assert actions.assign_many(tx, {zone.households[0]: zone.members[0]}, reason="再来一次") == 0
    assert [link.id for link in open_links(runtime, zone.households[0])] == before


def test_a_zone_is_handed_over_whole_and_the_old_keeper_sees_nothing_of_it(
    runtime: Runtime, tx_as: TxAs, zone: Zone
) -> None:
    old = holding("households.read@zone", person=zone.members[0])
    with reading(runtime) as db:
        assert len(queries.zone_households(db, runtime.vault, old)) == 2
    with tx_as(SYSTEM) as tx:
        moved = actions.hand_over(tx, from_id=zone.members[0], to_id=zone.members[1], reason="外出务工")
    assert set(moved) == set(zone.households[:2])
    with reading(runtime) as db:
        assert queries.zone_households(db, runtime.vault, old) == []
        new = holding("households.read@zone", person=zone.members[1])
        assert {h.household_id for h in queries.zone_households(db, runtime.vault, new)} == set(moved)
    with pytest.raises(errors.NothingToHandOver), tx_as(SYSTEM) as tx:
        actions.hand_over(tx, from_id=zone.members[0], to_id=zone.members[2], reason="又一次")


def test_nobody_hands_over_to_himself_or_to_somebody_unknown(tx_as: TxAs, zone: Zone) -> None:
    with pytest.raises(errors.SamePerson), tx_as(SYSTEM) as tx:
        actions.hand_over(tx, from_id=zone.members[0], to_id=zone.members[0], reason="x")
    with pytest.raises(errors.PersonNotFound), tx_as(SYSTEM) as tx:
        actions.hand_over(tx, from_id=zone.members[0], to_id=tx.new_id(), reason="x")
    with pytest.raises(errors.HouseholdNotFound), tx_as(SYSTEM) as tx:
        actions.assign(tx, tx.new_id(), keeper_id=zone.members[0], reason="x")


def test_a_cadre_moves_keepers_in_his_village_only(tx_as: TxAs, zone: Zone) -> None:
    here, next_door = holding("links.write"), holding("links.write", path=NEXT_VILLAGE)
    with tx_as(here) as tx:
        actions.assign(tx, zone.households[2], keeper_id=zone.members[1], reason="就近")
    with pytest.raises(errors.HouseholdNotFound), tx_as(next_door) as tx:
        actions.assign(tx, zone.households[2], keeper_id=zone.members[2], reason="就近")
    with pytest.raises(errors.NothingToHandOver), tx_as(next_door) as tx:
        actions.hand_over(tx, from_id=zone.members[0], to_id=zone.members[2], reason="x")


def test_keeper_and_household_say_yes_to_each_other(runtime: Runtime, tx_as: TxAs, zone: Zone) -> None:
    home = zone.households[0]
    [link] = open_links(runtime, home)
    member = holding("links.confirm@zone", person=zone.members[0])
    villager = holding("links.confirm@own", household=home)
    for actor, is_mutual in ((member, False), (member, False), (villager, True), (villager, True)):
        with tx_as(actor) as tx:
            assert actions.confirm_link(tx, link.id).is_mutual is is_mutual
    with reading(runtime) as db:
        assert queries.coverage(db, SYSTEM, VILLAGE) == (3, 2, 1)


def test_a_new_keeper_asks_the_household_anew(runtime: Runtime, tx_as: TxAs, zone: Zone) -> None:
    home = zone.households[0]
    with tx_as(holding("links.confirm@own", household=home)) as tx:
        actions.confirm_link(tx, open_links(runtime, home)[0].id)
    with tx_as(SYSTEM) as tx:
        actions.assign(tx, home, keeper_id=zone.members[1], reason="就近")
    [link] = open_links(runtime, home)
    assert (link.keeper_confirmed_at, link.household_confirmed_at) == (None, None)


def test_only_the_two_sides_confirm(runtime: Runtime, tx_as: TxAs, zone: Zone) -> None:
    home = zone.households[0]
    [link] = open_links(runtime, home)
    stranger = holding("links.confirm@zone", person=zone.members[1])
    neighbour = holding("links.confirm@own", household=zone.households[1])
    for actor in (stranger, neighbour):
        with pytest.raises(errors.LinkNotFound), tx_as(actor) as tx:
            actions.confirm_link(tx, link.id)
    deputy = Actor("wechat", person_id=zone.members[1], grants=stranger.grants, stands_for=tuple(zone.members[:2]))
    with pytest.raises(errors.NotYourLink), tx_as(deputy) as tx:
        actions.confirm_link(tx, link.id)


def test_who_leaves_without_successor_leaves_his_households_uncovered(
    runtime: Runtime, tx_as: TxAs, zone: Zone
) -> None:
    with tx_as(SYSTEM) as tx:
        actions.release_zone(tx, keeper_id=zone.members[0], reason="迁出")
    with reading(runtime) as db:
        assert queries.coverage(db, SYSTEM, TOWN) == (3, 0, 0)
        first = queries.uncovered(db, SYSTEM, TOWN, limit=2)
        rest = queries.uncovered(db, SYSTEM, TOWN, after=first[-1].household_id, limit=2)
    assert [u.household_id for u in (*first, *rest)] == sorted(zone.households)


def test_uncovered_households_are_paged_over_villages(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        far = [make_household(tx, path=NEXT_VILLAGE) for _ in range(2)]
        near = [make_household(tx, path=VILLAGE) for _ in range(3)]
    seen: list[UUID] = []
    with reading(runtime) as db:
        while page := queries.uncovered(db, SYSTEM, TOWN, after=seen[-1] if seen else None, limit=2):
            seen += [u.household_id for u in page]
        assert queries.uncovered(db, holding("coverage.read", path=NEXT_VILLAGE), TOWN)[0].household_id == min(far)
    assert seen == sorted(near) + sorted(far)


def test_a_deputy_stands_in_for_his_days_only(runtime: Runtime, tx_as: TxAs, zone: Zone, clock: MovableClock) -> None:
    absent, deputy, other = zone.members
    now = runtime.clock.now()
    with tx_as(holding(person=absent)) as tx:
        row = actions.name_deputy(
            tx, absent_id=absent, deputy_id=deputy, since=now, until=now + timedelta(days=7), reason="住院"
        )
    with reading(runtime) as db:
        assert queries.stands_for(db, deputy, now) == (deputy, absent)
        assert queries.stands_for(db, deputy, now + timedelta(days=7)) == (deputy,)
        assert queries.stands_for(db, other, now) == (other,)
    with pytest.raises(errors.AlreadyDeputised), tx_as(SYSTEM) as tx:
        actions.name_deputy(
            tx, absent_id=absent, deputy_id=other, since=now, until=now + timedelta(days=1), reason="再找一位"
        )
    clock.set(now + timedelta(days=2), rate=0)
    with tx_as(holding("links.write")) as tx:
        actions.end_deputy(tx, row)
    with reading(runtime) as db:
        assert queries.stands_for(db, deputy, runtime.clock.now()) == (deputy,)
    with pytest.raises(errors.DeputyNotFound), tx_as(SYSTEM) as tx:
        actions.end_deputy(tx, row)


def test_a_deputy_is_named_by_the_keeper_himself_or_by_a_cadre_of_his_place(tx_as: TxAs, zone: Zone) -> None:
    absent, deputy, other = zone.members

    def name(tx: Tx, **changes: object) -> None:
        days = {"since": tx.now, "until": tx.now + timedelta(days=1)}
        actions.name_deputy(tx, **{"absent_id": absent, "deputy_id": deputy, "reason": "外出", **days, **changes})  # type: ignore[arg-type]

    for actor in (holding(person=other), holding("links.write", path=NEXT_VILLAGE)):
        with pytest.raises(Forbidden), tx_as(actor) as tx:
            name(tx)
    with pytest.raises(errors.SamePerson), tx_as(SYSTEM) as tx:
        name(tx, deputy_id=absent)
    with pytest.raises(errors.BadPeriod), tx_as(SYSTEM) as tx:
        name(tx, until=tx.now)
    with pytest.raises(errors.PersonNotFound), tx_as(SYSTEM) as tx:
        name(tx, deputy_id=tx.new_id())


def test_a_deputy_works_in_the_zone_and_its_owner_stays(runtime: Runtime, tx_as: TxAs, zone: Zone) -> None:
    deputy = Actor(
        "wechat",
        person_id=zone.members[1],
        grants=(Grant("party_member", VILLAGE, frozenset(["visits.log@zone"])),),
        stands_for=(zone.members[1], zone.members[0]),
    )
    with tx_as(deputy) as tx:
        facts = actions.touch_household(tx, zone.households[0], permission="visits.log", visited_at=tx.now)
    assert facts.keeper_id == zone.members[0]
    assert keeper(runtime, zone.households[0]) == zone.members[0]


def test_two_hand_overs_at_once_leave_one_keeper(runtime: Runtime, zone: Zone) -> None:
    giver, *takers = zone.members
    together = threading.Barrier(2)

    def hand_over(taker: UUID) -> bool:
        together.wait(timeout=20)
        try:
            with transaction(runtime, SYSTEM) as tx:
                actions.hand_over(tx, from_id=giver, to_id=taker, reason="同时")
        except errors.NothingToHandOver:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = dict(zip(takers, pool.map(hand_over, takers), strict=True))
    [winner] = [taker for taker, has_won in won.items() if has_won]
    for home in zone.households[:2]:
        assert [link.keeper_id for link in open_links(runtime, home)] == [winner]
        assert keeper(runtime, home) == winner


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("assign"), st.integers(0, 2), st.integers(0, 2)),
        st.tuples(st.just("hand_over"), st.integers(0, 2), st.integers(0, 2)),
        st.tuples(st.just("release"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("confirm"), st.integers(0, 2), st.integers(0, 2)),
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_household_has_at_most_one_open_link_whatever_is_done_in_whatever_order(
    runtime: Runtime, steps: list[tuple[str, int, int]]
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        members = [make_person(tx) for _ in range(3)]
        households = [make_household(tx) for _ in range(3)]
    for deed, first, second in steps:
        _do(runtime, deed, households=households, members=members, numbers=(first, second))
    with reading(runtime) as db:
        for household in households:
            links = db.scalars(select(Link.keeper_id).where(Link.household_id == household, Link.until.is_(None))).all()
            now = db.scalar(select(Household.keeper_id).where(Household.id == household))
            assert list(links) == ([now] if now else [])
            ended = select(func.count()).where(Link.household_id == household, Link.until < Link.since)
            assert db.scalar(ended) == 0


def _do(runtime: Runtime, deed: str, *, households: list[UUID], members: list[UUID], numbers: tuple[int, int]) -> None:
    first, second = numbers
    who = holding("links.confirm@zone", person=members[first]) if deed == "confirm" else SYSTEM
    try:
        with transaction(runtime, who) as tx:
            if deed == "assign":
                actions.assign(tx, households[first], keeper_id=members[second], reason="试")
            elif deed == "hand_over":
                actions.hand_over(tx, from_id=members[first], to_id=members[second], reason="试")
            elif deed == "release":
                actions.release_zone(tx, keeper_id=members[first], reason="试")
            else:
                link = tx.db.scalar(
                    select(Link.id).where(Link.household_id == households[second], Link.until.is_(None))
                )
                actions.confirm_link(tx, link or tx.new_id())
    except (errors.SamePerson, errors.NothingToHandOver, errors.LinkNotFound):
        return
