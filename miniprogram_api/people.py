"""The office's side of people: slips, roles and who holds them, opening what is hidden of a person, the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from pydantic import Field

from app.domains.audit import queries as audit
from app.domains.identity import actions as identity
from app.domains.identity import queries as identities
from app.kernel.transaction import Tx, reading, transaction
from app.web.answers import answer, once, write
from app.web.forms import Form, Moment, Shape
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.session import DoneShape

api = blueprint("people", "人员与角色")
_ROSTER_PAGE = 200
_AUDIT_PAGE = 30


class PersonPath(Form):
    """Which person."""

    person_id: UUID


class GrantPath(Form):
    """Which role of which person."""

    grant_id: UUID


class ReasonForm(Form):
    """Why something hidden has to be seen."""

    reason: str = Field(min_length=2, max_length=200)


class OpenedShape(Shape):
    """What was hidden; the person can see who opened it and why."""

    id: UUID
    name: str
    phone: str | None


class SlipForm(Form):
    """For whom a slip is printed."""

    id: UUID
    person_id: UUID


class SlipShape(Shape):
    """A slip: the code is told this once."""

    id: UUID
    code: str


class GrantForm(Form):
    """A role for a person over an area."""

    id: UUID
    person_id: UUID
    role: str = Field(max_length=40)
    area_path: str = Field(max_length=60, pattern=r"^([0-9a-z]+/)+$")
    since: Moment | None = None
    until: Moment | None = None


class RosterQuery(Form):
    """Which part of the roster."""

    area: str = Field(max_length=60, pattern=r"^([0-9a-z]+/)+$")
    after: UUID | None = None


class HeldRoleShape(Shape):
    """Who holds which role, where and until when."""

    grant_id: UUID
    person_id: UUID
    masked_name: str
    role: str
    role_name: str
    area_path: str
    place: str
    since: datetime
    until: datetime | None


class RosterShape(Shape):
    """A page of the roster."""

    items: list[HeldRoleShape]
    next: UUID | None


class AuditQuery(Form):
    """Which part of the audit."""

    after: UUID | None = None


class EntryShape(Shape):
    """One line of the audit: ids only, nothing personal."""

    id: UUID
    at: datetime
    account_id: UUID | None
    person_id: UUID | None
    action: str
    subject: str
    subject_id: UUID | None
    about_person_id: UUID | None
    area_path: str
    reason: str | None
    detail: dict[str, Any] | None


class AuditShape(Shape):
    """A page of the audit, newest first."""

    items: list[EntryShape]
    next: UUID | None


@api.post("/persons/<uuid:person_id>/open", summary="看全姓名电话", responses={200: OpenedShape})
@needs("persons.unmask")
def open_person(path: PersonPath, body: ReasonForm) -> Response:
    """Show what is hidden of a person of one's area; each look is kept with its reason."""

    def work(tx: Tx) -> OpenedShape:
        opened = identity.open_person(tx, person_id=path.person_id, reason=body.reason)
        return OpenedShape(id=path.person_id, name=opened.name, phone=opened.phone)

    return write(work)


@api.post("/slips", summary="开一张绑定纸条", responses={201: SlipShape})
@needs("slips.issue")
def issue_slip(body: SlipForm) -> Response:
    """A code for one person, to be printed or written down."""

    def work(tx: Tx) -> SlipShape:
        slip = identity.issue_slip(tx, person_id=body.person_id)
        return SlipShape(id=slip.slip_id, code=slip.code)

    return once(body.id, body, work)


@api.get("/grants", summary="谁有什么角色", responses={200: RosterShape})
@needs("grants.write")
def roster(query: RosterQuery) -> Response:
    """Who holds which role below a place."""
    here = runtime()
    with reading(here) as db:
        held = identities.roster(
            db,
            actor(),
            path=query.area,
            now=here.clock.now(),
            roles=here.presets["roles"],
            vault=here.vault,
            after=query.after,
            limit=_ROSTER_PAGE,
        )
    last = held[-1].grant_id if len(held) == _ROSTER_PAGE else None
    return answer(RosterShape(items=[HeldRoleShape(**one._asdict()) for one in held], next=last))


@api.post("/grants", summary="给人一个角色", responses={201: DoneShape})
@needs("grants.write")
def grant(body: GrantForm) -> Response:
    """Give a person a role; the next request of the person has it."""

    def work(tx: Tx) -> DoneShape:
        identity.grant_role(tx, grant_id=body.id, **body.model_dump(exclude={"id"}))
        return DoneShape()

    return once(body.id, body, work, now=lambda _: DoneShape())


@api.delete("/grants/<uuid:grant_id>", summary="收回角色", responses={200: DoneShape})
@needs("grants.write")
def revoke(path: GrantPath) -> Response:
    """Take a role back; the next request of the person no longer has it."""
    with transaction(runtime(), actor()) as tx:
        identity.revoke_role(tx, grant_id=path.grant_id)
    return answer(DoneShape())


@api.get("/audit", summary="谁做过什么", responses={200: AuditShape})
@needs("audit.read")
def entries(query: AuditQuery) -> Response:
    """What was done in the auditor's area."""
    with reading(runtime()) as db:
        found = audit.entries(db, actor(), after=query.after, limit=_AUDIT_PAGE)
    items = [EntryShape.model_validate(entry, from_attributes=True) for entry in found]
    return answer(AuditShape(items=items, next=items[-1].id if len(items) == _AUDIT_PAGE else None))
