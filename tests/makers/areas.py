"""Makes places, households, persons, links and door codes for tests, with few arguments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.domains.areas.models import Area, DoorCode, Household, Link, Person
from app.domains.areas.queries import level_of, parent_of
from app.kernel.crypto import random_token
from app.kernel.transaction import Tx

COUNTY = "419001/"
TOWN = "419001/101/"
VILLAGE = "419001/101/203/"
NEXT_VILLAGE = "419001/101/204/"
_NAMES = {COUNTY: "济源市", TOWN: "济源市五龙口镇", VILLAGE: "山口村民委员会", NEXT_VILLAGE: "白龙庙村民委员会"}


def make_area(tx: Tx, path: str = VILLAGE, *, name: str | None = None) -> str:
    """A place and all above it; one that is there already stays."""
    parent = parent_of(path)
    if parent:
        make_area(tx, parent)
    steps = path.rstrip("/").split("/")
    code = (steps[0] + "".join(s.zfill(3) for s in steps[1:3])).ljust(12, "0") + "".join(steps[3:])
    row = {"path": path, "code": code, "level": level_of(path), "parent_path": parent, "is_local": False}
    named = name or _NAMES.get(path, f"{steps[-1]}村民委员会")
    tx.db.execute(insert(Area).values(name=named, closed_on=None, **row).on_conflict_do_nothing())
    return path


def make_person(
    tx: Tx,
    name: str = "段永平",
    *,
    path: str = VILLAGE,
    household_id: UUID | None = None,
    phone: str | None = None,
    id_number: str | None = None,
    birth_year: int | None = 1970,
    relation: str | None = None,
) -> UUID:
    """A person on file."""
    make_area(tx, path)
    person_id = tx.new_id()
    index = tx.vault.index

    def sealed(field: str, text: str | None) -> bytes | None:
        return None if text is None else tx.vault.seal(f"areas_person.{field}:{person_id}", text)

    tx.add(
        Person,
        id=person_id,
        household_id=household_id,
        area_path=path,
        name_sealed=sealed("name", name),
        name_index=index("areas_person.name", name),
        phone_sealed=sealed("phone", phone),
        phone_index=index("areas_person.phone", phone) if phone else None,
        id_number_sealed=sealed("id_number", id_number),
        id_number_index=index("areas_person.id_number", id_number) if id_number else None,
        sex=None,
        birth_year=birth_year,
        relation=relation,
        batch_id=None,
        state="active",
        created_at=tx.now,
    )
    return person_id


def make_household(
    tx: Tx,
    number: str | None = None,
    *,
    path: str = VILLAGE,
    head: str = "卢春梅",
    head_phone: str | None = None,
    keeper_id: UUID | None = None,
    group: str = "一组",
    flags: tuple[str, ...] = (),
    last_visit_at: datetime | None = None,
) -> UUID:
    """A household with its head, and an open link if it has a keeper."""
    make_area(tx, path)
    household_id = tx.new_id()
    tx.add(
        Household,
        id=household_id,
        area_path=path,
        number=number or household_id.hex[-8:],
        group_name=group,
        address_sealed=None,
        head_id=None,
        flags=list(flags),
        keeper_id=keeper_id,
        last_visit_at=last_visit_at,
        batch_id=None,
        state="active",
        created_at=tx.now,
    )
    head_id = make_person(tx, head, path=path, household_id=household_id, phone=head_phone, relation="户主")
    tx.db.execute(update(Household).where(Household.id == household_id).values(head_id=head_id))
    if keeper_id:
        make_link(tx, household_id, keeper_id=keeper_id, path=path)
    return household_id


def make_link(tx: Tx, household_id: UUID, *, keeper_id: UUID, path: str = VILLAGE) -> UUID:
    """The open link between a household and its keeper."""
    link_id = tx.new_id()
    tx.add(
        Link,
        id=link_id,
        household_id=household_id,
        area_path=path,
        keeper_id=keeper_id,
        since=tx.now,
        until=None,
        reason="示例",
        keeper_confirmed_at=None,
        household_confirmed_at=None,
        by_person_id=None,
    )
    return link_id


def make_code(tx: Tx, household_id: UUID) -> str:
    """A door code for a household; the token as it would be printed."""
    code_id, token = tx.new_id(), random_token(24)
    tx.add(
        DoorCode,
        id=code_id,
        household_id=household_id,
        token_index=tx.vault.index("areas_door_code.token", token),
        token_sealed=tx.vault.seal(f"areas_door_code.token:{code_id}", token),
        issued_at=tx.now,
        revoked_at=None,
        reason=None,
    )
    return token
