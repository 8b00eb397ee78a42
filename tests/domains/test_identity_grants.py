"""Roles are given by those whose own role appoints, inside their area, never to oneself, and taken back at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from app.domains.areas.errors import AreaNotFound, PersonNotFound
from app.domains.areas.models import Person
from app.domains.audit.models import Entry
from app.domains.identity import actions as identity
from app.domains.identity import errors
from app.domains.identity import queries as identities
from app.domains.identity.models import RoleGrant
from app.kernel.access import SYSTEM, Actor
from app.kernel.errors import Forbidden
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from tests.makers.areas import COUNTY, NEXT_VILLAGE, TOWN, VILLAGE, make_area, make_person
from tests.makers.identity import actor_for, make_grant, signed_in

TxAs = Callable[[Actor], AbstractContextManager[Tx]]
NEXT_TOWN = "419001/102/"


class Town(NamedTuple):
    """A town cadre, a villager of the town, and one of the next town."""

    cadre: UUID
    token: str
    villager: UUID
    stranger: UUID
    villager_token: str


@pytest.fixture
def town(tx_as: TxAs) -> Town:
    with tx_as(SYSTEM) as tx:
        make_area(tx, NEXT_VILLAGE)
        make_area(tx, NEXT_TOWN)
        cadre, villager = make_person(tx, "周敏", path=TOWN), make_person(tx, "王芳", path=VILLAGE)
        stranger = make_person(tx, "赵建国", path=NEXT_TOWN)
        return Town(cadre, signed_in(tx, cadre, "town_cadre", path=TOWN), villager, stranger, signed_in(tx, villager))


def actor_with(runtime: Runtime, token: str) -> Actor:
    with transaction(runtime, SYSTEM) as tx:
        return actor_for(tx, token)


def give(runtime: Runtime, town: Town, **changes: Any) -> UUID:
    wanted = {"person_id": town.villager, "role": "village_cadre", "area_path": VILLAGE, **changes}
    grant_id = uuid4()
    with transaction(runtime, actor_with(runtime, town.token)) as tx:
        identity.grant_role(tx, grant_id=grant_id, **wanted)
    return grant_id


def test_a_role_holds_from_the_next_request_and_ends_with_the_next_after_it_is_taken_back(
    runtime: Runtime, tx_as: TxAs, town: Town
) -> None:
    grant_id = give(runtime, town)
    assert actor_with(runtime, town.villager_token).paths("persons.unmask") == (VILLAGE,)
    with tx_as(actor_with(runtime, town.token)) as tx:
        identity.revoke_role(tx, grant_id=grant_id)
    assert not actor_with(runtime, town.villager_token).holds("persons.unmask")
    with pytest.raises(errors.GrantNotFound), tx_as(actor_with(runtime, town.token)) as tx:
        identity.revoke_role(tx, grant_id=grant_id)
    with reading(runtime) as db:
        lines = db.scalars(select(Entry.action).where(Entry.about_person_id == town.villager)).all()
    assert sorted(lines) == ["grants.given", "grants.taken_back"]


def test_a_role_may_start_later_and_end_by_itself(runtime: Runtime, town: Town) -> None:
    now = runtime.clock.now()
    give(runtime, town, since=now + timedelta(days=1), until=now + timedelta(days=2))
    roles = runtime.presets["roles"]
    with reading(runtime) as db:
        held = [
            identities.actor_of(db, town.villager_token, now + timedelta(days=day), roles=roles) for day in range(3)
        ]
    assert [a is not None and a.holds("persons.unmask") for a in held] == [False, True, False]


def test_nobody_appoints_or_dismisses_himself(runtime: Runtime, tx_as: TxAs, town: Town) -> None:
    with pytest.raises(errors.NotForYourself):
        give(runtime, town, person_id=town.cadre)
    with tx_as(SYSTEM) as tx:
        own = make_grant(tx, town.cadre, "party_member", path=TOWN)
    with pytest.raises(errors.NotForYourself), tx_as(actor_with(runtime, town.token)) as tx:
        identity.revoke_role(tx, grant_id=own)


@pytest.mark.parametrize("role", ["town_cadre", "county_operator", "auditor"])
def test_a_role_that_ones_own_does_not_appoint_to_is_out_of_reach(runtime: Runtime, town: Town, role: str) -> None:
    with pytest.raises(errors.MayNotAppoint):
        give(runtime, town, role=role, area_path=TOWN)


@pytest.mark.parametrize("path", [COUNTY, NEXT_TOWN, "419001/10"])
def test_a_place_outside_ones_area_is_out_of_reach(runtime: Runtime, town: Town, path: str) -> None:
    with pytest.raises(Forbidden):
        give(runtime, town, area_path=path)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"role": "king"}, errors.UnknownRole),
        ({"role": "guest"}, errors.UnknownRole),
        ({"role": "villager"}, errors.UnknownRole),
        ({"area_path": f"{TOWN}999/"}, AreaNotFound),
        ({"person_id": UUID(int=1)}, PersonNotFound),
    ],
)
def test_what_does_not_exist_cannot_be_given(
    runtime: Runtime, town: Town, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        give(runtime, town, **changes)


def test_a_person_of_another_town_or_who_is_gone_does_not_exist(runtime: Runtime, tx_as: TxAs, town: Town) -> None:
    with pytest.raises(PersonNotFound):
        give(runtime, town, person_id=town.stranger)
    with tx_as(SYSTEM) as tx:
        tx.db.execute(update(Person).where(Person.id == town.villager).values(state="removed"))
    with pytest.raises(PersonNotFound):
        give(runtime, town)


def test_a_time_that_is_over_or_has_no_length_and_a_second_same_role_are_refused(runtime: Runtime, town: Town) -> None:
    now = runtime.clock.now()
    for times in ({"until": now}, {"since": now + timedelta(days=2), "until": now + timedelta(days=1)}):
        with pytest.raises(errors.BadPeriod):
            give(runtime, town, **times)
    give(runtime, town)
    with pytest.raises(errors.AlreadyGranted):
        give(runtime, town)


def test_a_grant_above_ones_area_cannot_be_taken_back(runtime: Runtime, tx_as: TxAs, town: Town) -> None:
    with tx_as(SYSTEM) as tx:
        above = make_grant(tx, town.villager, "auditor", path=COUNTY)
        beside = make_grant(tx, town.villager, "auditor", path=VILLAGE)
    cadre = actor_with(runtime, town.token)
    with pytest.raises(errors.GrantNotFound), tx_as(cadre) as tx:
        identity.revoke_role(tx, grant_id=above)
    with pytest.raises(errors.MayNotAppoint), tx_as(cadre) as tx:
        identity.revoke_role(tx, grant_id=beside)


def test_the_roster_shows_who_holds_what_inside_ones_area_page_by_page(
    runtime: Runtime, tx_as: TxAs, town: Town
) -> None:
    give(runtime, town)
    with tx_as(SYSTEM) as tx:
        make_grant(tx, town.stranger, "village_cadre", path=NEXT_TOWN)
        make_grant(tx, town.villager, "auditor", until=runtime.clock.now())
    cadre = actor_with(runtime, town.token)

    def page(after: UUID | None = None, *, of: Actor = cadre, path: str = COUNTY) -> list[identities.Held]:
        with reading(runtime) as db:
            return list(
                identities.roster(
                    db,
                    of,
                    path=path,
                    now=runtime.clock.now(),
                    roles=runtime.presets["roles"],
                    vault=runtime.vault,
                    after=after,
                    limit=1,
                )
            )

    first = page()
    second = page(first[0].grant_id)
    assert {(h.masked_name, h.role_name, h.place) for h in first + second} == {
        ("周*", "镇干部", "五龙口镇"),
        ("王*", "村干部", "山口村"),
    }
    assert page(second[0].grant_id) == []
    assert page(of=actor_with(runtime, town.villager_token)) == []
    assert len(page(of=SYSTEM, path=NEXT_TOWN)) == 1


def test_a_whole_town_is_appointed_at_once_and_again_without_doubles(runtime: Runtime, tx_as: TxAs, town: Town) -> None:
    over = {town.villager: VILLAGE, town.stranger: NEXT_TOWN}
    for expected in (2, 0):
        with tx_as(SYSTEM) as tx:
            assert identity.appoint_many(tx, role="party_member", over=over) == expected
    with pytest.raises(errors.UnknownRole), tx_as(SYSTEM) as tx:
        identity.appoint_many(tx, role="villager", over=over)
    with pytest.raises(Forbidden), tx_as(actor_with(runtime, town.token)) as tx:
        identity.appoint_many(tx, role="party_member", over=over)
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).where(RoleGrant.role == "party_member")) == 2


@pytest.mark.promise
def test_a26_a_role_that_is_taken_back_is_refused_at_the_next_request(
    runtime: Runtime, tx_as: TxAs, town: Town, full: bool
) -> None:
    for _ in range(100 if full else 10):
        grant_id = give(runtime, town)
        assert actor_with(runtime, town.villager_token).holds("slips.issue")
        with tx_as(actor_with(runtime, town.token)) as tx:
            identity.revoke_role(tx, grant_id=grant_id)
        assert not actor_with(runtime, town.villager_token).holds("slips.issue")


def test_an_office_is_filled_by_who_holds_it_here_and_now(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        first, second, gone, elsewhere = (make_person(tx, name) for name in ("甲", "乙", "丙", "丁"))
        make_grant(tx, second, "council", since=tx.now - timedelta(days=1))
        make_grant(tx, first, "council", since=tx.now - timedelta(days=2))
        make_grant(tx, gone, "council", since=tx.now - timedelta(days=9), until=tx.now)
        make_grant(tx, elsewhere, "council", path=NEXT_VILLAGE)
        tx.flush()
        assert list(identities.holders(tx.db, "council", path=VILLAGE, now=tx.now)) == [first, second]
