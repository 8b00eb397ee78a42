"""People who are on no household's roll but act here: cadres of towns and of the county, who live elsewhere."""

from __future__ import annotations

from uuid import UUID

from app.domains.areas.errors import AreaNotFound
from app.domains.areas.models import Person
from app.domains.areas.queries import area
from app.domains.areas.rules.states import State
from app.kernel.access import require
from app.kernel.transaction import Tx
from app.kernel.values import plain


def register_official(tx: Tx, *, name: str, area_path: str, phone: str | None = None) -> UUID:
    """Put a cadre on file at the place where he serves, without a household."""
    require(tx.actor, "grants.write", within=area_path)
    if area(tx.db, area_path) is None:
        raise AreaNotFound
    person_id, name = tx.new_id(), plain(name)
    tx.add(
        Person,
        id=person_id,
        household_id=None,
        area_path=area_path,
        name_sealed=tx.vault.seal(f"areas_person.name:{person_id}", name),
        name_index=tx.vault.index("areas_person.name", name),
        phone_sealed=tx.vault.seal(f"areas_person.phone:{person_id}", phone) if phone else None,
        phone_index=tx.vault.index("areas_person.phone", phone) if phone else None,
        state=State.active,
        created_at=tx.now,
    )
    return person_id
