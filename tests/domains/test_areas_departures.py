"""Somebody leaves: who must say what first, what ends at once, and what is forgotten only later."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.areas import actions as areas
from app.domains.areas import queries as places
from app.domains.areas.errors import PersonNotFound, StillKeepsHouseholds, WhoIsHeadNow
from app.domains.areas.models import DoorCode, Household, Link, Person
from app.domains.identity import actions as identity
from app.domains.identity.models import Account, Binding, Proxy, RoleGrant
from app.domains.members import actions as members
from app.domains.notices.models import Credit
from app.domains.retention import sweeps
from app.kernel.access import SYSTEM, Actor, unscoped
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from app.kernel.values import mask_name
from tests.conftest import MORNING
from tests.makers.areas import NEXT_VILLAGE, VILLAGE, make_code, make_household, make_person
from tests.makers.identity import actor_for, make_account, make_grant, make_session, signed_in
from tests.makers.members import make_member
from tests.makers.notices import make_credit

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


def head_of(tx: Tx, household_id: UUID) -> UUID:
    head = tx.db.get_one(Household, household_id).head_id
    assert head is not None
    return head


def test_when_a_head_leaves_one_of_those_who_stay_follows_him(tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        home = make_household(tx)
        head, son = head_of(tx, home), make_person(tx, "卢冬生", household_id=home)
        for wrong in (None, head, make_person(tx, household_id=make_household(tx))):
            with pytest.raises(WhoIsHeadNow):
                areas.let_person_leave(tx, head, reason="去世", head_id=wrong)
        areas.let_person_leave(tx, head, reason="去世", head_id=son)
        assert head_of(tx, home) == son
        assert tx.db.get_one(Household, home).state == "active"
        assert places.person_facts(tx.db, head) is None
        with pytest.raises(PersonNotFound):
            areas.let_person_leave(tx, head, reason="去世")


@unscoped("a test looks at everything")
def test_when_the_last_one_leaves_the_household_closes_with_its_code_and_its_keeper(tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        home = make_household(tx, keeper_id=make_member(tx))
        make_code(tx, home)
        areas.let_person_leave(tx, head_of(tx, home), reason="迁走")
        closed = tx.db.get_one(Household, home)
        assert (closed.state, closed.keeper_id, closed.left_at) == ("moved", None, tx.now)
        assert tx.db.scalars(select(Link.until)).one() == tx.now
        assert tx.db.scalars(select(DoorCode.revoked_at)).one() == tx.now


def test_a_keeper_hands_over_before_he_leaves(tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        keeper = make_member(tx)
        make_household(tx, keeper_id=keeper)
        with pytest.raises(StillKeepsHouseholds):
            areas.let_person_leave(tx, keeper, reason="迁走")


def test_a_cadre_lets_go_only_whom_his_place_has(tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        stranger = make_person(tx, path=NEXT_VILLAGE)
        cadre = actor_for(tx, signed_in(tx, make_person(tx, "赵建国"), "village_cadre", path=VILLAGE))
    with tx_as(cadre) as tx, pytest.raises(PersonNotFound):
        areas.let_person_leave(tx, stranger, reason="迁走")


@unscoped("a test looks at everything")
def test_binding_and_roles_end_at_once_and_the_name_only_later(runtime: Runtime, clock: MovableClock) -> None:
    with transaction(runtime, SYSTEM) as tx:
        person = make_person(tx, "寇守业", phone="13900000001")
        account = make_account(tx, person)
        row = {"account_id": account, "person_id": person, "household_id": None, "area_path": VILLAGE}
        tx.add(Binding, id=tx.new_id(), way="phone", state="active", requested_at=tx.now, **row)
        make_grant(tx, person, "village_cadre")
        areas.let_person_leave(tx, person, reason="迁走")
    with reading(runtime) as db:
        assert db.get_one(Account, account).person_id is None
        assert db.scalars(select(Binding.state)).one() == "ended"
        assert db.scalars(select(RoleGrant.revoked_at)).one() == MORNING
        assert places.name_of(db, runtime.vault, person) == "寇守业"
    clock.set(MORNING + timedelta(days=366), rate=0)
    assert sweeps.forget_departed(runtime) == 1
    with reading(runtime) as db:
        name = places.name_of(db, runtime.vault, person)
        assert (name, mask_name(name), places.phone_of(db, runtime.vault, person)) == ("（已离开）", "（已离开）", None)
        assert places.persons_with_phone(db, runtime.vault, "13900000001") == []


@unscoped("a test looks at everything")
def test_who_is_still_on_the_roll_of_members_is_held(runtime: Runtime, clock: MovableClock) -> None:
    with transaction(runtime, SYSTEM) as tx:
        member = make_member(tx, "段永平")
        tx.db.get_one(Person, member).state = "removed"
        tx.db.get_one(Person, member).left_at = tx.now
    clock.set(MORNING + timedelta(days=31), rate=0)
    assert sweeps.look(runtime) == (0, 0, 0, {"member": 1})
    assert sweeps.forget(runtime).persons == 0
    with transaction(runtime, SYSTEM) as tx:
        members.leave(tx, member, reason="转出")
    assert sweeps.forget(runtime).persons == 1


def test_what_led_from_a_closed_account_to_a_person_is_forgotten_a_month_later(
    runtime: Runtime, clock: MovableClock
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        account = make_account(tx, make_person(tx, household_id=make_household(tx)))
        person = tx.db.get_one(Account, account).person_id
        row = {"account_id": account, "person_id": person, "household_id": None, "area_path": VILLAGE}
        tx.add(Binding, id=tx.new_id(), way="phone", state="active", requested_at=tx.now, **row)
        make_credit(tx, account)
        actor = actor_for(tx, make_session(tx, account))
    with transaction(runtime, actor) as tx:
        identity.close_account(tx)
    clock.set(MORNING + timedelta(days=29), rate=0)
    assert sweeps.forget_departed(runtime) == 0
    clock.set(MORNING + timedelta(days=31), rate=0)
    assert sweeps.forget(runtime) == (0, 0, 1, {})
    assert sweeps.forget_departed(runtime) == 0
    with reading(runtime) as db:
        assert (db.get_one(Account, account).state, db.get_one(Account, account).person_id) == ("closed", None)
        assert db.scalars(select(Credit)).all() == []
        assert places.person_facts(db, person) is not None


@unscoped("a test looks at everything")
@pytest.mark.parametrize("leaver", ["the elder", "who acts for her"])
def test_a_proxy_ends_when_one_of_the_two_leaves(tx_as: TxAs, leaver: str) -> None:
    with tx_as(SYSTEM) as tx:
        home = make_household(tx)
        elder, son = make_person(tx, "卢老太", household_id=home), make_person(tx, "卢冬生", household_id=home)
        row = {
            "for_person_id": elder,
            "household_id": home,
            "area_path": VILLAGE,
            "holder_id": son,
            "powers": ["whistle"],
        }
        tx.add(
            Proxy, id=tx.new_id(), way="self", given_by=elder, since=tx.now, until=MORNING + timedelta(days=90), **row
        )
        areas.let_person_leave(tx, elder if leaver == "the elder" else son, reason="迁走")
        tx.settle()
        assert tx.db.scalars(select(Proxy.ended_at)).one() == tx.now
