"""Makes branches and party members for tests."""

from __future__ import annotations

from uuid import UUID

from app.domains.members.models import Branch, Member
from app.kernel.transaction import Tx
from tests.makers.areas import VILLAGE, make_area, make_person


def make_branch(tx: Tx, name: str = "山口村党支部", *, path: str = VILLAGE) -> UUID:
    """A branch of a village."""
    make_area(tx, path)
    branch_id = tx.new_id()
    tx.add(Branch, id=branch_id, area_path=path, name=name)
    return branch_id


def make_member(
    tx: Tx, name: str = "段永平", *, path: str = VILLAGE, phone: str | None = None, branch_id: UUID | None = None
) -> UUID:
    """A party member who is a person of the village; the person's id is the member's."""
    person_id = make_person(tx, name, path=path, phone=phone)
    tx.add(Member, person_id=person_id, branch_id=branch_id, area_path=path, state="active", since=tx.now)
    return person_id
