"""Makes keepers, their households and visits for tests, with few arguments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from app.domains.visits import actions
from app.domains.visits.rules import Entry, Kind, Share, Story
from app.kernel.access import SYSTEM, Actor
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from tests.makers.areas import VILLAGE, make_code, make_household, make_person
from tests.makers.identity import actor_for, signed_in
from tests.makers.members import make_member


class Someone(NamedTuple):
    """A person with a phone in his hand."""

    person_id: UUID
    token: str
    actor: Actor


class Door(NamedTuple):
    """A household with its keeper and its door code."""

    household_id: UUID
    keeper: Someone
    code: str


def make_someone(tx: Tx, person_id: UUID, *roles: str, path: str = VILLAGE) -> Someone:
    """A signed-in person with these roles."""
    token = signed_in(tx, person_id, *roles, path=path)
    return Someone(person_id, token, actor_for(tx, token))


def make_keeper(tx: Tx, name: str = "段永平", *, path: str = VILLAGE) -> Someone:
    """A party member who is signed in."""
    return make_someone(tx, make_member(tx, name, path=path), "party_member", path=path)


def make_cadre(tx: Tx, name: str = "赵建国", *, path: str = VILLAGE, role: str = "village_cadre") -> Someone:
    """A cadre who is signed in."""
    return make_someone(tx, make_person(tx, name, path=path), role, path=path)


def make_villager(tx: Tx, household_id: UUID, name: str = "卢冬生", *, path: str = VILLAGE) -> Someone:
    """Somebody of a household who is signed in."""
    return make_someone(tx, make_person(tx, name, path=path, household_id=household_id), path=path)


def make_door(runtime: Runtime, *, path: str = VILLAGE, keeper: Someone | None = None, **facts: Any) -> Door:
    """A household that somebody keeps, with a code at its door; committed."""
    with transaction(runtime, SYSTEM) as tx:
        keeper = keeper or make_keeper(tx, path=path)
        household_id = make_household(tx, path=path, keeper_id=keeper.person_id, **facts)
        return Door(household_id, keeper, make_code(tx, household_id))


def an_entry(tx: Tx, household_id: UUID | None, *, ago: timedelta = timedelta(), **changes: Any) -> Entry:
    """A visit as a visitor would write it down."""
    facts: dict[str, Any] = {
        "id": tx.new_id(),
        "household_id": household_id,
        "door_code": None,
        "visited_at": tx.now - ago,
        "kind": Kind.door,
        "story": Story(("surroundings",), "路灯不亮", ("路灯",)),
    }
    return Entry(**{**facts, **changes})


def make_visit(runtime: Runtime, door: Door, **changes: Any) -> actions.LoggedVisit:
    """A visit by the door's keeper; committed."""
    with transaction(runtime, door.keeper.actor) as tx:
        return actions.log_visit(tx, an_entry(tx, door.household_id, **changes))


def a_share(words: str = "3 组路口的灯看过了，明天来换", *file_ids: UUID) -> Share:
    """Something to show."""
    return Share(words, tuple(file_ids), has_picture_consent=bool(file_ids))


def visit_body(household_id: UUID | None, visit_id: UUID, visited_at: datetime, **changes: Any) -> dict[str, Any]:
    """A visit as a phone sends it."""
    body = {
        "id": str(visit_id),
        "household_id": str(household_id) if household_id else None,
        "visited_at": visited_at.isoformat(),
        "kind": "door",
        "themes": ["surroundings"],
        "note": "路灯不亮",
        "problems": ["路灯"],
    }
    return {**body, **changes}
