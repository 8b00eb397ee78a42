"""Members of staff: password and second factor, guessers who learn nothing and lock nobody out, sessions that end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import product

import pyotp
import pytest
from sqlalchemy import func, select

from app.domains.identity import actions as identity
from app.domains.identity import errors, rules
from app.domains.identity import queries as identities
from app.domains.identity.actions import passwords
from app.domains.identity.models import SignIn, Staff
from app.kernel.access import ANONYMOUS, SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.errors import Refusal
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from tests.domains.test_identity_sign_in import at_once
from tests.makers.areas import VILLAGE, make_person
from tests.makers.identity import make_grant

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


@pytest.fixture
def first(tx_as: TxAs) -> identity.FirstSecrets:
    """A cadre's staff account as the operator hands it over."""
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        make_grant(tx, person, "village_cadre", path=VILLAGE)
        return identity.add_staff(tx, username="zhou-min", person_id=person)


def code_of(first: identity.FirstSecrets, runtime: Runtime) -> str:
    totp = pyotp.parse_uri(first.otpauth_uri)
    assert isinstance(totp, pyotp.TOTP)
    return totp.generate_otp(rules.totp_step(runtime.clock.now()))


def enter(
    runtime: Runtime, username: str, password: str, code: str, *, address: str = "203.0.113.7"
) -> identity.Opened:
    """What the face does, step by step: each count is committed before the next look."""
    with transaction(runtime, ANONYMOUS) as tx:
        identity.admit_staff(tx, username, address=address)
    with reading(runtime) as db:
        secrets = identities.staff_named(db, runtime.vault, username)
    with transaction(runtime, ANONYMOUS) as tx:
        step = identity.proven_step(tx, secrets, code)
    if not passwords.fits(secrets.password_hash, password):
        raise errors.WrongSignIn
    with transaction(runtime, ANONYMOUS) as tx:
        return identity.sign_in_staff(tx, secrets, step=step, address=address)


def caller(runtime: Runtime, token: str) -> Actor | None:
    with reading(runtime) as db:
        return identities.actor_of(db, token, runtime.clock.now(), roles=runtime.presets["roles"])


def test_the_first_password_opens_nothing_but_the_change_of_itself(
    runtime: Runtime, tx_as: TxAs, first: identity.FirstSecrets, clock: MovableClock
) -> None:
    me = caller(runtime, enter(runtime, "zhou-min", first.password, code_of(first, runtime)).token)
    assert me is not None
    assert not me.holds("households.read")
    with reading(runtime) as db:
        assert identities.must_change(db, me.account_id)
        secrets = identities.staff_of(db, runtime.vault, me.account_id)
    with tx_as(me) as tx:
        identity.change_password(tx, secrets, password_hash=passwords.hashed("Nuan-he-2026"))
    clock.set(clock.now() + timedelta(seconds=30), rate=0)
    with pytest.raises(errors.WrongSignIn):
        enter(runtime, "zhou-min", first.password, code_of(first, runtime))
    clock.set(clock.now() + timedelta(seconds=30), rate=0)
    again = caller(runtime, enter(runtime, "zhou-min", "Nuan-he-2026", code_of(first, runtime)).token)
    assert again is not None
    assert again.paths("households.read") == (VILLAGE,)


def test_the_first_password_is_strong_enough_for_the_house_itself() -> None:
    assert all(rules.is_strong(passwords.one_time_password(), username="zhou-min") for _ in range(200))


def test_of_fifty_sign_ins_with_one_code_one_succeeds(runtime: Runtime, first: identity.FirstSecrets) -> None:
    code = code_of(first, runtime)
    results = at_once(50, lambda n: enter(runtime, "zhou-min", first.password, code, address=f"203.0.113.{n}"))
    assert sum(isinstance(r, identity.Opened) for r in results) == 1
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(SignIn)) == 1


def test_a_code_is_not_taken_twice_and_an_older_one_never_again(
    runtime: Runtime, first: identity.FirstSecrets, clock: MovableClock
) -> None:
    older = code_of(first, runtime)
    clock.set(clock.now() + timedelta(seconds=30), rate=0)
    used = code_of(first, runtime)
    enter(runtime, "zhou-min", first.password, used)
    for code in (used, older):
        with pytest.raises(errors.WrongSignIn):
            enter(runtime, "zhou-min", first.password, code)


def test_what_is_wrong_is_not_said(runtime: Runtime, first: identity.FirstSecrets) -> None:
    code, wrong_code = code_of(first, runtime), "000000"
    assert code != wrong_code
    told = set()
    for name, password, typed in product(("zhou-min", "nobody"), (first.password, "wrong"), (code, wrong_code)):
        if (name, password, typed) != ("zhou-min", first.password, code):
            with pytest.raises(errors.WrongSignIn) as refused:
                enter(runtime, name, password, typed, address=f"2001:db8:{len(told)}::1")
            told.add((refused.value.code, refused.value.sentence))
    assert len(told) == 1


def test_the_decoy_of_an_unknown_name_can_be_compared_with_and_never_fits(runtime: Runtime) -> None:
    with reading(runtime) as db:
        decoy = identities.staff_named(db, runtime.vault, "nobody")
    assert not decoy.is_known
    assert not passwords.fits(decoy.password_hash, "anything")
    assert "argon2" not in repr(decoy)


@pytest.mark.promise
def test_a37_guessers_from_many_addresses_evaluate_no_password_and_the_owner_still_gets_in(
    runtime: Runtime, first: identity.FirstSecrets, full: bool
) -> None:
    addresses, tries = (500, 20) if full else (60, 8)
    wrong = "000000" if code_of(first, runtime) != "000000" else "000001"

    def guess(number: int) -> None:
        enter(runtime, "zhou-min", f"guess-{number}", wrong, address=f"10.{number % addresses // 250}.0.{number % 250}")

    results = at_once(addresses * tries, guess)
    assert all(isinstance(r, Refusal) for r in results)
    with reading(runtime) as db:
        assert db.scalar(select(Staff.totp_step)) == 0
    assert enter(runtime, "zhou-min", first.password, code_of(first, runtime)).token


def test_who_holds_the_device_but_not_the_password_has_five_tries_in_fifteen_minutes(
    runtime: Runtime, first: identity.FirstSecrets
) -> None:
    code = code_of(first, runtime)
    results = at_once(20, lambda n: enter(runtime, "zhou-min", "wrong", code, address=f"203.0.113.{n}"))
    assert sum(isinstance(r, errors.WrongSignIn) for r in results) == 5
    assert sum(isinstance(r, errors.TooManyTries) for r in results) == 15


def test_one_address_may_try_thirty_names_a_minute(runtime: Runtime) -> None:
    results = at_once(50, lambda n: enter(runtime, f"name-{n}", "password", "123456"))
    assert sum(isinstance(r, errors.WrongSignIn) for r in results) == 30
    assert sum(isinstance(r, errors.TooManyTries) for r in results) == 20


def test_a_session_ends_after_half_an_hour_without_use_and_after_twelve_hours_of_use(
    runtime: Runtime, tx_as: TxAs, first: identity.FirstSecrets, clock: MovableClock
) -> None:
    token, start = enter(runtime, "zhou-min", first.password, code_of(first, runtime)).token, clock.now()
    while (me := caller(runtime, token)) is not None:
        with tx_as(me) as tx:
            identity.stay_awake(tx, token)
        clock.set(clock.now() + timedelta(minutes=29), rate=0)
    assert timedelta(hours=12) <= clock.now() - start < timedelta(hours=12, minutes=29)


def test_an_unused_session_ends_after_half_an_hour(
    runtime: Runtime, first: identity.FirstSecrets, clock: MovableClock
) -> None:
    token = enter(runtime, "zhou-min", first.password, code_of(first, runtime)).token
    clock.set(clock.now() + timedelta(minutes=30), rate=0)
    assert caller(runtime, token) is None


def test_the_end_of_a_session_is_written_at_most_once_a_minute(
    runtime: Runtime, tx_as: TxAs, first: identity.FirstSecrets, clock: MovableClock
) -> None:
    token, ends = enter(runtime, "zhou-min", first.password, code_of(first, runtime)).token, []
    for _ in range(4):
        clock.set(clock.now() + timedelta(seconds=30), rate=0)
        with tx_as(ANONYMOUS) as tx:
            identity.stay_awake(tx, token)
            ends.append(tx.db.scalar(select(SignIn.expires_at)))
    assert len(set(ends)) == 2


def test_new_first_secrets_end_every_session_and_the_old_secrets(
    runtime: Runtime, tx_as: TxAs, first: identity.FirstSecrets, clock: MovableClock
) -> None:
    token = enter(runtime, "zhou-min", first.password, code_of(first, runtime)).token
    with tx_as(SYSTEM) as tx:
        fresh = identity.reset_staff(tx, username="zhou-min")
    assert caller(runtime, token) is None
    clock.set(clock.now() + timedelta(seconds=30), rate=0)
    with pytest.raises(errors.WrongSignIn):
        enter(runtime, "zhou-min", first.password, code_of(first, runtime))
    assert enter(runtime, "zhou-min", fresh.password, code_of(fresh, runtime)).token


def test_a_user_name_is_given_once_and_a_name_that_is_none_is_refused(
    tx_as: TxAs, first: identity.FirstSecrets
) -> None:
    assert first.account_id
    with pytest.raises(errors.UsernameTaken), tx_as(SYSTEM) as tx:
        identity.add_staff(tx, username="zhou-min", person_id=make_person(tx))
    with pytest.raises(errors.StaffNotFound), tx_as(SYSTEM) as tx:
        identity.reset_staff(tx, username="nobody")
    with pytest.raises(errors.BadUsername), tx_as(SYSTEM) as tx:
        identity.add_staff(tx, username="zhou min", person_id=make_person(tx))
