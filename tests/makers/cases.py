"""Makes a village in which cases can be raised, and raises them, for tests with few arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.domains.areas.models import Deputy, Household
from app.domains.cases import actions
from app.domains.cases.actions import Moved, Opened, Opening, Step
from app.domains.cases.models import Case, CaseEntry, Party, Timer
from app.domains.notices.models import Message
from app.kernel.access import SYSTEM, Actor, Grant
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from tests.makers.areas import COUNTY, TOWN, VILLAGE, make_household, make_person
from tests.makers.media import has_sent
from tests.makers.members import make_member
from tests.makers.visits import Someone, make_someone

TOLD = {"text": "路口的灯坏了三天"}
_phones = iter(range(13_900_000_000, 13_999_999_999))


@dataclass(frozen=True, slots=True)
class Roster:
    """Whom a case may come to: a household with two adults, its keeper, and the offices above."""

    household_id: UUID
    villager: Someone
    elder_id: UUID
    keeper: Someone
    clerk: Someone
    secretary: Someone
    agent: Someone
    dispatcher: Someone
    duty_officer: Someone
    checkers: tuple[Someone, ...]


def a_phone() -> str:
    """A number nobody has."""
    return str(next(_phones))


def official(tx: Tx, role: str, name: str, *, path: str = VILLAGE, home: str = VILLAGE) -> Someone:
    """Somebody in an office who can be told by SMS."""
    person_id = make_person(tx, name, path=home, phone=a_phone())
    return make_someone(tx, person_id, role, path=path)


def make_roster(runtime: Runtime, *, path: str = VILLAGE) -> Roster:
    """A village where every office is held by somebody who can be told; committed."""
    with transaction(runtime, SYSTEM) as tx:
        keeper_id = make_member(tx, "段永平", path=path, phone=a_phone())
        keeper = make_someone(tx, keeper_id, "party_member", path=path)
        household_id = make_household(tx, path=path, keeper_id=keeper_id)
        villager_id = make_person(tx, "卢冬生", path=path, household_id=household_id, phone=a_phone())
        elder_id = make_person(tx, "卢老太", path=path, household_id=household_id, birth_year=1941)
        checkers = []
        for name in ("常德海", "龚秀英", "庞建军"):
            other = make_member(tx, f"{name[0]}一民", path=path, phone=a_phone())
            home = make_household(tx, path=path, keeper_id=other, head=f"{name[0]}老三")
            checker_id = make_person(tx, name, path=path, household_id=home, phone=a_phone())
            checkers.append(make_someone(tx, checker_id, "rechecker", path=path))
        return Roster(
            household_id,
            make_someone(tx, villager_id, path=path),
            elder_id,
            keeper,
            official(tx, "clerk", "赵文书", path=path),
            official(tx, "secretary", "孟德胜", path=path),
            official(tx, "agent", "尹小红", path=path),
            official(tx, "dispatcher", "周敏", path=TOWN),
            official(tx, "duty_officer", "丁建华", path=COUNTY),
            tuple(checkers),
        )


def raise_case(
    runtime: Runtime,
    who: Someone,
    *,
    kind: str = "whistle",
    category: str = "habitat",
    form: dict[str, Any] | None = None,
    **more: Any,
) -> Opened:
    """Somebody raises a matter; committed."""
    with transaction(runtime, who.actor) as tx:
        return actions.open_case(tx, Opening(tx.new_id(), kind, category, form or TOLD, **more))


def case_in(tx: Tx, household_id: UUID, person_id: UUID, *, words: str) -> UUID:
    """A matter raised by somebody of a household, in a transaction that is open already."""
    path = tx.db.get_one(Household, household_id).area_path
    roles, before = tx.runtime.presets["roles"], tx.actor
    grant = Grant("villager", path, roles["villager"].permissions)
    tx.actor = Actor("wechat", None, person_id, household_id, (grant,), (person_id,))
    opened = actions.open_case(tx, Opening(tx.new_id(), "whistle", "habitat", {"text": words}, household_id))
    tx.actor = before
    return opened.id


def go(runtime: Runtime, who: Someone | Actor, case_id: UUID, move: str, /, **form: Any) -> Moved:
    """Somebody makes a move, with the pictures that he has sent before; committed."""
    actor = who if isinstance(who, Actor) else who.actor
    with transaction(runtime, actor) as tx:
        has_sent(tx, map(UUID, form.get("photos", ())))
        return actions.move_case(tx, case_id, Step(tx.new_id(), move, form))


def make_absent(tx: Tx, absent_id: UUID, deputy_id: UUID, *, days: int = 7, path: str = VILLAGE) -> None:
    """Somebody is away, and another stands in."""
    row = {"id": tx.new_id(), "absent_id": absent_id, "deputy_id": deputy_id, "area_path": path}
    tx.add(Deputy, **row, since=tx.now, until=tx.now + timedelta(days=days), reason="外出", ended_at=None)


def case_row(runtime: Runtime, case_id: UUID) -> Case:
    """A case as it stands."""
    with reading(runtime) as db:
        return db.get_one(Case, case_id)


def told(runtime: Runtime, person_id: UUID) -> list[str]:
    """The messages that somebody was sent about cases, in the order of the alphabet, without their common beginning."""
    with reading(runtime) as db:
        found = select(Message.template).where(Message.person_id == person_id).order_by(Message.template)
        return [name.removeprefix("case_") for name in db.scalars(found)]


def sitting(runtime: Runtime, case_id: UUID, party: str) -> dict[UUID, str]:
    """Who is in a place, and how."""
    with reading(runtime) as db:
        rows = db.scalars(select(Party).where(Party.case_id == case_id, Party.party == party))
        return {row.person_id: row.state for row in rows}


def timers_of(runtime: Runtime, case_id: UUID) -> dict[str, Timer]:
    """The timers of a case."""
    with reading(runtime) as db:
        return {t.name: t for t in db.scalars(select(Timer).where(Timer.case_id == case_id))}


def timeline(runtime: Runtime, case_id: UUID) -> list[str]:
    """What has happened in a case, in its order."""
    with reading(runtime) as db:
        rows = db.scalars(select(CaseEntry).where(CaseEntry.case_id == case_id).order_by(CaseEntry.position))
        return [row.move or row.kind for row in rows]
