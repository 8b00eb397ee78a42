"""Members join with their role, and leave with it: the zone goes to the successor or waits for a keeper."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.areas import actions as areas
from app.domains.areas import queries as places
from app.domains.areas.errors import PersonNotFound
from app.domains.identity.models import RoleGrant
from app.domains.members import actions, queries
from app.domains.members.errors import AlreadyMember, BranchExists, BranchNotFound, MemberNotFound
from app.kernel.access import SYSTEM, Actor, Grant
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading
from tests.makers.areas import NEXT_VILLAGE, TOWN, VILLAGE, make_area, make_household, make_person

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


@pytest.fixture
def person(tx_as: TxAs) -> UUID:
    with tx_as(SYSTEM) as tx:
        return make_person(tx, "段永平", phone="13800138000")


def roles(runtime: Runtime, person_id: UUID) -> list[tuple[str, str]]:
    with reading(runtime) as db:
        held = select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
        return [(grant.role, grant.area_path) for grant in db.scalars(held)]


def test_who_joins_gets_the_role_and_is_found_by_name_or_phone(runtime: Runtime, tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        branch = actions.add_branch(tx, area_path=VILLAGE, name="山口村党支部")
    with tx_as(SYSTEM) as tx:
        actions.add_member(tx, person, branch_id=branch)
    assert roles(runtime, person) == [("party_member", VILLAGE)]
    with reading(runtime) as db:
        assert queries.is_member(db, person)
        assert queries.members_below(db, SYSTEM, TOWN) == [(person, VILLAGE, branch)]
        for words in ("段永平", "13800138000"):
            assert queries.members_named(db, runtime.vault, SYSTEM, path=TOWN, words=words) == [person]
        assert queries.members_named(db, runtime.vault, SYSTEM, path=NEXT_VILLAGE, words="段永平") == []


def test_nobody_is_entered_twice_and_who_left_comes_back(runtime: Runtime, tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        actions.add_member(tx, person)
    with pytest.raises(AlreadyMember), tx_as(SYSTEM) as tx:
        actions.add_member(tx, person)
    with tx_as(SYSTEM) as tx:
        actions.leave(tx, person, reason="转出")
    assert roles(runtime, person) == []
    with pytest.raises(MemberNotFound), tx_as(SYSTEM) as tx:
        actions.leave(tx, person, reason="转出")
    with tx_as(SYSTEM) as tx:
        actions.add_member(tx, person)
    assert roles(runtime, person) == [("party_member", VILLAGE)]


def test_the_zone_of_who_leaves_goes_to_his_successor(runtime: Runtime, tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        successor = make_person(tx, "侯秀英")
        household = make_household(tx, keeper_id=person)
        actions.add_member(tx, person)
        actions.add_member(tx, successor)
        areas.name_deputy(
            tx, absent_id=person, deputy_id=successor, since=tx.now, until=tx.now + timedelta(days=9), reason="病"
        )
    with tx_as(SYSTEM) as tx:
        assert actions.leave(tx, person, reason="转出", successor_id=successor) == (household,)
    with reading(runtime) as db:
        assert places.keeper_of(db, household) == successor
        assert places.stands_for(db, successor, runtime.clock.now()) == (successor,)
        assert not queries.is_member(db, person)


def test_without_successor_the_zone_waits_for_a_keeper(runtime: Runtime, tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        household = make_household(tx, keeper_id=person)
        actions.add_member(tx, person)
    with tx_as(SYSTEM) as tx:
        assert actions.leave(tx, person, reason="去世") == (household,)
    with reading(runtime) as db:
        assert places.keeper_of(db, household) is None


def test_a_successor_may_be_named_though_there_is_no_zone(tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        actions.add_member(tx, person)
    with tx_as(SYSTEM) as tx:
        assert actions.leave(tx, person, reason="转出", successor_id=make_person(tx)) == ()


def test_branches_have_one_name_in_their_village(tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        actions.add_branch(tx, area_path=VILLAGE, name="山口村党支部")
    with pytest.raises(BranchExists), tx_as(SYSTEM) as tx:
        actions.add_branch(tx, area_path=VILLAGE, name=" 山口村党支部 ")
    with pytest.raises(BranchNotFound), tx_as(SYSTEM) as tx:
        actions.add_member(tx, person, branch_id=tx.new_id())


def test_a_town_cadre_keeps_the_roll_of_his_own_town(tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        make_area(tx, "419001/102/203/")
    cadre = tuple(
        Actor("staff", grants=(Grant("town_cadre", path, frozenset(["members.write", "grants.write", "links.write"])),))
        for path in ("419001/102/", TOWN)
    )
    with pytest.raises(PersonNotFound), tx_as(cadre[0]) as tx:
        actions.add_member(tx, person)
    with tx_as(cadre[1]) as tx:
        actions.add_member(tx, person)
        assert queries.is_member(tx.db, person)
