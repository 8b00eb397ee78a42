"""One's own account: what one agrees to, the whole copy, who opened one's data, and closing."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Uuid, func, or_, select, update
from sqlalchemy.exc import DBAPIError

from app.domains.areas.errors import PersonNotFound
from app.domains.areas.models import Household
from app.domains.audit import queries as audit
from app.domains.identity import actions as identity
from app.domains.identity import errors
from app.domains.identity import queries as identities
from app.domains.identity.models import Account, Consent
from app.domains.identity.ports import WeChatIdentity
from app.domains.identity.queries.export import CLOSED
from app.kernel.access import ANONYMOUS, SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.tables import metadata
from app.kernel.transaction import Tx, reading
from tests.makers.areas import NEXT_VILLAGE, make_household, make_link, make_person
from tests.makers.identity import actor_for, make_account, make_grant, make_session, signed_in

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


def say(tx_as: TxAs, me: Actor, *, is_given: bool, purpose: str = "pictures", version: str = "2026-11") -> None:
    with tx_as(me) as tx:
        identity.record_consent(tx, consent_id=uuid4(), purpose=purpose, version=version, is_given=is_given)


def test_the_newest_word_counts_and_every_word_is_kept(runtime: Runtime, tx_as: TxAs, clock: MovableClock) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        me = actor_for(tx, signed_in(tx, person))
    heard = []
    for is_given in (True, False, True, False):
        clock.set(clock.now() + timedelta(seconds=1), rate=0)
        say(tx_as, me, is_given=is_given)
        with reading(runtime) as db:
            heard.append(
                (
                    identities.has_consent(db, me.account_id, "pictures"),
                    identities.person_has_consent(db, person, "pictures"),
                    identities.consents_of(db, me.account_id)["pictures"].is_given,
                )
            )
    assert heard == [(True,) * 3, (False,) * 3, (True,) * 3, (False,) * 3]
    with reading(runtime) as db:
        assert len(db.scalars(select(Consent)).all()) == 4
        assert not identities.has_consent(db, me.account_id, "privacy")


def test_yes_is_said_to_the_text_in_force_and_no_to_any(tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        me = actor_for(tx, make_session(tx, make_account(tx)))
    with pytest.raises(errors.ConsentTextChanged):
        say(tx_as, me, is_given=True, version="2020-01")
    with pytest.raises(errors.UnknownPurpose):
        say(tx_as, me, is_given=True, purpose="advertising")
    say(tx_as, me, is_given=False, version="2020-01")


def test_a_word_once_said_cannot_be_changed_in_the_database(tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        me = actor_for(tx, make_session(tx, make_account(tx)))
    say(tx_as, me, is_given=True)
    with pytest.raises(DBAPIError), tx_as(SYSTEM) as tx:
        tx.db.execute(update(Consent).values(is_given=False))


def test_a_look_at_what_is_hidden_is_kept_with_its_reason_and_shown_to_the_person(
    runtime: Runtime, tx_as: TxAs
) -> None:
    with tx_as(SYSTEM) as tx:
        villager, cadre = make_person(tx, "王芳", phone="13800000002"), make_person(tx)
        me, far = (
            actor_for(tx, signed_in(tx, cadre, "village_cadre")),
            actor_for(tx, signed_in(tx, make_person(tx), "village_cadre", path=NEXT_VILLAGE)),
        )
    with tx_as(me) as tx:
        assert identity.open_person(tx, person_id=villager, reason="上门前打个电话") == ("王芳", "13800000002")
    with pytest.raises(PersonNotFound), tx_as(far) as tx:
        identity.open_person(tx, person_id=villager, reason="好奇")
    with reading(runtime) as db:
        (entry,) = audit.reads_about(db, villager)
        assert (entry.person_id, entry.action, entry.reason) == (cadre, "persons.unmask", "上门前打个电话")
        assert audit.entries(db, SYSTEM)[0].id == entry.id
        assert audit.entries(db, me) == []


def test_closing_ends_sessions_address_and_binding_and_the_same_wechat_user_starts_anew(
    runtime: Runtime, tx_as: TxAs
) -> None:
    li = WeChatIdentity("openid-li", unionid="union-li")
    with tx_as(ANONYMOUS) as tx:
        first = identity.sign_in(tx, li)
        me = actor_for(tx, first.token)
    with tx_as(me) as tx:
        identity.close_account(tx)
    with reading(runtime) as db:
        closed = db.get_one(Account, first.account_id)
        assert (closed.state, closed.mp_openid_sealed, closed.mp_openid_index, closed.unionid_index) == (
            "closed",
            None,
            None,
            None,
        )
        assert identities.actor_of(db, first.token, runtime.clock.now(), roles=runtime.presets["roles"]) is None
    with tx_as(ANONYMOUS) as tx:
        assert identity.sign_in(tx, li).account_id != first.account_id


def test_a_staff_account_is_closed_by_the_operator_only(tx_as: TxAs) -> None:
    with pytest.raises(errors.NotForStaffAccounts), tx_as(Actor("staff", account_id=uuid4())) as tx:
        identity.close_account(tx)


def copy_of(runtime: Runtime, me: Actor) -> dict[str, list[dict[str, object]]]:
    assert me.account_id
    with reading(runtime) as db:
        return identities.rows_about(
            db, runtime.vault, identities.Whose(me.person_id, (me.account_id,), me.household_id)
        )


def test_a_copy_holds_what_is_the_persons_own_opened_and_what_is_others_not(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        home, other_home = make_household(tx, head="卢春梅"), make_household(tx, head="外人甲")
        person = make_person(tx, "卢小梅", household_id=home, phone="13800000003", id_number="41900119990101001X")
        make_link(tx, other_home, keeper_id=person)
        me = actor_for(tx, signed_in(tx, person, "party_member"))
    say(tx_as, me, is_given=True)
    copy = copy_of(runtime, me)
    told = json.dumps(copy, ensure_ascii=False)
    for own in ("卢小梅", "13800000003", "41900119990101001X", str(home), "openid-", "party_member", "pictures"):
        assert own in told
    for others in ("卢春梅", "外人甲"):
        assert others not in told
    assert {"areas_person", "areas_household", "areas_link", "identity_account", "identity_grant"} <= set(copy)
    assert [row["id"] for row in copy["areas_person"]] == [str(person)]


def test_a_copy_leaves_secrets_and_hashes_out(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        first = identity.add_staff(tx, username="zhou-min", person_id=person)
        token = make_session(tx, first.account_id)
        me = Actor("staff", first.account_id, person)
    told = json.dumps(copy_of(runtime, me))
    assert "zhou-min" in told
    for secret in ("argon2", "password_hash", 'totp"', "token_hash", token, "_index"):
        assert secret not in told


def test_a_copy_of_somebody_without_a_person_holds_the_account_only(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        make_grant(tx, make_person(tx), "village_cadre")
        me = actor_for(tx, make_session(tx, make_account(tx)))
    assert set(copy_of(runtime, me)) == {"identity_account", "identity_session"}


def test_what_a_keeper_wrote_at_others_doors_is_listed_but_not_opened(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        keeper = make_person(tx)
        home = make_household(tx, keeper_id=keeper)
        head = tx.db.scalar(select(Household.head_id).where(Household.id == home))
        tx.db.execute(
            update(Household).values(address_sealed=tx.vault.seal(f"areas_household.address:{home}", "北街 12 号"))
        )
        me = actor_for(tx, signed_in(tx, keeper, "party_member"))
        neighbour = actor_for(tx, signed_in(tx, head))
    assert [row["address"] for row in copy_of(runtime, me)["areas_household"]] == [CLOSED]
    assert [row["address"] for row in copy_of(runtime, neighbour)["areas_household"]] == ["北街 12 号"]


@pytest.mark.promise
def test_a56_a_copy_holds_every_row_that_names_the_person_in_any_column_of_any_table(
    runtime: Runtime, tx_as: TxAs
) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, household_id=make_household(tx))
        cadre = actor_for(tx, signed_in(tx, make_person(tx), "village_cadre"))
        token = make_session(tx, make_account(tx))
    with tx_as(cadre) as tx:
        code = identity.issue_slip(tx, person_id=person).code
        identity.open_person(tx, person_id=person, reason="核对电话")
    with tx_as(SYSTEM) as tx:
        newcomer = actor_for(tx, token)
    with tx_as(newcomer) as tx:
        identity.bind_by_slip(tx, binding_id=uuid4(), code=code)
        identity.record_consent(tx, consent_id=uuid4(), purpose="phone", version="2026-11", is_given=True)
    with tx_as(SYSTEM) as tx:
        make_grant(tx, person, "party_member")
        me = actor_for(tx, token)
    copy = copy_of(runtime, me)
    with reading(runtime) as db:
        for table in metadata.sorted_tables:
            naming = [c.in_([person, me.account_id]) for c in table.columns if isinstance(c.type, Uuid)]
            count = db.scalar(select(func.count()).select_from(table).where(or_(*naming))) if naming else 0
            assert len(copy.get(table.name, [])) >= (count or 0), table.name
    assert {"identity_binding", "identity_slip", "identity_consent", "audit_entry", "notices_message"} <= set(copy)
