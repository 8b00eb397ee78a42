"""Questions about points: a household's balance and entries, why an entry is there, and whether the ledger is whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from app.domains.areas.models import Household
from app.domains.points.errors import AccountNotFound, TransferNotFound
from app.domains.points.models import Entry, PointsAccount, Transfer
from app.domains.points.rules import AccountKind, TransferKind
from app.kernel.access import Actor, reach, unscoped
from app.kernel.crypto import Vault

READ = "points.read"
_HEALTH = text("""
SELECT * FROM (WITH lines AS (
    SELECT account_id, version, balance,
        sum(points) OVER (PARTITION BY account_id ORDER BY version) AS told,
        row_number() OVER (PARTITION BY account_id ORDER BY version) AS place
    FROM points_entry
), accounts AS (
    SELECT account_id, count(*) AS lines, count(*) FILTER (WHERE balance <> told) AS wrong,
        count(*) FILTER (WHERE version <> place) AS gaps
    FROM lines GROUP BY account_id
), sums AS (
    SELECT account_id, sum(points) AS total FROM points_entry GROUP BY account_id
), pairs AS (
    SELECT transfer_id, sum(points) AS total, count(*) AS lines, max(points) AS most FROM points_entry GROUP BY transfer_id
)
SELECT
    (SELECT count(*) FROM points_account),
    (SELECT count(*) FROM points_transfer),
    (SELECT coalesce(sum(balance), 0) FROM points_account),
    (SELECT count(*) FROM points_transfer AS t LEFT JOIN pairs AS p ON p.transfer_id = t.id
        WHERE p.total IS DISTINCT FROM 0 OR p.lines IS DISTINCT FROM 2 OR p.most IS DISTINCT FROM t.points),
    (SELECT count(*) FROM points_account AS a LEFT JOIN sums AS s ON s.account_id = a.id
        LEFT JOIN accounts AS l ON l.account_id = a.id
        WHERE a.balance <> coalesce(s.total, 0) OR coalesce(l.wrong, 0) > 0),
    (SELECT count(*) FROM points_account AS a LEFT JOIN accounts AS l ON l.account_id = a.id
        WHERE a.version <> coalesce(l.lines, 0) OR coalesce(l.gaps, 0) > 0),
    (SELECT count(*) FROM points_account WHERE kind <> 'fund' AND balance < 0)
) AS found
""")


class Health(NamedTuple):
    """What a walk over the whole ledger finds; everything after the counts should be nought."""

    accounts: int
    transfers: int
    total: int
    unbalanced: int
    drifting: int
    gaps: int
    negative: int

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self[2:])


class Line(NamedTuple):
    """One entry of a household, with what it was for."""

    transfer_id: UUID
    version: int
    at: datetime
    counted_on: date
    points: int
    balance: int
    kind: str
    rule_name: str
    claimed: int
    cut_by: str
    rule: str
    rule_version: str


@dataclass(frozen=True, slots=True)
class Passbook:
    """A household's balance and a page of its entries, the newest first."""

    household_id: UUID
    balance: int
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Why:
    """All that is kept about one transfer of a household: down to the deed and the rule it was judged by."""

    line: Line
    household_id: UUID | None
    caps_version: str
    subject: str
    subject_id: UUID | None
    original_id: UUID | None
    reversed_by_id: UUID | None
    reason: str | None


def signed(transfer: Transfer) -> int:
    """What a transfer was for its household: more, or below zero less."""
    return transfer.points if transfer.to_id == transfer.household_id else -transfer.points


def reason_of(vault: Vault, transfer: Transfer) -> str | None:
    """Why a transfer was taken back, as it was written."""
    if transfer.reason_sealed is None:
        return None
    return vault.open(f"points_transfer.reason:{transfer.id}", transfer.reason_sealed)


@unscoped("a number, told to whoever has reached the household already")
def balance_of(db: Session, household_id: UUID) -> int:
    """A household's points; nought before its first."""
    return db.scalar(select(PointsAccount.balance).where(PointsAccount.id == household_id)) or 0


@unscoped("the caps of a household or a village are reckoned by the machine; only a sum comes back")
def awarded_between(db: Session, account_id: UUID, days: tuple[date, date], *, rule: str | None = None) -> int:
    """How many points an account was awarded (a fund: has awarded) from a day until before another, less what was taken back."""
    first, after = days
    fund = select(PointsAccount.kind == AccountKind.fund).where(PointsAccount.id == account_id).scalar_subquery()
    is_taken_back = and_(Transfer.kind == TransferKind.reversal, (Entry.points < 0) != fund)
    counts = (
        select(func.coalesce(func.sum(Entry.points), 0))
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(Entry.account_id == account_id, Entry.counted_on >= first, Entry.counted_on < after)
        .where(or_(Transfer.kind == TransferKind.award, is_taken_back))
    )
    if rule is not None:
        counts = counts.where(Transfer.rule == rule)
    return abs(int(db.scalar(counts) or 0))


@unscoped("a sum, told to whoever has reached the household already")
def judged_between(db: Session, household_id: UUID, days: tuple[date, date]) -> int:
    """What judgements have brought a household and taken from it in a period, less what was put right; never what was spent."""
    original = aliased(Transfer)
    first, after = days
    judged = (TransferKind.award, TransferKind.deduction)
    found = (
        select(func.coalesce(func.sum(Entry.points), 0))
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(original, original.id == Transfer.original_id)
        .where(Entry.account_id == household_id, Entry.counted_on >= first, Entry.counted_on < after)
        .where(or_(Transfer.kind.in_(judged), original.kind.in_(judged)))
    )
    return int(db.scalar(found) or 0)


@unscoped("a sum, told to whoever has reached the household already")
def moved_since(db: Session, household_id: UUID, since: datetime) -> int:
    """By how much a household's balance has changed since a moment."""
    moved = select(func.coalesce(func.sum(Entry.points), 0)).where(Entry.account_id == household_id, Entry.at >= since)
    return int(db.scalar(moved) or 0)


def passbook(db: Session, actor: Actor, household_id: UUID, *, before: int | None = None, limit: int = 30) -> Passbook:
    """A household's balance and entries for those who may see them; `before` is the version where the page goes on."""
    if db.scalar(select(Household.id).where(reach(actor, READ, Household), Household.id == household_id)) is None:
        raise AccountNotFound
    page = _lines().where(Entry.account_id == household_id).order_by(Entry.version.desc()).limit(limit)
    if before is not None:
        page = page.where(Entry.version < before)
    return Passbook(household_id, balance_of(db, household_id), [Line(*row) for row in db.execute(page)])


@unscoped("a piece of a select: whoever uses it says which household")
def _lines() -> Select[*tuple[Any, ...]]:
    return select(
        Entry.transfer_id,
        Entry.version,
        Entry.at,
        Entry.counted_on,
        Entry.points,
        Entry.balance,
        Transfer.kind,
        Transfer.rule_name,
        Transfer.claimed,
        Transfer.cut_by,
        Transfer.rule,
        Transfer.rule_version,
    ).join(Transfer, Transfer.id == Entry.transfer_id)


def why(db: Session, vault: Vault, actor: Actor, *, transfer_id: UUID) -> Why:
    """Why points came to a household or left it, for those who may see its points."""
    back = aliased(Transfer)
    mine = reach(actor, READ, Transfer)
    found = db.execute(
        select(Transfer, back.id)
        .outerjoin(back, back.original_id == Transfer.id)
        .where(mine, Transfer.id == transfer_id, Transfer.household_id.is_not(None))
    ).first()
    if found is None:
        raise TransferNotFound
    transfer, reversed_by_id = found
    line = db.execute(_lines().where(Entry.transfer_id == transfer_id, Entry.account_id == transfer.household_id)).one()
    return Why(
        line=Line(*line),
        household_id=transfer.household_id,
        caps_version=transfer.caps_version,
        subject=transfer.subject,
        subject_id=transfer.subject_id,
        original_id=transfer.original_id,
        reversed_by_id=reversed_by_id,
        reason=reason_of(vault, transfer),
    )


@unscoped("counts only, for the operator")
def health(db: Session) -> Health:
    """Walk over the whole ledger: sums, replayed balances, versions without gaps, nobody below zero."""
    return Health(*db.execute(_HEALTH).one())
