"""Leaving something to somebody else: who may act for my household, for whom I may act; give it, enter a paper, end it.

Whoever acts for a person says so with every request (`X-Acts-For: <person>`; in the queue, `acts_for` of the item). Without a
consent in force that household does not exist for him.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.identity import actions as identity
from app.domains.identity import queries as identities
from app.domains.identity.preset import Proxies
from app.kernel.transaction import Tx, reading, transaction
from app.kernel.values import SHANGHAI
from app.web.answers import answer, once
from app.web.forms import Form, Shape
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.session import DoneShape

api = blueprint("proxies", "帮老人办")


class ProxyPath(Form):
    """Which one."""

    proxy_id: UUID


class NamedForm(Form):
    """Somebody as he is named: a housemate by his id, anybody else by name and number."""

    person_id: UUID | None = None
    name: str = Field(default="", max_length=40, repr=False)
    phone: str = Field(default="", max_length=20, repr=False)


class ProxyForm(Form):
    """What is left to whom; the last day counts in full."""

    id: UUID
    for_person_id: UUID | None = Field(default=None, description="替谁：不填是本人，也可以是同住的家里人")
    holder: NamedForm
    powers: list[str] = Field(min_length=1, max_length=10)
    last_day: date


class ProxyPaperForm(ProxyForm):
    """The same from a paper, for somebody without a phone: who he is, and who was there when he signed."""

    for_person_id: None = None
    number: str = Field(min_length=1, max_length=20, description="老人家的户号")
    name: str = Field(min_length=1, max_length=40, repr=False, description="老人的姓名")
    witness: NamedForm


class PowerShape(Shape):
    """One thing that may be left to somebody."""

    key: str
    name: str


class LeftShape(Shape):
    """What is left to whom until when."""

    id: UUID
    for_person_id: UUID
    for_name: str
    holder_id: UUID
    holder_name: str
    household_id: UUID
    place: str
    powers: list[PowerShape]
    way: str = Field(description="own 本人托的、household 家里人托的、paper 纸上签的")
    since: datetime
    until: datetime


class HousemateShape(Shape):
    """Somebody of my own household."""

    person_id: UUID
    name: str
    relation: str | None


class ProxiesShape(Shape):
    """Who may act for my household, for whom I may act, and what can be left to somebody."""

    given: list[LeftShape]
    held: list[LeftShape]
    housemates: list[HousemateShape]
    powers: list[PowerShape]
    most_days: int


@api.get("/proxies", summary="谁能替我家办、我能替谁办", responses={200: ProxiesShape})
@needs("me.read")
def proxies() -> Response:
    """Both sides, as they are now."""
    here, who = runtime(), actor()
    limits: Proxies = here.presets["proxies"]
    now, vault = here.clock.now(), here.vault
    with reading(here) as db:
        home = who.household_id
        given = identities.proxies_over(db, vault, actor=who, household_id=home, now=now) if home else []
        held = identities.proxies_held(db, vault, person_id=who.person_id, now=now) if who.person_id else []
        mates = _housemates(db, home) if home else []
    return answer(
        ProxiesShape(
            given=[_left(one) for one in given],
            held=[_left(one) for one in held],
            housemates=mates,
            powers=_powers(limits.powers),
            most_days=limits.most_days,
        ),
        etag=True,
    )


def _housemates(db: Session, household_id: UUID) -> list[HousemateShape]:
    people = areas.persons_of(db, household_id)
    names = areas.names_of(db, runtime().vault, [one.person_id for one in people])
    return [HousemateShape(person_id=one.person_id, name=names[one.person_id], relation=one.relation) for one in people]


@api.post("/proxies", summary="托人帮忙", responses={201: DoneShape})
@needs("proxies.give")
def give(body: ProxyForm) -> Response:
    """Let somebody act for me or for a housemate until a day."""
    _admit()

    def work(tx: Tx) -> DoneShape:
        identity.give_proxy(tx, _leaving(body, body.for_person_id or tx.actor.person_id))
        return DoneShape()

    return once(body.id, body, work, now=lambda _: DoneShape())


@api.post("/proxies/paper", summary="录一份签字的委托", responses={201: DoneShape})
@needs("proxies.give")
def enter(body: ProxyPaperForm) -> Response:
    """A cadre enters what somebody without a phone has signed before a witness."""
    _admit()

    def work(tx: Tx) -> DoneShape:
        person_id = identity.resident(tx, number=body.number, name=body.name)
        identity.give_proxy(tx, _leaving(body, person_id, witness=_named(body.witness)))
        return DoneShape()

    return once(body.id, body, work, now=lambda _: DoneShape())


@api.delete("/proxies/<uuid:proxy_id>", summary="收回委托", responses={200: DoneShape})
@needs("me.write")
def end(path: ProxyPath) -> Response:
    """Take it back, or give it back, at once."""
    with transaction(runtime(), actor()) as tx:
        identity.end_proxy(tx, path.proxy_id)
    return answer(DoneShape())


def _admit() -> None:
    with transaction(runtime(), actor()) as tx:
        identity.admit_proxy(tx)


def _leaving(body: ProxyForm, person_id: UUID | None, *, witness: identity.Named | None = None) -> identity.Leaving:
    until = datetime.combine(body.last_day, time(), SHANGHAI) + timedelta(days=1)
    whom = person_id or body.id  # nobody has this id: whoever stands for no person finds nobody
    return identity.Leaving(body.id, whom, _named(body.holder), tuple(body.powers), until, witness)


def _named(form: NamedForm) -> identity.Named:
    return identity.Named(form.person_id, form.name, form.phone)


def _powers(keys: Iterable[str]) -> list[PowerShape]:
    limits: Proxies = runtime().presets["proxies"]
    return [PowerShape(key=key, name=limits.powers[key].name) for key in keys if key in limits.powers]


def _left(one: identities.Left) -> LeftShape:
    return LeftShape(
        id=one.proxy_id,
        for_person_id=one.for_person_id,
        for_name=one.for_name,
        holder_id=one.holder_id,
        holder_name=one.holder_name,
        household_id=one.household_id,
        place=one.place,
        powers=_powers(one.powers),
        way=one.way,
        since=one.since,
        until=one.until,
    )
