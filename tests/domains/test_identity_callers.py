"""Who a token stands for, and what he may do now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from app.domains.areas.models import Deputy, Household, Person
from app.domains.identity.models import Account, RoleGrant, SignIn
from app.domains.identity.queries import actor_of
from app.kernel.access import SYSTEM, Actor, scoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading
from tests.makers.areas import TOWN, VILLAGE, make_household, make_person
from tests.makers.identity import make_account, make_grant, make_session, signed_in

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


def caller(runtime: Runtime, token: str) -> Actor | None:
    with reading(runtime) as db:
        return actor_of(db, token, runtime.clock.now(), roles=runtime.presets["roles"])


def known(runtime: Runtime, token: str) -> Actor:
    found = caller(runtime, token)
    assert found is not None
    return found


def test_a_bound_villager_sees_his_household_and_the_villages_feed_and_nothing_of_the_town(
    runtime: Runtime, tx_as: TxAs
) -> None:
    with tx_as(SYSTEM) as tx:
        own, other = make_household(tx, path=f"{VILLAGE}g01/"), make_household(tx, path=f"{VILLAGE}g01/")
        token = signed_in(tx, make_person(tx, path=f"{VILLAGE}g01/", household_id=own))
    actor = known(runtime, token)
    assert actor.household_id == own
    assert actor.paths("feed.read") == (VILLAGE,)
    with reading(runtime) as db:
        assert db.scalars(scoped(actor, "households.read", Household, Household.id)).all() == [own] != [other]


def test_somebody_without_a_person_reaches_no_row(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        make_household(tx)
        token = make_session(tx, make_account(tx))
    actor = known(runtime, token)
    assert actor.holds("me.write")
    assert not actor.holds("feed.read")
    assert not actor.covers("me.write", VILLAGE)
    with reading(runtime) as db:
        assert db.scalars(scoped(actor, "me.read", Household)).all() == []


@pytest.mark.parametrize("gone", ["moved", "removed"])
def test_a_person_who_is_no_longer_on_file_lends_nothing_to_the_account(
    runtime: Runtime, tx_as: TxAs, gone: str
) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, household_id=make_household(tx))
        token = signed_in(tx, person, "village_cadre")
        tx.db.execute(update(Person).where(Person.id == person).values(state=gone))
    actor = known(runtime, token)
    assert (actor.person_id, actor.household_id) == (None, None)
    assert not actor.holds("households.read")


def test_a_role_holds_from_its_first_moment_to_its_last_and_not_after_it_was_taken_back(
    runtime: Runtime, tx_as: TxAs
) -> None:
    now = runtime.clock.now()
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        token = signed_in(tx, person)
        make_grant(tx, person, "village_cadre", since=now + timedelta(hours=1))
        make_grant(tx, person, "auditor", since=now - timedelta(hours=1), until=now)
        current = make_grant(tx, person, "town_cadre", path=TOWN, until=now + timedelta(seconds=1))
        make_grant(tx, person, "a_role_of_yesterdays_presets")
    assert known(runtime, token).paths("coverage.read") == (TOWN,)
    assert not known(runtime, token).holds("audit.read")
    with tx_as(SYSTEM) as tx:
        tx.db.execute(update(RoleGrant).where(RoleGrant.id == current).values(revoked_at=now))
    assert not known(runtime, token).holds("coverage.read")


def test_a_deputy_stands_for_himself_and_the_absent_keeper_while_it_lasts(runtime: Runtime, tx_as: TxAs) -> None:
    now = runtime.clock.now()

    def deputy(tx: Tx, absent: UUID, *, starts: int, ends: int, ended: bool = False) -> None:
        tx.add(
            Deputy,
            id=tx.new_id(),
            absent_id=absent,
            deputy_id=person,
            area_path=VILLAGE,
            since=now + timedelta(days=starts),
            until=now + timedelta(days=ends),
            reason="示例",
            ended_at=now if ended else None,
        )

    with tx_as(SYSTEM) as tx:
        person, absent, early, over = (make_person(tx) for _ in range(4))
        token = signed_in(tx, person, "party_member")
        deputy(tx, absent, starts=-1, ends=1)
        deputy(tx, early, starts=1, ends=2)
        deputy(tx, over, starts=-1, ends=1, ended=True)
    assert known(runtime, token).stands_for == (person, absent)


@pytest.mark.parametrize("fault", ["revoked", "expired", "closed", "unknown"])
def test_a_token_that_was_taken_back_or_is_over_opens_nothing(runtime: Runtime, tx_as: TxAs, fault: str) -> None:
    now = runtime.clock.now()
    with tx_as(SYSTEM) as tx:
        token = make_session(tx, make_account(tx))
        if fault == "revoked":
            tx.db.execute(update(SignIn).values(revoked_at=now))
        if fault == "expired":
            tx.db.execute(update(SignIn).values(expires_at=now))
        if fault == "closed":
            tx.db.execute(update(Account).values(state="closed"))
    assert caller(runtime, "x" * 43 if fault == "unknown" else token) is None
