"""A household is given points, or loses some, for something that was judged; caps and the village's budget may cut it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from app.domains.areas import queries as areas
from app.domains.points import queries, rules
from app.domains.points.actions.moving import Movement, lock, move, open_accounts
from app.domains.points.errors import TransferDiffers
from app.domains.points.events import PointsMoved
from app.domains.points.models import Transfer
from app.domains.points.rules import Award, Given, Room, TransferKind
from app.kernel.access import unscoped
from app.kernel.transaction import Tx

if TYPE_CHECKING:
    from app.domains.points.preset import PointsCaps


@dataclass(frozen=True, slots=True)
class Awarded:
    """What was asked for, what was given, and which cap made the difference (empty when none did)."""

    transfer_id: UUID
    claimed: int
    given: int
    cut_by: str


def award(tx: Tx, award: Award) -> Awarded:
    """Give a household its points (or take some, below zero); the same id again is told the same."""
    return award_all(tx, [award])[0]


def award_all(tx: Tx, awards: Sequence[Award]) -> list[Awarded]:
    """Give several households their points in one deed."""
    homes = {one.household_id: one.area_path for one in awards}
    villages = {areas.village_of(one.area_path) for one in awards}
    open_accounts(tx, homes, villages=villages)
    balances = lock(tx, [*homes, *map(rules.fund_of, villages)])
    return [_give(tx, one, balances) for one in awards]


@unscoped("follows from a judgement about the household; the id is the caller's own")
def _give(tx: Tx, award: Award, balances: dict[UUID, int]) -> Awarded:
    if found := tx.db.get(Transfer, award.transfer_id):
        return _told_again(found, award)
    given = rules.cut(award.points, _rooms(tx, award), balance=balances[award.household_id])
    moved = move(tx, _movement(award, given))
    balance = moved.from_balance if award.points < 0 else moved.to_balance
    balances[award.household_id] = balance
    tx.emit(_event(award, given, balance))
    return Awarded(award.transfer_id, award.points, given.points, given.cut_by)


def _told_again(found: Transfer, award: Award) -> Awarded:
    then = (found.household_id, found.rule, found.rule_version, found.subject, found.subject_id, found.claimed)
    asked = (award.household_id, award.rule, award.rule_version, award.subject, award.subject_id, award.points)
    if then != asked or found.counted_on != award.on or found.kind == TransferKind.reversal:
        raise TransferDiffers
    return Awarded(found.id, found.claimed, queries.signed(found), found.cut_by)


def _rooms(tx: Tx, award: Award) -> Iterator[Room]:
    """What the rule's own caps leave, then those of the household, then the village's budget."""
    if award.points < 0:
        return
    general: PointsCaps = tx.runtime.presets["points"]
    fund = rules.fund_of(areas.village_of(award.area_path))
    for cap in award.caps:
        used = 0 if cap.per == "event" else _used(tx, award, award.household_id, per=cap.per, rule=award.rule)
        yield Room(cap.key, cap.most - used)
    yield Room("household_month", general.household.month - _used(tx, award, award.household_id, per="month"))
    yield Room("household_year", general.household.year - _used(tx, award, award.household_id, per="year"))
    yield Room("village_budget_month", general.village.month - _used(tx, award, fund, per="month"))
    yield Room("village_budget_year", general.village.year - _used(tx, award, fund, per="year"))


def _used(tx: Tx, award: Award, account_id: UUID, *, per: rules.Per, rule: str | None = None) -> int:
    return queries.awarded_between(tx.db, account_id, rules.period_of(per, award.on), rule=rule)


def _movement(award: Award, given: Given) -> Movement:
    fund = rules.fund_of(areas.village_of(award.area_path))
    is_award = award.points >= 0
    return Movement(
        id=award.transfer_id,
        kind=TransferKind.award if is_award else TransferKind.deduction,
        from_id=fund if is_award else award.household_id,
        to_id=award.household_id if is_award else fund,
        points=abs(given.points),
        area_path=award.area_path,
        rule=award.rule,
        counted_on=award.on,
        claimed=award.points,
        household_id=award.household_id,
        deed_by_id=award.person_id,
        rule_name=award.rule_name,
        rule_version=award.rule_version,
        subject=award.subject,
        subject_id=award.subject_id,
        cut_by=given.cut_by,
    )


def _event(award: Award, given: Given, balance: int) -> PointsMoved:
    return PointsMoved(
        transfer_id=award.transfer_id,
        household_id=award.household_id,
        area_path=award.area_path,
        points=given.points,
        balance=balance,
        rule=award.rule,
        subject=award.subject,
        subject_id=award.subject_id,
        rule_name=award.rule_name,
        claimed=award.points,
        cut_by=given.cut_by,
        kind=TransferKind.award.value if award.points >= 0 else TransferKind.deduction.value,
        person_id=award.person_id,
    )
