"""The one way in which points move: the database's function, told everything that a transfer keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from app.domains.points.errors import AccountNotFound, NotEnoughPoints, TransferDiffers
from app.domains.points.models import PointsAccount
from app.domains.points.rules import AccountKind, TransferKind, fund_of
from app.kernel.access import unscoped
from app.kernel.driver import run
from app.kernel.errors import Refusal
from app.kernel.transaction import Tx

_REFUSALS: Mapping[str, type[Refusal]] = {
    "PT002": AccountNotFound,
    "PT003": TransferDiffers,
    "PT004": NotEnoughPoints,
}
_LOCK = "SELECT id, balance FROM points_lock(%(ids)s)"
_MOVE = """
SELECT from_balance, to_balance, is_replay FROM points_move(
    %(id)s, %(kind)s, %(from_id)s, %(to_id)s, %(points)s, %(at)s, %(area_path)s, %(household_id)s, %(deed_by_id)s,
    %(rule)s, %(rule_name)s, %(rule_version)s, %(subject)s, %(subject_id)s, %(claimed)s, %(cut_by)s, %(caps_version)s,
    %(counted_on)s, %(original_id)s, %(reason_sealed)s, %(made_by_id)s)
"""


@dataclass(frozen=True, slots=True)
class Movement:
    """So many points from one account to another, and why."""

    id: UUID
    kind: TransferKind
    from_id: UUID
    to_id: UUID
    points: int
    area_path: str
    rule: str
    counted_on: date
    claimed: int
    household_id: UUID | None = None
    deed_by_id: UUID | None = None
    rule_name: str = ""
    rule_version: str = ""
    subject: str = ""
    subject_id: UUID | None = None
    cut_by: str = ""
    original_id: UUID | None = None
    reason_sealed: bytes | None = None


class Moved(NamedTuple):
    """The balances after a transfer, and whether it had been made before."""

    from_balance: int
    to_balance: int
    is_replay: bool


def move(tx: Tx, movement: Movement) -> Moved:
    """Make a transfer; the same id with the same content again is told the same, with another content it is refused."""
    facts: dict[str, Any] = asdict(movement)
    facts |= {
        "kind": movement.kind.value,
        "at": tx.now,
        "made_by_id": tx.actor.person_id,
        "caps_version": tx.runtime.presets["points_version"],
    }
    try:
        row = run(tx.db.connection(), _MOVE, facts).fetchone()
    except DBAPIError as refused:
        _refuse(refused)
    assert row is not None
    return Moved(*row)


def _refuse(refused: DBAPIError) -> NoReturn:
    kind = _REFUSALS.get(getattr(refused.orig, "sqlstate", None) or "")
    if kind is None:
        raise refused
    raise kind from refused


def lock(tx: Tx, account_ids: Collection[UUID]) -> dict[UUID, int]:
    """Hold these accounts until the deed is done, in the order of their ids; answers their balances."""
    rows = run(tx.db.connection(), _LOCK, {"ids": list(account_ids)})
    return dict(rows.fetchall())


@unscoped("follows from a judgement about the household; the account is empty")
def open_accounts(tx: Tx, households: Mapping[UUID, str], *, villages: Collection[str] = ()) -> None:
    """Open the accounts of households (id → place) and of villages' funds that are not there yet."""
    homes = [_row(tx, AccountKind.household, key, path=path) for key, path in households.items()]
    funds = [_row(tx, AccountKind.fund, fund_of(path), path=path) for path in villages]
    rows = sorted([*homes, *funds], key=lambda row: row["id"])
    tx.db.execute(insert(PointsAccount).values(rows).on_conflict_do_nothing(index_elements=[PointsAccount.id]))


def _row(tx: Tx, kind: AccountKind, key: UUID, *, path: str) -> dict[str, Any]:
    household_id = key if kind is AccountKind.household else None
    return {"id": key, "kind": kind.value, "household_id": household_id, "area_path": path, "opened_at": tx.now}
