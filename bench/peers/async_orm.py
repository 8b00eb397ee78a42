"""FastAPI with SQLAlchemy's asynchronous ORM over asyncpg, as their documentation teaches; the models are the product's own."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import func, or_, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.adapters.database import import_models
from app.domains.areas.models import Area, Deputy, Household, Person
from app.domains.audit.models import Entry
from app.domains.duties.models import Duty
from app.domains.identity.models import Account, RoleGrant, SignIn
from app.domains.visits.models import Post, Visit
from app.kernel.receipts import Receipt
from bench.peers import ground

import_models()
_url = make_url(ground.DATABASE).set(drivername="postgresql+asyncpg")
_engine = create_async_engine(
    _url, pool_size=8, max_overflow=0, connect_args={"server_settings": {"search_path": ground.SCHEMA}}
)
_sessions = async_sessionmaker(_engine, expire_on_commit=False)
app = FastAPI()


async def session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with _sessions() as opened:
        yield opened


Db = Annotated[AsyncSession, Depends(session)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling."""

    account: Account
    person: Person
    grants: list[RoleGrant]
    stands_for: list[UUID]

    def paths(self, permission: str) -> list[str]:
        return [g.area_path for g in self.grants if permission in ground.MAY.get(g.role, ())]


async def caller(db: Db, authorization: Annotated[str, Header()]) -> Caller:
    """The person behind a bearer token, with what he may do now."""
    moment = ground.now()
    found = await db.execute(
        select(Account, Person)
        .join(SignIn, SignIn.account_id == Account.id)
        .join(Person, Person.id == Account.person_id)
        .where(SignIn.token_hash == ground.token_hash(authorization.removeprefix("Bearer ")))
        .where(SignIn.revoked_at.is_(None), SignIn.expires_at > moment)
        .where(Account.state == "active", Person.state == "active")
    )
    row = found.one_or_none()
    if row is None:
        raise HTTPException(401)
    account, person = row
    grants = await db.scalars(
        select(RoleGrant)
        .where(RoleGrant.person_id == person.id, RoleGrant.revoked_at.is_(None), RoleGrant.since <= moment)
        .where(or_(RoleGrant.until.is_(None), RoleGrant.until > moment))
    )
    absent = await db.scalars(
        select(Deputy.absent_id)
        .where(Deputy.deputy_id == person.id, Deputy.since <= moment, Deputy.until > moment)
        .where(Deputy.ended_at.is_(None))
    )
    return Caller(account, person, list(grants), [person.id, *absent])


Who = Annotated[Caller, Depends(caller)]


class VisitForm(BaseModel):
    """A visit as it comes in."""

    model_config = ConfigDict(extra="forbid")
    id: UUID
    household_id: UUID
    visited_at: AwareDatetime
    kind: Literal["door", "field", "office", "phone", "video"]
    themes: list[str] = Field(max_length=6)
    note: str = Field(max_length=2000)
    problems: list[str] = Field(default=[], max_length=10)


class VisitShape(BaseModel):
    """What the visitor is told."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    household_id: UUID
    visited_at: datetime
    visited_on: date
    proof: str
    is_late: bool
    is_counted: bool


class PostShape(BaseModel):
    """One post as this reader sees it."""

    id: UUID
    author: str
    place: str
    words: str
    posted_at: datetime
    state: str
    file_ids: list[UUID]
    is_mine: bool


class FeedShape(BaseModel):
    """A page of the feed."""

    posts: list[PostShape]
    unseen: list[PostShape]
    next: str | None


@app.get("/hello", response_class=PlainTextResponse)
async def hello() -> str:
    """Whether it is up."""
    return "hello"


@app.post("/visits", status_code=201)
async def log_visit(form: VisitForm, db: Db, who: Who) -> VisitShape:
    """Write a visit down."""
    places = who.paths("visits.log@zone")
    if not places:
        raise HTTPException(403)
    moment = ground.now()
    if not ground.is_countable(form.visited_at, moment):
        raise HTTPException(422)
    household = await db.scalar(
        select(Household)
        .where(Household.id == form.household_id, Household.state == "active")
        .where(Household.keeper_id.in_(who.stands_for))
        .where(or_(*(func.starts_with(Household.area_path, place) for place in places)))
        .with_for_update()
    )
    if household is None:
        raise HTTPException(404)
    visit = _visit(form, household, who=who, moment=moment)
    db.add(visit)
    await _fulfil(db, visit)
    said = VisitShape.model_validate(visit)
    db.add(_entry(visit, who=who, moment=moment))
    db.add(_receipt(form, who, said=said, moment=moment))
    await db.commit()
    return said


def _visit(form: VisitForm, household: Household, *, who: Caller, moment: datetime) -> Visit:
    visited_on, last = ground.local_day(form.visited_at), household.last_visit_at
    household.last_visit_at = max(form.visited_at, last or form.visited_at)
    return Visit(
        id=form.id,
        household_id=household.id,
        area_path=household.area_path,
        visitor_id=who.person.id,
        keeper_id=household.keeper_id,
        visited_at=form.visited_at,
        visited_on=visited_on,
        logged_at=moment,
        kind=form.kind,
        themes=form.themes,
        note_sealed=ground.VAULT.seal(f"visits_visit.note:{form.id}", form.note) if form.note else None,
        problems=form.problems,
        proof="one_sided",
        is_late=visited_on < ground.local_day(moment),
        is_counted=last is None or ground.local_day(last) < visited_on,
        state="logged",
    )


async def _fulfil(db: AsyncSession, visit: Visit) -> None:
    await db.execute(
        update(Duty)
        .where(Duty.kind == "monthly_visit", Duty.period == ground.month_of(visit.visited_on))
        .where(Duty.household_id == visit.household_id)
        .where(or_(Duty.state.in_(["owed", "excused"]), Duty.done_at > visit.visited_at))
        .values(state="done", done_at=visit.visited_at, done_by=visit.visitor_id)
        .execution_options(synchronize_session=False)
    )


def _entry(visit: Visit, *, who: Caller, moment: datetime) -> Entry:
    return Entry(
        id=ground.uuid7(moment),
        at=moment,
        account_id=who.account.id,
        person_id=who.person.id,
        action="visits.log",
        subject="visit",
        subject_id=visit.id,
        area_path=visit.area_path,
    )


def _receipt(form: VisitForm, who: Caller, *, said: VisitShape, moment: datetime) -> Receipt:
    return Receipt(
        id=form.id,
        account_id=who.account.id,
        route="/visits",
        body_hash=hashlib.sha256(form.model_dump_json().encode()).digest(),
        status=201,
        answer_sealed=ground.VAULT.seal(f"kernel_receipt.answer:{form.id}", said.model_dump_json()),
        at=moment,
    )


@app.get("/feed")
async def feed(db: Db, who: Who) -> FeedShape:
    """Thirty posts of the reader's town, and his own that nobody else sees yet."""
    places = who.paths("feed.read")
    if not places:
        raise HTTPException(403)
    posts = (
        select(Post, Person, Area)
        .join(Person, Person.id == Post.author_id)
        .join(Area, Area.path == Post.village_path)
        .order_by(Post.posted_at.desc(), Post.id.desc())
        .limit(30)
    )
    page = await db.execute(posts.where(Post.state == "shown", Post.town_path == ground.town_of(places[0])))
    shown = [_post(row, who) for row in page.all()]
    own = await db.execute(posts.where(Post.state.in_(["checking", "held"]), Post.author_id == who.person.id))
    return FeedShape(posts=shown, unseen=[_post(row, who) for row in own.all()], next=None)


def _post(row: Any, who: Caller) -> PostShape:
    post, author, village = row
    name = ground.VAULT.open(f"areas_person.name:{author.id}", author.name_sealed)
    is_near = any(post.area_path.startswith(place) for place in who.paths("feed.read"))
    return PostShape(
        id=post.id,
        author=name if is_near else ground.mask_name(name),
        place=village.name,
        words=post.words,
        posted_at=post.posted_at,
        state=post.state,
        file_ids=post.file_ids,
        is_mine=author.id == who.person.id,
    )
