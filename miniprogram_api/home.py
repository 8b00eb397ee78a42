"""My own household: who belongs to it, who answers for it, and that person's number, so that a call is one tap."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.areas.errors import HouseholdNotFound
from app.kernel.access import Actor
from app.kernel.transaction import reading
from app.kernel.values import local_day
from app.web.answers import answer
from app.web.forms import Shape
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.codes import HouseholdPersonShape

api = blueprint("home", "我们家")


class KeeperShape(Shape):
    """The member who answers for my household."""

    name: str
    phone: str | None = Field(description="一点就打；没有登记号码是空")
    link_id: UUID
    keeper_confirmed: bool
    household_confirmed: bool


class MyHouseholdShape(Shape):
    """My household, as its own people see it."""

    household_id: UUID
    village: str
    group_name: str
    number: str
    my_name: str
    people: list[HouseholdPersonShape]
    last_visited_on: date | None
    keeper: KeeperShape | None


@api.get("/me/household", summary="我们家和联户党员", responses={200: MyHouseholdShape})
@needs("households.read")
def my_household() -> Response:
    """The household one is bound to; who is bound to none has none to see."""
    with reading(runtime()) as db:
        return answer(_mine(db, actor()), etag=True)


def _mine(db: Session, who: Actor) -> MyHouseholdShape:
    vault = runtime().vault
    facts = areas.household_facts(db, who.household_id) if who.household_id else None
    if facts is None or who.person_id is None:
        raise HouseholdNotFound
    people = areas.people_of(db, vault, who, household_id=facts.household_id)
    return MyHouseholdShape(
        household_id=facts.household_id,
        village=areas.place_name(db, areas.village_of(facts.area_path)),
        group_name=facts.group_name,
        number=facts.number,
        my_name=areas.name_of(db, vault, who.person_id),
        people=[HouseholdPersonShape(**one._asdict()) for one in people],
        last_visited_on=local_day(facts.last_visit_at) if facts.last_visit_at else None,
        keeper=_keeper(db, who, facts.household_id),
    )


def _keeper(db: Session, who: Actor, household_id: UUID) -> KeeperShape | None:
    link = areas.open_link(db, who, household_id)
    if link is None:
        return None
    return KeeperShape(
        name=areas.name_of(db, runtime().vault, link.keeper_id),
        phone=areas.phone_of(db, runtime().vault, link.keeper_id),
        link_id=link.link_id,
        keeper_confirmed=link.keeper_confirmed_at is not None,
        household_confirmed=link.household_confirmed_at is not None,
    )
