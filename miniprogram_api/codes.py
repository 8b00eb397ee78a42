"""A scanned door code: what it says depends on who scans it. A stranger learns the village and whom to ask, no name."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.areas import actions
from app.domains.areas import queries as areas
from app.domains.areas.errors import CodeNotFound
from app.kernel.access import Actor
from app.kernel.transaction import reading, transaction
from app.kernel.values import local_day, mask_name
from app.web.answers import answer
from app.web.forms import Form, Shape
from app.web.routes import actor, blueprint, runtime, signed_in

api = blueprint("codes", "门牌码")


class Relation(StrEnum):
    """What the household is to the one who scans."""

    zone = "zone"
    own = "own"
    area = "area"
    other = "other"


class TokenForm(Form):
    """What stands behind /d/ in the code."""

    token: str = Field(pattern=r"^[0-9A-Za-z]{8,64}$", description="门牌码里 /d/ 后面的那一串", repr=False)


class LinkShape(Shape):
    """Who answers for the household, and whether both sides have said yes."""

    id: UUID
    keeper_name: str
    keeper_confirmed: bool
    household_confirmed: bool


class HouseholdPersonShape(Shape):
    """Somebody of the household; the id is what a form names him by."""

    person_id: UUID
    name: str
    relation: str | None


class CardShape(Shape):
    """A household as its keeper, its cadre or itself sees it."""

    household_id: UUID
    group_name: str
    number: str
    head_name: str = Field(description="户主；不是自己联系的户只显示姓")
    flags: list[str]
    last_visited_on: date | None
    people: list[HouseholdPersonShape]
    link: LinkShape | None


class DoorShape(Shape):
    """What a scan says: the card for those who may see it, else the village and whom to ask."""

    relation: Relation
    village: str
    says: str
    household: CardShape | None


@api.post("/household-codes/resolve", summary="扫到的门牌码是谁家", responses={200: DoorShape})
@signed_in
def resolve(body: TokenForm) -> Response:
    """Say what the scanning person may know about the door in front of him."""
    with reading(runtime()) as db:
        shown = _door(db, actor(), body.token)
    if shown.household is not None:
        note_look(shown.household.household_id)
    return answer(shown)


def note_look(household_id: UUID) -> None:
    """Those who live there can see who has opened their household; a transaction of its own, after what was read."""
    with transaction(runtime(), actor()) as tx:
        actions.note_look(tx, household_id)


def _door(db: Session, who: Actor, token: str) -> DoorShape:
    door = areas.resolve_code(db, runtime().vault, token)
    facts = areas.household_facts(db, door.household_id) if door else None
    if facts is None:
        raise CodeNotFound
    village, relation = areas.place_name(db, areas.village_of(facts.area_path)), _relation(who, facts)
    if relation is Relation.other:
        says = f"这是{village}的一户。要找这一户，请问{village}的村干部或网格员。"
        return DoorShape(relation=relation, village=village, says=says, household=None)
    return DoorShape(
        relation=relation,
        village=village,
        says="您家的门牌。" if relation is Relation.own else f"{village}{facts.group_name} {facts.number}",
        household=_card(db, who, facts),
    )


def _relation(who: Actor, facts: areas.HouseholdFacts) -> Relation:
    if who.household_id == facts.household_id:
        return Relation.own
    if not who.covers("households.read", facts.area_path, keeper_id=facts.keeper_id):
        return Relation.other
    return Relation.zone if facts.keeper_id in who.stands_for else Relation.area


def _card(db: Session, who: Actor, facts: areas.HouseholdFacts) -> CardShape:
    name = areas.households_named(db, runtime().vault, [facts.household_id]).get(facts.household_id, "")
    is_plain = facts.household_id == who.household_id or facts.keeper_id in who.stands_for
    return CardShape(
        household_id=facts.household_id,
        group_name=facts.group_name,
        number=facts.number,
        head_name=name if is_plain else mask_name(name),
        flags=list(facts.flags) if facts.household_id != who.household_id else [],
        last_visited_on=local_day(facts.last_visit_at) if facts.last_visit_at else None,
        people=_people(db, who, facts.household_id, is_plain=is_plain),
        link=_link(db, who, facts.household_id),
    )


def _people(db: Session, who: Actor, household_id: UUID, *, is_plain: bool) -> list[HouseholdPersonShape]:
    people = areas.people_of(db, runtime().vault, who, household_id=household_id)
    return [
        HouseholdPersonShape(
            person_id=one.person_id, name=one.name if is_plain else mask_name(one.name), relation=one.relation
        )
        for one in people
    ]


def _link(db: Session, who: Actor, household_id: UUID) -> LinkShape | None:
    link = areas.open_link(db, who, household_id)
    if link is None:
        return None
    return LinkShape(
        id=link.link_id,
        keeper_name=areas.name_of(db, runtime().vault, link.keeper_id),
        keeper_confirmed=link.keeper_confirmed_at is not None,
        household_confirmed=link.household_confirmed_at is not None,
    )
