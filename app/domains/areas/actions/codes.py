"""Door codes: a random token that stands for a household, printed on its door, and taken back when a sheet is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select, update

from app.domains.areas.errors import CodeNotFound, HouseholdNotFound
from app.domains.areas.events import DoorCodeRevoked
from app.domains.areas.models import DoorCode, Household
from app.domains.areas.rules.divisions import common_path
from app.domains.areas.rules.states import State
from app.domains.audit import actions as audit
from app.kernel.access import below, scoped
from app.kernel.bulk import copy_rows
from app.kernel.crypto import random_token
from app.kernel.transaction import Tx

_LENGTH = 24
_ONE_ISSUER_AT_A_TIME = 0x4C58_0002
_COLUMNS = ("id", "household_id", "token_index", "token_sealed", "issued_at")
_HAS_NONE = ~exists().where(DoorCode.household_id == Household.id, DoorCode.revoked_at.is_(None))


def issue_code(tx: Tx, household_id: UUID) -> None:
    """See that a household has a code; one that opens stays as it is, for it hangs on the door."""
    if tx.db.scalar(_households(tx).where(Household.id == household_id)) is None:
        raise HouseholdNotFound
    _issue(tx, _households(tx).where(Household.id == household_id, _HAS_NONE))


def issue_missing(tx: Tx, path: str) -> int:
    """See that every household of a place has a code; how many are new."""
    return _issue(tx, _households(tx).where(below(Household.area_path, path), _HAS_NONE))


def revoke_code(tx: Tx, household_id: UUID, *, reason: str) -> None:
    """A household's code opens nothing any more: its sheet was lost or copied."""
    household = tx.db.scalars(_households(tx).where(Household.id == household_id).with_for_update()).one_or_none()
    if household is None:
        raise HouseholdNotFound
    open_one = update(DoorCode).where(DoorCode.household_id == household_id, DoorCode.revoked_at.is_(None))
    gone = tx.db.scalars(open_one.values(revoked_at=tx.now, reason=reason).returning(DoorCode.id)).all()
    if not gone:
        raise CodeNotFound
    path = household.area_path
    audit.record(tx, action="codes.revoked", subject="door_code", subject_id=gone[0], area_path=path, reason=reason)
    tx.emit(DoorCodeRevoked(household_id, path, reason))


def _households(tx: Tx) -> Select[Household]:
    return scoped(tx.actor, "codes.issue", Household).where(Household.state == State.active)


def _issue(tx: Tx, lacking: Select[Household]) -> int:
    """New codes for households that have none; one issuer at a time, so that no household gets two."""
    tx.db.execute(select(func.pg_advisory_xact_lock(_ONE_ISSUER_AT_A_TIME)))
    households = tx.db.scalars(lacking.order_by(Household.id)).all()
    if not households:
        return 0
    copy_rows(tx.db, DoorCode, columns=_COLUMNS, rows=(_row(tx, h.id) for h in households))
    path = common_path([h.area_path for h in households])
    count = {"count": len(households)}
    audit.record(tx, action="codes.issued", subject="door_code", subject_id=None, area_path=path, detail=count)
    return len(households)


def _row(tx: Tx, household_id: UUID) -> Sequence[Any]:
    code_id, token = tx.new_id(), random_token(_LENGTH)
    index = tx.vault.index("areas_door_code.token", token)
    return code_id, household_id, index, tx.vault.seal(f"areas_door_code.token:{code_id}", token), tx.now
