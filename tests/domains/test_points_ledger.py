"""Points are given, cut, taken back and never changed; the same id again is told the same."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.adapters.database import engine_for
from app.domains.points import actions as points
from app.domains.points import queries
from app.domains.points.actions.moving import lock
from app.domains.points.errors import (
    AlreadyReversed,
    NotEnoughPoints,
    NotReversible,
    TransferDiffers,
    TransferNotFound,
)
from app.domains.points.rules import TransferKind, fund_of
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.settings import Database
from tests.makers.areas import VILLAGE, make_household
from tests.makers.points import an_award, give, make_homes, take_back
from tests.stack import until

NOVEMBER = date(2026, 11, 2)
_OUT_OF_BALANCE = (
    "INSERT INTO points_entry (account_id, version, transfer_id, points, balance, counted_on, at) "
    "SELECT (SELECT id FROM points_account WHERE version = 0), 1, transfer_id, 3, 3, counted_on, at FROM points_entry LIMIT 1"
)
_EMPTY_LINE = (
    "(account_id, version, transfer_id, points, balance, counted_on, at) "
    "SELECT (SELECT id FROM points_account WHERE version = 0), 1, transfer_id, 0, 0, counted_on, at FROM points_entry LIMIT 1"
)
_NO_FLOOR = "ALTER TABLE points_account DROP CONSTRAINT ck_points_account_no_overdraft"


@pytest.fixture
def home(runtime: Runtime) -> UUID:
    """A household without points."""
    return make_homes(runtime, 1)[0]


def balance(runtime: Runtime, account_id: UUID) -> int:
    with reading(runtime) as db:
        return queries.balance_of(db, account_id)


def outcome(awarded: points.Awarded) -> tuple[int, int, str]:
    return awarded.claimed, awarded.given, awarded.cut_by


def health(runtime: Runtime) -> queries.Health:
    with reading(runtime) as db:
        return queries.health(db)


def test_an_award_comes_to_the_household_out_of_the_fund_of_its_village(runtime: Runtime, home: UUID) -> None:
    assert give(runtime, home, 5).given == 5
    assert balance(runtime, home) == 5
    assert balance(runtime, fund_of(VILLAGE)) == -5
    assert health(runtime) == (2, 1, 0, 0, 0, 0, 0)


def test_the_same_award_again_is_told_the_same_and_gives_nothing_more(runtime: Runtime, home: UUID) -> None:
    with transaction(runtime, SYSTEM) as tx:
        award = an_award(tx, home, 8, caps=(points.Cap("season", 10, "quarter"),))
        first = points.award(tx, award)
    give(runtime, home, 9)
    with transaction(runtime, SYSTEM) as tx:
        assert points.award(tx, award) == first
    assert balance(runtime, home) == 17


@pytest.mark.parametrize("change", [{"points": 7}, {"rule_version": "v2"}, {"on": date(2026, 10, 1)}])
def test_an_id_that_was_another_award_is_refused(runtime: Runtime, home: UUID, change: dict[str, object]) -> None:
    with transaction(runtime, SYSTEM) as tx:
        award = an_award(tx, home)
        points.award(tx, award)
    with pytest.raises(TransferDiffers), transaction(runtime, SYSTEM) as tx:
        points.award(tx, replace(award, **change))  # type: ignore[arg-type]
    assert balance(runtime, home) == 5


def test_a_cap_of_the_rule_cuts_what_is_given_and_says_so(runtime: Runtime, home: UUID) -> None:
    caps = (points.Cap("each_time", 6, "event"), points.Cap("in_a_month", 8, "month"))
    assert outcome(give(runtime, home, 9, caps=caps, on=NOVEMBER)) == (9, 6, "each_time")
    assert outcome(give(runtime, home, 9, caps=caps, on=NOVEMBER)) == (9, 2, "in_a_month")
    assert outcome(give(runtime, home, 9, caps=caps, on=NOVEMBER)) == (9, 0, "in_a_month")
    assert give(runtime, home, 4, rule="deed.clean_lane", on=NOVEMBER).given == 4
    assert give(runtime, home, 4, caps=caps, on=date(2026, 12, 1)).given == 4
    assert balance(runtime, home) == 16
    assert health(runtime).is_well


def test_a_household_gets_no_more_than_the_general_cap_of_a_month(runtime: Runtime, home: UUID) -> None:
    most = runtime.presets["points"].household.month
    assert give(runtime, home, most - 1).cut_by == ""
    assert give(runtime, home, 5, rule="deed.other").cut_by == "household_month"
    assert balance(runtime, home) == most


def test_a_village_gives_no_more_than_its_budget_of_a_month(runtime: Runtime) -> None:
    general = runtime.presets["points"]
    each, most = general.household.month, general.village.month
    for home in make_homes(runtime, most // each):
        assert give(runtime, home, each).cut_by == ""
    (late,) = make_homes(runtime, 1)
    assert outcome(give(runtime, late, 3)) == (3, 0, "village_budget_month")
    assert balance(runtime, fund_of(VILLAGE)) == -most


def test_what_was_taken_back_makes_room_again(runtime: Runtime, home: UUID) -> None:
    caps = (points.Cap("season", 10, "quarter"),)
    first = give(runtime, home, 10, caps=caps)
    take_back(runtime, first.transfer_id)
    assert give(runtime, home, 10, caps=caps).given == 10
    assert balance(runtime, home) == 10


def test_a_deduction_stops_at_nought(runtime: Runtime, home: UUID) -> None:
    give(runtime, home, 5)
    taken = give(runtime, home, -8, rule="deed.litter")
    assert (taken.claimed, taken.given, taken.cut_by) == (-8, -5, "floor")
    assert balance(runtime, home) == 0
    assert health(runtime).is_well


def test_a_deduction_makes_no_room_under_a_cap(runtime: Runtime, home: UUID) -> None:
    caps = (points.Cap("season", 10, "quarter"),)
    give(runtime, home, 10, caps=caps)
    give(runtime, home, -4)
    assert give(runtime, home, 3, caps=caps).given == 0


def test_a_reversal_undoes_an_award_once(runtime: Runtime, home: UUID) -> None:
    award = give(runtime, home, 5)
    reversal_id = take_back(runtime, award.transfer_id)
    take_back(runtime, award.transfer_id, transfer_id=reversal_id)
    assert balance(runtime, home) == 0
    with pytest.raises(AlreadyReversed):
        take_back(runtime, award.transfer_id)
    with pytest.raises(NotReversible):
        take_back(runtime, reversal_id)
    with pytest.raises(TransferDiffers):
        take_back(runtime, award.transfer_id, transfer_id=reversal_id, reason="别的原因")
    assert health(runtime).is_well


def test_a_reversal_of_a_deduction_gives_back(runtime: Runtime, home: UUID) -> None:
    give(runtime, home, 5)
    taken = give(runtime, home, -3)
    take_back(runtime, taken.transfer_id)
    assert balance(runtime, home) == 5


def test_points_that_are_gone_cannot_be_taken_back(runtime: Runtime, home: UUID) -> None:
    award = give(runtime, home, 5)
    give(runtime, home, -3)
    with pytest.raises(NotEnoughPoints):
        take_back(runtime, award.transfer_id)
    assert balance(runtime, home) == 2
    assert health(runtime).is_well


def test_what_never_was_cannot_be_taken_back(runtime: Runtime, home: UUID) -> None:
    with pytest.raises(TransferNotFound):
        take_back(runtime, home)


def test_the_reason_of_a_reversal_is_sealed_at_rest(runtime: Runtime, home: UUID) -> None:
    award = give(runtime, home, 5)
    reversal_id = take_back(runtime, award.transfer_id, reason="卢春梅家记重了")
    with reading(runtime) as db:
        told = queries.why(db, runtime.vault, SYSTEM, transfer_id=reversal_id)
        stored = db.execute(text("SELECT string_agg(t::text, '') FROM points_transfer AS t")).scalar_one()
    assert told.reason == "卢春梅家记重了"
    assert told.original_id == award.transfer_id
    assert "卢春梅" not in stored


def test_a_refused_deed_moves_no_points(runtime: Runtime, home: UUID) -> None:
    with pytest.raises(ZeroDivisionError), transaction(runtime, SYSTEM) as tx:
        points.award(tx, an_award(tx, home))
        _ = 1 // 0
    assert health(runtime) == (0, 0, 0, 0, 0, 0, 0)


def test_many_households_are_awarded_in_one_deed(runtime: Runtime) -> None:
    homes = make_homes(runtime, 5)
    with transaction(runtime, SYSTEM) as tx:
        given = points.award_all(tx, [an_award(tx, home, 3) for home in reversed(homes)])
    assert [one.given for one in given] == [3] * 5
    assert [balance(runtime, home) for home in homes] == [3] * 5


def test_two_awards_of_one_household_in_one_deed_share_a_cap(runtime: Runtime, home: UUID) -> None:
    caps = (points.Cap("season", 10, "quarter"),)
    with transaction(runtime, SYSTEM) as tx:
        given = points.award_all(tx, [an_award(tx, home, 8, caps=caps), an_award(tx, home, 8, caps=caps)])
    assert [one.given for one in given] == [8, 2]


def test_two_who_award_at_once_share_a_cap(runtime: Runtime, database: Database, home: UUID) -> None:
    caps = (points.Cap("season", 10, "quarter"),)
    give(runtime, home, 1, caps=caps)
    second: list[points.Awarded] = []
    other = threading.Thread(target=lambda: second.append(give(runtime, home, 6, caps=caps)))
    with transaction(runtime, SYSTEM) as tx:
        lock(tx, [home, fund_of(VILLAGE)])
        other.start()
        until(lambda: somebody_waits(database) or second)
        first = points.award(tx, an_award(tx, home, 6, caps=caps))
    other.join()
    assert (first.given, second[0].given) == (6, 3)


def somebody_waits(database: Database) -> bool:
    """Whether somebody stands before a locked row."""
    owner = engine_for(database, url=database.owner_url, pool_size=1)
    with owner.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one()
    owner.dispose()
    return bool(found)


def test_nobody_can_give_more_than_he_has(runtime: Runtime) -> None:
    rich, poor = make_homes(runtime, 2)
    give(runtime, rich, 5)
    with transaction(runtime, SYSTEM) as tx:
        points.open_accounts(tx, {poor: VILLAGE})
        plan = points.Movement(tx.new_id(), TransferKind.adjustment, rich, poor, 6, VILLAGE, "merge", NOVEMBER, 6)
    with pytest.raises(NotEnoughPoints), transaction(runtime, SYSTEM) as tx:
        points.move(tx, plan)
    with transaction(runtime, SYSTEM) as tx:
        assert points.move(tx, replace(plan, points=5)) == (0, 5, False)
        assert points.move(tx, replace(plan, points=5)) == (0, 5, True)
    with pytest.raises(TransferDiffers), transaction(runtime, SYSTEM) as tx:
        points.move(tx, replace(plan, points=4))


def test_entries_that_do_not_sum_to_zero_are_refused_at_the_commit_even_of_the_owner(
    runtime: Runtime, database: Database, home: UUID
) -> None:
    give(runtime, home, 5)
    with transaction(runtime, SYSTEM) as tx:
        points.open_accounts(tx, {make_household(tx): VILLAGE})
    owner = engine_for(database, url=database.owner_url)
    with owner.connect() as connection:
        connection.execute(text(_OUT_OF_BALANCE))
        with pytest.raises(DBAPIError, match="sum to zero"):
            connection.commit()
    owner.dispose()
    assert health(runtime).is_well


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE points_entry SET points = -6 WHERE points = -5", (1, 1, 0, 0)),
        ("UPDATE points_entry SET points = points * 2 WHERE version = 1", (1, 2, 0, 0)),
        (f"INSERT INTO points_entry {_EMPTY_LINE}", (1, 0, 1, 0)),
        ("DELETE FROM points_entry WHERE version = 2", (1, 2, 2, 0)),
        ("UPDATE points_entry SET balance = 4 WHERE points = 5", (0, 1, 0, 0)),
        ("UPDATE points_entry SET version = 9 WHERE points = 2", (0, 0, 1, 0)),
        ("UPDATE points_account SET balance = 50 WHERE balance = 7", (0, 1, 0, 0)),
        ("UPDATE points_account SET version = 3 WHERE balance = 7", (0, 0, 1, 0)),
        (f"{_NO_FLOOR}; UPDATE points_account SET balance = -1 WHERE balance = 7", (0, 1, 0, 1)),
    ],
)
def test_a_walk_over_the_ledger_sees_whatever_was_tampered_with(
    runtime: Runtime, database: Database, home: UUID, tampering: str, found: tuple[int, ...]
) -> None:
    give(runtime, home, 5)
    give(runtime, home, 2)
    with transaction(runtime, SYSTEM) as tx:
        points.open_accounts(tx, {make_household(tx): VILLAGE})
    owner = engine_for(database, url=database.owner_url)
    with owner.begin() as connection:
        for statement in ("ALTER TABLE points_entry DISABLE TRIGGER USER", *tampering.split("; ")):
            connection.execute(text(statement))
    owner.dispose()
    told = health(runtime)
    assert told[3:] == found
    assert not told.is_well


def test_a_page_of_a_passbook_has_thirty_lines(runtime: Runtime, home: UUID) -> None:
    give(runtime, home, 1)
    with transaction(runtime, SYSTEM) as tx:
        one = points.Movement(home, TransferKind.adjustment, fund_of(VILLAGE), home, 1, VILLAGE, "merge", NOVEMBER, 1)
        for _ in range(30):
            points.move(tx, replace(one, id=tx.new_id()))
    with reading(runtime) as db:
        assert len(queries.passbook(db, SYSTEM, home).lines) == 30
