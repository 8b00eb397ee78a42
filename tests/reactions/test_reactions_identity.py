"""Who is told when somebody says who he is, and when that is settled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

from sqlalchemy import select

from app.domains.areas.models import Household
from app.domains.identity import actions as identity
from app.domains.identity.ports import PhoneNumber
from app.domains.notices.models import Message
from app.kernel.access import SYSTEM, Actor
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading
from tests.makers.areas import make_code, make_household, make_person
from tests.makers.identity import actor_for, make_account, make_session, signed_in

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


def told(runtime: Runtime) -> set[tuple[UUID, str]]:
    with reading(runtime) as db:
        return {(m.person_id, m.template) for m in db.scalars(select(Message))}


def test_the_keeper_and_who_of_the_household_has_an_account_are_asked(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        keeper = make_person(tx)
        home = make_household(tx, keeper_id=keeper)
        head = tx.db.scalar(select(Household.head_id).where(Household.id == home))
        assert head
        signed_in(tx, head)
        make_person(tx, "卢小梅", household_id=home)
        door, newcomer = make_code(tx, home), actor_for(tx, make_session(tx, make_account(tx)))
    with tx_as(newcomer) as tx:
        identity.ask_at_door(tx, binding_id=uuid4(), token=door, name="卢小梅")
    assert told(runtime) == {(keeper, "binding_asked"), (head, "binding_asked")}


def test_the_person_hears_that_an_account_stands_for_him_and_a_refused_one_hears_nothing(
    runtime: Runtime, tx_as: TxAs
) -> None:
    with tx_as(SYSTEM) as tx:
        home = make_household(tx)
        person = make_person(tx, "卢小梅", household_id=home, phone="13800000004")
        cadre = actor_for(tx, signed_in(tx, make_person(tx), "village_cadre"))
        door = make_code(tx, home)
        first, second = (actor_for(tx, make_session(tx, make_account(tx))) for _ in range(2))
    refused = uuid4()
    with tx_as(first) as tx:
        identity.ask_at_door(tx, binding_id=refused, token=door, name="卢小梅")
    with tx_as(cadre) as tx:
        identity.decide_binding(tx, binding_id=refused, is_known=False)
    assert told(runtime) == set()
    with tx_as(second) as tx:
        identity.bind_by_phone(tx, binding_id=uuid4(), found=PhoneNumber("13800000004"))
    assert told(runtime) == {(person, "binding_decided")}
