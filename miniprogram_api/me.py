"""Oneself: who I am and what I may do, what I agree to, my own copy, who looked at my data, closing the account."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.audit import queries as audit
from app.domains.audit.models import Entry
from app.domains.identity import actions as identity
from app.domains.identity import errors
from app.domains.identity import queries as identities
from app.domains.identity.preset import ConsentText, Role
from app.domains.members import queries as members
from app.domains.notices import queries as notices
from app.kernel.access import Actor
from app.kernel.crypto import Vault
from app.kernel.transaction import Tx, reading, transaction
from app.kernel.values import mask_name, mask_phone
from app.web.answers import answer, once
from app.web.forms import Form, Shape
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.session import DoneShape

api = blueprint("me", "我的")

_DEEDS = {
    "persons.unmask": "看了您的姓名和电话",
    "households.opened": "看了您家的情况",
    "slips.issued": "给您开了一张绑定纸条",
    "bindings.made": "用您的手机号或纸条认了人",
    "bindings.active": "确认了您是这一户的人",
    "bindings.refused": "说您不是这一户的人",
    "bindings.ended": "解除了绑定",
    "grants.given": "给了您一个角色",
    "grants.taken_back": "收回了您的一个角色",
    "proxies.given": "说好了谁可以替您办事",
    "proxies.ended": "收回了一份委托",
    "cases.open": "替您说了一件事",
    "appraisals.declare": "替您家报了好事",
    "staff.add": "给您开了工作账号",
}
# Whoever opens others' data by his office stands by his whole name.
_BY_OFFICE = {"persons.unmask", "households.opened", "slips.issued"}


class PersonShape(Shape):
    """The person behind the account, as it may be seen over a shoulder."""

    id: UUID
    name: str = Field(description="遮住名字，如 张**")
    phone: str | None = Field(description="遮住中间四位")
    household_id: UUID | None
    place: str


class BindingShape(Shape):
    """What the account stands for or waits for."""

    id: UUID
    way: str
    state: str
    requested_at: datetime


class RoleShape(Shape):
    """One role and where it holds."""

    role: str
    name: str
    area_path: str
    place: str


class MeShape(Shape):
    """Who I am, what I stand for, what I may do."""

    account_id: UUID
    kind: str
    must_change_password: bool
    person: PersonShape | None
    binding: BindingShape | None
    roles: list[RoleShape]
    functions: list[str] = Field(description="能办的事：权限名，后面可带 @zone（联系的户）或 @own（自家）")
    unread_count: int = Field(description="没看过的消息")
    texts_to_read: list[str] = Field(description="还没有答复的必读说明")
    branch: str | None = Field(description="自己所在的党支部；名册里没有写就是空")


class ConsentShape(Shape):
    """One text and what was answered to it."""

    purpose: str
    title: str
    version: str
    text: str
    is_needed: bool
    is_given: bool | None = Field(description="没有答复过就是空")
    answered_version: str | None
    answered_at: datetime | None


class ConsentsShape(Shape):
    """All texts in force."""

    items: list[ConsentShape]


class ConsentForm(Form):
    """A yes or no to one text."""

    id: UUID
    purpose: str = Field(max_length=40)
    version: str = Field(max_length=40)
    is_given: bool


class ReaderShape(Shape):
    """Somebody did something with my data."""

    at: datetime
    who: str
    did: str
    reason: str | None


class ReadersShape(Shape):
    """Who did what with my data, newest first."""

    items: list[ReaderShape]


class CopyShape(Shape):
    """Everything that is kept about me, table by table."""

    made_at: datetime
    tables: dict[str, list[dict[str, Any]]] = Field(description="每张表里和我有关的行；别人的事只留编号")


class CloseQuery(Form):
    """Whether closing is meant."""

    confirm: bool = False


@api.get("/me", summary="我是谁、能办什么", responses={200: MeShape})
@needs("me.read")
def me() -> Response:
    """Who is signed in."""
    here, who = runtime(), actor()
    with reading(here) as db:
        shape = _me(db, here.vault, who, roles=here.presets["roles"], texts=here.presets["consents"])
    response = answer(shape, etag=True)
    response.headers["X-Server-Time"] = str(round(here.clock.now().timestamp() * 1000))  # phones are often hours off
    return response


def _me(db: Session, vault: Vault, who: Actor, *, roles: dict[str, Role], texts: dict[str, ConsentText]) -> MeShape:
    assert who.account_id is not None
    binding, said = identities.binding_of(db, who.account_id), identities.consents_of(db, who.account_id)
    places = areas.place_names(db, {g.path for g in who.grants})
    return MeShape(
        account_id=who.account_id,
        kind=who.kind,
        must_change_password=identities.must_change(db, who.account_id),
        person=_person(db, vault, who),
        binding=binding and BindingShape.model_validate(binding, from_attributes=True),
        roles=[
            RoleShape(role=g.role, name=roles[g.role].name, area_path=g.path, place=places[g.path])
            for g in who.grants
            if g.path in places
        ],
        functions=sorted({permission for g in who.grants for permission in g.permissions}),
        unread_count=notices.unread_count(db, who.person_id) if who.person_id else 0,
        texts_to_read=[purpose for purpose, text in texts.items() if text.is_needed and purpose not in said],
        branch=members.branch_of(db, who.person_id) if who.person_id and not who.through_id else None,
    )


def _person(db: Session, vault: Vault, who: Actor) -> PersonShape | None:
    facts = areas.person_facts(db, who.person_id) if who.person_id else None
    if facts is None:
        return None
    phone = areas.phone_of(db, vault, facts.person_id)
    return PersonShape(
        id=facts.person_id,
        name=mask_name(areas.name_of(db, vault, facts.person_id)),
        phone=phone and mask_phone(phone),
        household_id=facts.household_id,
        place=areas.place_name(db, facts.area_path),
    )


@api.get("/consents", summary="各项说明和我的答复", responses={200: ConsentsShape})
@needs("me.read")
def consents() -> Response:
    """Every text in force, with the newest answer to it."""
    here = runtime()
    with reading(here) as db:
        said = identities.consents_of(db, actor().account_id)
    texts: dict[str, ConsentText] = here.presets["consents"]
    return answer(ConsentsShape(items=[_consent(p, text, said.get(p)) for p, text in texts.items()]), etag=True)


def _consent(purpose: str, text: ConsentText, said: Any) -> ConsentShape:
    return ConsentShape(
        purpose=purpose,
        **text.model_dump(),
        is_given=said and said.is_given,
        answered_version=said and said.version,
        answered_at=said and said.at,
    )


@api.post("/consents", summary="同意或收回", responses={201: DoneShape})
@needs("me.write")
def answer_consent(body: ConsentForm) -> Response:
    """Keep a yes or no; taking back is as easy as giving."""

    def work(tx: Tx) -> DoneShape:
        identity.record_consent(
            tx, consent_id=body.id, purpose=body.purpose, version=body.version, is_given=body.is_given
        )
        return DoneShape()

    return once(body.id, body, work, now=lambda _: DoneShape())


@api.post("/me/export", summary="要一份我的资料", responses={200: CopyShape})
@needs("me.read")
def export() -> Response:
    """A copy of everything that is kept about me; that I took it is kept too."""
    here, who = runtime(), actor()
    assert who.account_id is not None
    with transaction(here, who) as tx:
        identity.admit_export(tx)
    with reading(here) as db:
        whose = identities.Whose(who.person_id, (who.account_id,), who.household_id)
        copy = identities.rows_about(db, here.vault, whose)
    return answer({"made_at": here.clock.now().isoformat(), "tables": copy})


@api.get("/me/readers", summary="谁看过我的资料", responses={200: ReadersShape})
@needs("me.read")
def readers() -> Response:
    """Who opened my data, when and why."""
    here, who = runtime(), actor()
    with reading(here) as db:
        found = audit.reads_about(db, who.person_id, own_account=who.account_id) if who.person_id else []
        names = areas.names_of(db, here.vault, {e.person_id for e in found if e.person_id})
    return answer(ReadersShape(items=[_reader(entry, names) for entry in found]))


def _reader(entry: Entry, names: dict[UUID, str]) -> ReaderShape:
    name = names.get(entry.person_id) if entry.person_id else None
    nameless = "一个还没认人的微信" if entry.account_id else "系统管理员"
    return ReaderShape(
        at=entry.at,
        who=(name if entry.action in _BY_OFFICE else mask_name(name)) if name else nameless,
        did=_DEEDS.get(entry.action, "办了一件和您有关的事"),
        reason=entry.reason,
    )


@api.delete("/me", summary="注销账号", responses={200: DoneShape})
@needs("me.write")
def close(query: CloseQuery) -> Response:
    """Close my account, when it is meant."""
    if not query.confirm:
        raise errors.ConfirmClosing(field="confirm")
    with transaction(runtime(), actor()) as tx:
        identity.close_account(tx)
    return answer(DoneShape())
