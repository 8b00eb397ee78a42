"""Questions about door codes: which household a scanned token stands for."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domains.areas.models import DoorCode, Household
from app.domains.areas.queries.households import DoorFacts
from app.domains.areas.rules.states import State
from app.kernel.access import unscoped
from app.kernel.crypto import Vault

_RESOLVED = (
    select(Household.id, Household.area_path, Household.keeper_id, Household.last_visit_at)
    .join(DoorCode, DoorCode.household_id == Household.id)
    .where(
        DoorCode.token_index == bindparam("index"),
        DoorCode.revoked_at.is_(None),
        Household.state == State.active,
    )
)


@unscoped("whoever stands at the door holds the token; what he may see is decided by the caller")
def resolve_code(db: Session, vault: Vault, token: str) -> DoorFacts | None:
    """The household behind a token; None for a token that was never issued or was revoked."""
    row = db.execute(_RESOLVED, {"index": vault.index("areas_door_code.token", token)}).first()
    return None if row is None else DoorFacts(*row)


@unscoped("asked by the machine itself to show whether a household has a code")
def has_code(db: Session, household_id: UUID) -> bool:
    """Whether a household has a code that opens."""
    open_one = select(DoorCode.id).where(DoorCode.household_id == household_id, DoorCode.revoked_at.is_(None))
    return db.scalar(open_one) is not None
