"""Saying who one is, and saying for one's household or zone whether that is so."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from flask import Response
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from app.domains.identity import actions as identity
from app.domains.identity import queries as identities
from app.domains.identity.ports import CodeRefusal, PhoneNumber, PhoneProvider
from app.kernel.transaction import Tx, reading, transaction
from app.web.answers import answer, once
from app.web.forms import Form, Shape
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.session import DoneShape

api = blueprint("bindings", "认人")


class BindingForm(Form):
    """One of: phone with WeChat's code (or ticket and name), slip with its code, door with its token and a name."""

    id: UUID
    way: Literal["phone", "slip", "door"]
    code: str | None = Field(default=None, min_length=1, max_length=128, repr=False)
    ticket: str | None = Field(default=None, min_length=1, max_length=400, repr=False)
    token: str | None = Field(default=None, min_length=1, max_length=64, repr=False)
    name: str | None = Field(default=None, min_length=1, max_length=40, repr=False)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wanted = {
            "phone": self.code or (self.ticket and self.name),
            "slip": self.code,
            "door": self.token and self.name,
        }
        if not wanted[self.way]:
            raise ValueError("这种方式还缺一项")
        return self


class BoundShape(Shape):
    """What came of it: active, pending (somebody will confirm), or choose (say the name, send the ticket back)."""

    id: UUID
    state: Literal["active", "pending", "choose"]
    ticket: str | None = None
    names: list[str] = Field(default=[], description="共用这个手机号的人，遮住名字")


class ClaimShape(Shape):
    """Somebody who says he belongs to a household."""

    id: UUID
    household_id: UUID
    name: str = Field(description="遮住名字")
    relation: str | None
    place: str
    group_name: str
    number: str
    requested_at: datetime


class ClaimsShape(Shape):
    """All that wait for my word."""

    items: list[ClaimShape]


class BindingPath(Form):
    """Which claim."""

    binding_id: UUID


class DecisionForm(Form):
    """Whether I know this person."""

    id: UUID
    is_known: bool


class DecidedShape(Shape):
    """What has become of the claim."""

    id: UUID
    state: str


@api.post("/bindings", summary="说我是谁", responses={201: BoundShape})
@needs("me.write")
def bind(body: BindingForm) -> Response:
    """Count the try, ask WeChat outside of any transaction, then bind."""
    here = runtime()
    with transaction(here, actor()) as tx:
        identity.admit_binding(tx, door_token=body.token or "")
    found = here.port(PhoneProvider).number(body.code) if body.way == "phone" and body.code else None
    return once(
        body.id, body, lambda tx: _shape(body.id, _bound(tx, body, found)), now=lambda db: _standing(db, body.id)
    )


def _standing(db: Session, binding_id: UUID) -> BoundShape | None:
    """How the claim stands now; nothing for one that came to nothing, and for a name that was never said."""
    state = identities.state_of(db, actor(), binding_id)
    return BoundShape(id=binding_id, state=state) if state in {"active", "pending"} else None


def _bound(tx: Tx, body: BindingForm, found: PhoneNumber | CodeRefusal | None) -> identity.Bound | identity.Choice:
    if found is not None:
        return identity.bind_by_phone(tx, binding_id=body.id, found=found, name=body.name)
    if body.way == "phone":
        return identity.bind_by_ticket(tx, binding_id=body.id, ticket=body.ticket or "", name=body.name or "")
    if body.way == "slip":
        return identity.bind_by_slip(tx, binding_id=body.id, code=body.code or "")
    return identity.ask_at_door(tx, binding_id=body.id, token=body.token or "", name=body.name or "")


def _shape(binding_id: UUID, bound: identity.Bound | identity.Choice) -> BoundShape:
    if isinstance(bound, identity.Choice):
        return BoundShape(id=binding_id, state="choose", ticket=bound.ticket, names=list(bound.names))
    return BoundShape(id=binding_id, state="active" if bound.state == "active" else "pending")


@api.get("/bindings/waiting", summary="等我认的人", responses={200: ClaimsShape})
@needs("bindings.confirm")
def waiting() -> Response:
    """Who says he belongs to my household or to one of my zone."""
    here = runtime()
    with reading(here) as db:
        found = identities.waiting_for(db, here.vault, actor(), now=here.clock.now())
    return answer(ClaimsShape(items=[_waiting(one) for one in found]))


def _waiting(one: identities.Waiting) -> ClaimShape:
    told = one._asdict()
    return ClaimShape(id=told.pop("binding_id"), name=told.pop("masked_name"), **told)


@api.post("/bindings/<uuid:binding_id>/decide", summary="是，或不是", responses={201: DecidedShape})
@needs("bindings.confirm")
def decide(path: BindingPath, body: DecisionForm) -> Response:
    """Say whether this person belongs to the household."""

    def work(tx: Tx) -> DecidedShape:
        state = identity.decide_binding(tx, binding_id=path.binding_id, is_known=body.is_known)
        return DecidedShape(id=path.binding_id, state=state)

    return once(body.id, body, work, now=lambda db: _decided(db, path.binding_id))


def _decided(db: Session, binding_id: UUID) -> DecidedShape | None:
    """How the claim stands now, for who decided it and may still decide there."""
    state = identities.state_decided_by(db, actor(), binding_id)
    return DecidedShape(id=binding_id, state=state) if state else None


@api.delete("/bindings/mine", summary="解除", responses={200: DoneShape})
@needs("me.write")
def unbind() -> Response:
    """This account no longer stands for anybody."""
    with transaction(runtime(), actor()) as tx:
        identity.unbind(tx)
    return answer(DoneShape())
