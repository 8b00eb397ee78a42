"""Saying who one is: phones and slips prove it, a door and a name only ask; nobody learns who lives behind a door."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from app.domains.areas.errors import PersonNotFound
from app.domains.areas.models import Household, Person
from app.domains.audit.models import Entry
from app.domains.identity import actions as identity
from app.domains.identity import errors
from app.domains.identity import queries as identities
from app.domains.identity.models import Account, Binding
from app.domains.identity.ports import CodeRefusal, PhoneNumber
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.errors import NotFound, Refusal
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from tests.domains.test_identity_sign_in import at_once
from tests.makers.areas import NEXT_VILLAGE, make_code, make_household, make_person
from tests.makers.identity import actor_for, make_account, make_session, signed_in

TxAs = Callable[[Actor], AbstractContextManager[Tx]]
PHONE = "13800000001"


class Home(NamedTuple):
    """A household with its keeper, a door code, a head who is bound, a child who is bound, and a newcomer's account."""

    household: UUID
    keeper: str
    head: str
    child: str
    cadre: str
    far_cadre: str
    newcomer: str
    token: str
    daughter: UUID


@pytest.fixture
def home(tx_as: TxAs) -> Home:
    with tx_as(SYSTEM) as tx:
        keeper = make_person(tx, "段永平")
        household = make_household(tx, head="卢春梅", keeper_id=keeper)
        head = tx.db.scalar(select(Household.head_id).where(Household.id == household))
        child = make_person(tx, "卢小宝", household_id=household, birth_year=2015)
        daughter = make_person(tx, "卢小梅", household_id=household, phone=PHONE, relation="女儿")
        return Home(
            household,
            signed_in(tx, keeper, "party_member"),
            signed_in(tx, head),
            signed_in(tx, child),
            signed_in(tx, make_person(tx), "village_cadre"),
            signed_in(tx, make_person(tx, path=NEXT_VILLAGE), "village_cadre", path=NEXT_VILLAGE),
            make_session(tx, make_account(tx)),
            make_code(tx, household),
            daughter,
        )


def actor_with(runtime: Runtime, token: str) -> Actor:
    with transaction(runtime, SYSTEM) as tx:
        return actor_for(tx, token)


def asked(runtime: Runtime, home: Home) -> UUID:
    """The newcomer says at the door that she is the daughter."""
    binding_id = uuid4()
    with transaction(runtime, actor_with(runtime, home.newcomer)) as tx:
        bound = identity.ask_at_door(tx, binding_id=binding_id, token=home.token, name="卢小梅")
    assert bound.state == "pending"
    return binding_id


def test_a_proven_phone_of_one_person_binds_at_once(runtime: Runtime, tx_as: TxAs, home: Home) -> None:
    with tx_as(actor_with(runtime, home.newcomer)) as tx:
        bound = identity.bind_by_phone(tx, binding_id=uuid4(), found=PhoneNumber(PHONE))
    assert bound == identity.Bound(bound.state, home.daughter)
    now_is = actor_with(runtime, home.newcomer)
    assert (now_is.person_id, now_is.household_id) == (home.daughter, home.household)


def test_a_phone_that_a_family_shares_asks_for_the_name_and_takes_it_with_the_ticket(
    runtime: Runtime, tx_as: TxAs, home: Home, clock: MovableClock
) -> None:
    with tx_as(SYSTEM) as tx:
        son = make_person(tx, "卢大勇", household_id=home.household, phone=PHONE)
    newcomer = actor_with(runtime, home.newcomer)
    with tx_as(newcomer) as tx:
        choice = identity.bind_by_phone(tx, binding_id=uuid4(), found=PhoneNumber(PHONE))
    assert isinstance(choice, identity.Choice)
    assert choice.names == ("卢**", "卢**")
    assert PHONE not in choice.ticket
    for name in ("卢春梅", "外人"):
        with pytest.raises(errors.NameDoesNotFit), tx_as(newcomer) as tx:
            identity.bind_by_ticket(tx, binding_id=uuid4(), ticket=choice.ticket, name=name)
    with pytest.raises(errors.TicketOver), tx_as(actor_with(runtime, home.child)) as tx:
        identity.bind_by_ticket(tx, binding_id=uuid4(), ticket=choice.ticket, name="卢大勇")
    clock.set(clock.now() + timedelta(minutes=9), rate=0)
    with tx_as(newcomer) as tx:
        bound = identity.bind_by_ticket(tx, binding_id=uuid4(), ticket=choice.ticket, name=" 卢大勇 ")
    assert bound == identity.Bound(bound.state, son)


@pytest.mark.parametrize("ticket", ["", "not a ticket", "AAAA", "票"])
def test_a_ticket_that_is_none_is_refused(runtime: Runtime, tx_as: TxAs, home: Home, ticket: str) -> None:
    with pytest.raises(errors.TicketOver), tx_as(actor_with(runtime, home.newcomer)) as tx:
        identity.bind_by_ticket(tx, binding_id=uuid4(), ticket=ticket, name="卢小梅")


def test_a_ticket_is_over_after_ten_minutes(runtime: Runtime, tx_as: TxAs, home: Home, clock: MovableClock) -> None:
    newcomer = actor_with(runtime, home.newcomer)
    with tx_as(SYSTEM) as tx:
        make_person(tx, "卢大勇", phone=PHONE)
    with tx_as(newcomer) as tx:
        choice = identity.bind_by_phone(tx, binding_id=uuid4(), found=PhoneNumber(PHONE))
    assert isinstance(choice, identity.Choice)
    clock.set(clock.now() + timedelta(minutes=11), rate=0)
    with pytest.raises(errors.TicketOver), tx_as(newcomer) as tx:
        identity.bind_by_ticket(tx, binding_id=uuid4(), ticket=choice.ticket, name="卢大勇")


def test_a_phone_that_nobody_has_and_a_code_that_wechat_refuses_bind_nobody(
    runtime: Runtime, tx_as: TxAs, home: Home
) -> None:
    newcomer = actor_with(runtime, home.newcomer)
    with pytest.raises(errors.NobodyWithThisPhone), tx_as(newcomer) as tx:
        identity.bind_by_phone(tx, binding_id=uuid4(), found=PhoneNumber("13900000009"))
    with pytest.raises(errors.BadCode), tx_as(newcomer) as tx:
        identity.bind_by_phone(tx, binding_id=uuid4(), found=CodeRefusal.BAD_CODE)


def test_the_phone_of_somebody_who_moved_away_binds_nobody(runtime: Runtime, tx_as: TxAs, home: Home) -> None:
    with tx_as(SYSTEM) as tx:
        tx.db.execute(update(Person).where(Person.id == home.daughter).values(state="moved"))
    with pytest.raises(errors.NobodyWithThisPhone), tx_as(actor_with(runtime, home.newcomer)) as tx:
        identity.bind_by_phone(tx, binding_id=uuid4(), found=PhoneNumber(PHONE))


def test_a_slip_binds_once_however_it_is_typed(runtime: Runtime, tx_as: TxAs, home: Home) -> None:
    with tx_as(actor_with(runtime, home.cadre)) as tx:
        code = identity.issue_slip(tx, person_id=home.daughter).code
    with tx_as(SYSTEM) as tx:
        tokens = [home.newcomer, *(make_session(tx, make_account(tx)) for _ in range(7))]
    people = [actor_with(runtime, token) for token in tokens]

    def use(number: int) -> identity.Bound:
        with transaction(runtime, people[number]) as tx:
            return identity.bind_by_slip(tx, binding_id=uuid4(), code=f" {code.lower()} ")

    results = at_once(8, use)
    assert sum(isinstance(r, identity.Bound) for r in results) == 1
    assert sum(isinstance(r, errors.SlipUnknown) for r in results) == 7


def test_a_slip_is_over_after_its_days_and_when_a_newer_one_is_printed(
    runtime: Runtime, tx_as: TxAs, home: Home, clock: MovableClock
) -> None:
    with tx_as(actor_with(runtime, home.cadre)) as tx:
        older = identity.issue_slip(tx, person_id=home.daughter).code
        newer = identity.issue_slip(tx, person_id=home.daughter).code
    newcomer = actor_with(runtime, home.newcomer)
    with pytest.raises(errors.SlipUnknown), tx_as(newcomer) as tx:
        identity.bind_by_slip(tx, binding_id=uuid4(), code=older)
    clock.set(clock.now() + timedelta(days=30), rate=0)
    with pytest.raises(errors.SlipUnknown), tx_as(newcomer) as tx:
        identity.bind_by_slip(tx, binding_id=uuid4(), code=newer)


def test_a_cadre_prints_slips_for_his_own_area_only(runtime: Runtime, tx_as: TxAs, home: Home) -> None:
    with pytest.raises(PersonNotFound), tx_as(actor_with(runtime, home.far_cadre)) as tx:
        identity.issue_slip(tx, person_id=home.daughter)


def test_a_wrong_name_and_an_unknown_door_get_the_same_answer(runtime: Runtime, tx_as: TxAs, home: Home) -> None:
    newcomer, told = actor_with(runtime, home.newcomer), set()
    for token, name in ((home.token, "没这个人"), ("x" * 24, "卢小梅"), ("x" * 24, "没这个人")):
        with pytest.raises(NotFound) as refused, tx_as(newcomer) as tx:
            identity.ask_at_door(tx, binding_id=uuid4(), token=token, name=name)
        told.add((refused.value.code, refused.value.sentence))
    assert len(told) == 1


def test_tries_are_counted_per_account_and_per_door(runtime: Runtime, tx_as: TxAs, home: Home) -> None:
    newcomer = actor_with(runtime, home.newcomer)

    def attempt(who: Actor) -> Refusal | None:
        try:
            with transaction(runtime, who) as tx:
                identity.admit_binding(tx, door_token=home.token)
        except Refusal as refused:
            return refused
        return None

    assert [attempt(newcomer) is None for _ in range(12)] == [True] * 10 + [False] * 2
    with tx_as(SYSTEM) as tx:
        others = [make_session(tx, make_account(tx)) for _ in range(12)]
    through = [attempt(actor_with(runtime, token)) is None for token in others]
    assert through == [True] * 10 + [False] * 2


def test_until_somebody_confirms_only_ones_own_things_show(runtime: Runtime, home: Home) -> None:
    asked(runtime, home)
    waiting = actor_with(runtime, home.newcomer)
    assert (waiting.person_id, waiting.household_id) == (None, None)
    assert not waiting.holds("households.read")


@pytest.mark.parametrize("who", ["keeper", "head", "cadre"])
def test_the_keeper_an_adult_of_the_household_or_the_village_confirms(
    runtime: Runtime, tx_as: TxAs, home: Home, who: str
) -> None:
    binding_id = asked(runtime, home)
    decider = actor_with(runtime, getattr(home, who))
    with reading(runtime) as db:
        (seen,) = identities.waiting_for(db, runtime.vault, decider, now=runtime.clock.now())
    assert (seen.binding_id, seen.masked_name, seen.relation) == (binding_id, "卢**", "女儿")
    with tx_as(decider) as tx:
        assert identity.decide_binding(tx, binding_id=binding_id, is_known=True) == "active"
    assert actor_with(runtime, home.newcomer).household_id == home.household
    with reading(runtime) as db:
        lines = db.scalars(select(Entry.action).where(Entry.about_person_id == home.daughter)).all()
    assert lines == ["bindings.active"]


def test_a_child_of_the_household_does_not_confirm(runtime: Runtime, tx_as: TxAs, home: Home) -> None:
    binding_id, child = asked(runtime, home), actor_with(runtime, home.child)
    with reading(runtime) as db:
        assert identities.waiting_for(db, runtime.vault, child, now=runtime.clock.now()) == []
    with pytest.raises(errors.OnlyAdults), tx_as(child) as tx:
        identity.decide_binding(tx, binding_id=binding_id, is_known=True)


@pytest.mark.parametrize("who", ["far_cadre", "newcomer"])
def test_nobody_else_sees_or_decides_it(runtime: Runtime, tx_as: TxAs, home: Home, who: str) -> None:
    binding_id, other = asked(runtime, home), actor_with(runtime, getattr(home, who))
    with reading(runtime) as db:
        assert identities.waiting_for(db, runtime.vault, other, now=runtime.clock.now()) == []
    with pytest.raises(errors.BindingNotFound), tx_as(other) as tx:
        identity.decide_binding(tx, binding_id=binding_id, is_known=True)


def test_the_first_word_decides_also_of_two_at_once(runtime: Runtime, home: Home) -> None:
    binding_id = asked(runtime, home)
    deciders = [actor_with(runtime, t) for t in (home.keeper, home.head, home.cadre)]

    def decide(number: int) -> str:
        with transaction(runtime, deciders[number % 3]) as tx:
            return identity.decide_binding(tx, binding_id=binding_id, is_known=number % 2 == 0)

    results = at_once(6, decide)
    assert sum(isinstance(r, str) for r in results) == 1
    assert sum(isinstance(r, errors.BindingNotFound) for r in results) == 5


def test_a_refused_newcomer_stays_nobody_and_may_ask_again(runtime: Runtime, tx_as: TxAs, home: Home) -> None:
    binding_id = asked(runtime, home)
    with tx_as(actor_with(runtime, home.keeper)) as tx:
        assert identity.decide_binding(tx, binding_id=binding_id, is_known=False) == "refused"
    assert actor_with(runtime, home.newcomer).person_id is None
    assert asked(runtime, home) != binding_id


def test_a_proof_replaces_a_claim_that_waits_and_an_account_stands_for_one_person(
    runtime: Runtime, tx_as: TxAs, home: Home
) -> None:
    asked(runtime, home)
    with tx_as(actor_with(runtime, home.newcomer)) as tx:
        identity.bind_by_phone(tx, binding_id=uuid4(), found=PhoneNumber(PHONE))
    with pytest.raises(errors.AlreadyBound), tx_as(actor_with(runtime, home.newcomer)) as tx:
        identity.bind_by_phone(tx, binding_id=uuid4(), found=PhoneNumber(PHONE))
    with reading(runtime) as db:
        states = db.scalars(select(Binding.state).order_by(Binding.state)).all()
    assert states == ["active", "ended"]


def test_unbinding_ends_sight_at_once_and_binding_anew_is_possible(runtime: Runtime, tx_as: TxAs, home: Home) -> None:
    newcomer = actor_with(runtime, home.newcomer)
    with pytest.raises(errors.NotBound), tx_as(newcomer) as tx:
        identity.unbind(tx)
    for _ in range(2):
        with tx_as(newcomer) as tx:
            identity.bind_by_phone(tx, binding_id=uuid4(), found=PhoneNumber(PHONE))
        with tx_as(actor_with(runtime, home.newcomer)) as tx:
            identity.unbind(tx)
    assert actor_with(runtime, home.newcomer).person_id is None
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(Account).where(Account.person_id == home.daughter)) == 0


def test_a_staff_account_binds_nobody(tx_as: TxAs) -> None:
    staff = Actor("staff", account_id=uuid4())
    with pytest.raises(errors.NotForStaffAccounts), tx_as(staff) as tx:
        identity.admit_binding(tx)
    with pytest.raises(errors.NotForStaffAccounts), tx_as(staff) as tx:
        identity.unbind(tx)


def test_whoever_has_an_account_in_a_household_can_be_told(runtime: Runtime, home: Home) -> None:
    with reading(runtime) as db:
        told = identities.bound_persons_of(db, home.household)
    assert len(told) == 2
    assert home.daughter not in told
