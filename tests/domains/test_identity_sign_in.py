"""Signing in: one account a person, one session a code, counters that hold for all, secrets that are not kept."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.domains.identity import actions as identity
from app.domains.identity import errors, rules
from app.domains.identity.actions import attempts
from app.domains.identity.models import Account, Attempt, SignIn
from app.domains.identity.ports import CodeRefusal, WeChatIdentity
from app.domains.identity.queries import account_with_openid, actor_of, addresses_of, openid_of
from app.domains.identity.sweeps import forget_what_is_over
from app.kernel.access import ANONYMOUS, SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.errors import Refusal
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from tests.makers.areas import make_person
from tests.makers.identity import actor_for, make_account, make_session

TxAs = Callable[[Actor], AbstractContextManager[Tx]]
LI = WeChatIdentity("openid-li", unionid="union-li")


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Do something in many threads; refusals are results."""

    def guarded(number: int) -> Any:
        try:
            return work(number)
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(guarded, range(count)))


def test_the_same_person_has_one_account_however_often_he_signs_in(runtime: Runtime) -> None:
    def enter(_number: int) -> identity.Opened:
        with transaction(runtime, ANONYMOUS) as tx:
            return identity.sign_in(tx, LI)

    opened = at_once(12, enter)
    assert len({o.account_id for o in opened}) == 1
    assert len({o.token for o in opened}) == 12
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(Account)) == 1


def test_of_many_uses_of_one_code_at_once_one_is_let_through_to_wechat(runtime: Runtime) -> None:
    def knock(_number: int) -> bool:
        with transaction(runtime, ANONYMOUS) as tx:
            identity.admit_code(tx, "one-code", address="203.0.113.7")
        return True

    results = at_once(20, knock)
    assert results.count(True) == 1
    assert sum(isinstance(r, errors.UsedCode) for r in results) == 19


def test_a_session_holds_seven_days_and_a_renewed_one_ends_the_old(
    runtime: Runtime, tx_as: TxAs, clock: MovableClock
) -> None:
    with tx_as(ANONYMOUS) as tx:
        old = identity.sign_in(tx, LI).token
        me = actor_for(tx, old)
    with tx_as(me) as tx:
        fresh = identity.renew(tx, old).token
    roles = runtime.presets["roles"]
    with reading(runtime) as db:
        assert actor_of(db, old, clock.now(), roles=roles) is None
        assert actor_of(db, fresh, clock.now() + timedelta(days=7, seconds=-1), roles=roles) is not None
        assert actor_of(db, fresh, clock.now() + timedelta(days=7), roles=roles) is None
    with pytest.raises(errors.CannotRenew), tx_as(me) as tx:
        identity.renew(tx, old)


def test_of_two_renewals_at_once_one_gets_the_session(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(ANONYMOUS) as tx:
        token = identity.sign_in(tx, LI).token
        me = actor_for(tx, token)

    def renewed(_number: int) -> bool:
        with transaction(runtime, me) as tx:
            identity.renew(tx, token)
        return True

    assert at_once(8, renewed).count(True) == 1


def test_signing_out_everywhere_ends_this_persons_sessions_and_nobody_elses(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        mine, other = make_account(tx), make_account(tx)
        tokens, kept = [make_session(tx, mine) for _ in range(3)], make_session(tx, other)
    with tx_as(SYSTEM) as tx:
        identity.end_all(tx, mine)
    with reading(runtime) as db:
        found = [actor_of(db, t, runtime.clock.now(), roles=runtime.presets["roles"]) for t in (*tokens, kept)]
    assert [f is None for f in found] == [True, True, True, False]


@pytest.mark.parametrize("refusal", list(CodeRefusal))
def test_each_refusal_of_wechat_becomes_a_sentence_of_ours(tx_as: TxAs, refusal: CodeRefusal) -> None:
    with pytest.raises(Refusal) as refused, tx_as(ANONYMOUS) as tx:
        identity.sign_in(tx, refusal)
    assert refused.value.code.startswith("identity.")
    assert "您" in refused.value.sentence or "请" in refused.value.sentence


def test_a_counter_lets_exactly_its_number_through_also_at_once_and_starts_anew(
    runtime: Runtime, clock: MovableClock
) -> None:
    limit = rules.Limit("test", 5, 60)

    def attempt(_number: int) -> bool:
        with transaction(runtime, ANONYMOUS) as tx:
            attempts.count(tx, (limit, "somebody"))
        return True

    results = at_once(40, attempt)
    assert results.count(True) == 5
    refused = next(r for r in results if r is not True)
    assert (refused.code, refused.wait_seconds) == ("identity.too_many_tries", 60)
    clock.set(clock.now() + timedelta(seconds=60), rate=0)
    assert at_once(1, attempt) == [True]


def test_neither_openid_nor_token_nor_key_stands_in_the_database(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(ANONYMOUS) as tx:
        identity.admit_code(tx, "secret-code", address="203.0.113.7")
        token = identity.sign_in(tx, LI).token
    with reading(runtime) as db:
        dump = "".join(
            str(row)
            for table in ("identity_account", "identity_session", "identity_attempt")
            for row in db.execute(text(f"SELECT row_to_json(t)::text, t::text FROM {table} t"))
        )
    assert dump
    for secret in ("openid-li", "union-li", token, "secret-code", "203.0.113.7"):
        assert secret not in dump
        assert secret.encode().hex() not in dump


def test_the_address_of_a_person_is_found_again_for_sending(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        account = make_account(tx, person, openid="openid-wang")
    with reading(runtime) as db:
        assert [a.mini_program for a in addresses_of(db, runtime.vault, person)] == ["openid-wang"]
        assert openid_of(db, runtime.vault, account) == "openid-wang"
        assert account_with_openid(db, runtime.vault, "openid-wang") == account
        assert account_with_openid(db, runtime.vault, "openid-wang", is_official=True) is None


def test_a_follower_is_joined_to_the_account_of_the_same_wechat_user_until_he_leaves(
    runtime: Runtime, tx_as: TxAs
) -> None:
    with tx_as(ANONYMOUS) as tx:
        account = identity.sign_in(tx, LI).account_id
        assert identity.follow(tx, openid="oa-li", unionid="union-li") == account
        assert identity.follow(tx, openid="oa-stranger", unionid="union-stranger") is None
        assert identity.follow(tx, openid="oa-nobody", unionid=None) is None
    with reading(runtime) as db:
        assert account_with_openid(db, runtime.vault, "oa-li", is_official=True) == account
    with tx_as(ANONYMOUS) as tx:
        identity.unfollow(tx, openid="oa-li")
    with reading(runtime) as db:
        assert account_with_openid(db, runtime.vault, "oa-li", is_official=True) is None


def test_counters_and_sessions_that_are_long_over_are_forgotten(
    runtime: Runtime, tx_as: TxAs, clock: MovableClock
) -> None:
    with tx_as(ANONYMOUS) as tx:
        identity.admit_code(tx, "a-code", address="203.0.113.7")
        identity.sign_in(tx, LI)
    clock.set(clock.now() + timedelta(days=7 + 31), rate=0)
    with tx_as(SYSTEM) as tx:
        identity.sign_in(tx, LI)
        forget_what_is_over(tx)
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(SignIn)) == 1
        assert db.scalar(select(func.count()).select_from(Attempt)) == 1
