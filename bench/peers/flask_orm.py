"""Plain Flask with SQLAlchemy's ORM, as their documentation teaches; the models are the product's own, and so is the server."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, abort, jsonify, request
from flask.wrappers import Response
from sqlalchemy import create_engine, func, or_, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from app.adapters.database import import_models
from app.domains.areas.models import Area, Deputy, Household, Person
from app.domains.audit.models import Entry
from app.domains.duties.models import Duty
from app.domains.identity.models import Account, RoleGrant, SignIn
from app.domains.visits.models import Post, Visit
from app.kernel.receipts import Receipt
from bench.peers import ground

import_models()
_url = make_url(ground.DATABASE).set(drivername="postgresql+psycopg")
_engine = create_engine(_url, pool_size=8, max_overflow=0, connect_args={"options": f"-csearch_path={ground.SCHEMA}"})
_sessions = sessionmaker(_engine)
app = Flask(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling."""

    account: Account
    person: Person
    grants: list[RoleGrant]
    stands_for: list[UUID]

    def paths(self, permission: str) -> list[str]:
        return [g.area_path for g in self.grants if permission in ground.MAY.get(g.role, ())]


def caller(db: Session) -> Caller:
    """The person behind a bearer token, with what he may do now."""
    token, moment = request.headers.get("Authorization", "").removeprefix("Bearer "), ground.now()
    row = db.execute(
        select(Account, Person)
        .join(SignIn, SignIn.account_id == Account.id)
        .join(Person, Person.id == Account.person_id)
        .where(SignIn.token_hash == ground.token_hash(token))
        .where(SignIn.revoked_at.is_(None), SignIn.expires_at > moment)
        .where(Account.state == "active", Person.state == "active")
    ).one_or_none()
    if row is None:
        abort(401)
    account, person = row
    grants = db.scalars(
        select(RoleGrant)
        .where(RoleGrant.person_id == person.id, RoleGrant.revoked_at.is_(None), RoleGrant.since <= moment)
        .where(or_(RoleGrant.until.is_(None), RoleGrant.until > moment))
    )
    absent = db.scalars(
        select(Deputy.absent_id)
        .where(Deputy.deputy_id == person.id, Deputy.since <= moment, Deputy.until > moment)
        .where(Deputy.ended_at.is_(None))
    )
    return Caller(account, person, list(grants), [person.id, *absent])


@app.get("/hello")
def hello() -> str:
    """Whether it is up."""
    return "hello"


@app.post("/visits")
def log_visit() -> tuple[Response, int]:
    """Write a visit down."""
    form: dict[str, Any] = request.get_json()
    with _sessions() as db:
        who, moment = caller(db), ground.now()
        places, visited_at = who.paths("visits.log@zone"), datetime.fromisoformat(form["visited_at"])
        if not places:
            abort(403)
        if not ground.is_countable(visited_at, moment):
            abort(422)
        household = db.scalar(
            select(Household)
            .where(Household.id == UUID(form["household_id"]), Household.state == "active")
            .where(Household.keeper_id.in_(who.stands_for))
            .where(or_(*(func.starts_with(Household.area_path, place) for place in places)))
            .with_for_update()
        )
        if household is None:
            abort(404)
        visit = _visit(form, household, who=who, moment=moment)
        db.add(visit)
        _fulfil(db, visit)
        db.add(_entry(visit, who=who, moment=moment))
        said = {
            "id": form["id"],
            "household_id": form["household_id"],
            "visited_at": visited_at.isoformat(),
            "visited_on": visit.visited_on.isoformat(),
            "proof": visit.proof,
            "is_late": visit.is_late,
            "is_counted": visit.is_counted,
        }
        db.add(_receipt(form, who, said=json.dumps(said), moment=moment))
        db.commit()
    return jsonify(said), 201


def _visit(form: dict[str, Any], household: Household, *, who: Caller, moment: datetime) -> Visit:
    visited_at, last = datetime.fromisoformat(form["visited_at"]), household.last_visit_at
    visited_on = ground.local_day(visited_at)
    household.last_visit_at = max(visited_at, last or visited_at)
    return Visit(
        id=UUID(form["id"]),
        household_id=household.id,
        area_path=household.area_path,
        visitor_id=who.person.id,
        keeper_id=household.keeper_id,
        visited_at=visited_at,
        visited_on=visited_on,
        logged_at=moment,
        kind=form["kind"],
        themes=form["themes"],
        note_sealed=ground.VAULT.seal(f"visits_visit.note:{form['id']}", form["note"]) if form["note"] else None,
        problems=form.get("problems", []),
        proof="one_sided",
        is_late=visited_on < ground.local_day(moment),
        is_counted=last is None or ground.local_day(last) < visited_on,
        state="logged",
    )


def _fulfil(db: Session, visit: Visit) -> None:
    db.execute(
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


def _receipt(form: dict[str, Any], who: Caller, *, said: str, moment: datetime) -> Receipt:
    return Receipt(
        id=UUID(form["id"]),
        account_id=who.account.id,
        route="/visits",
        body_hash=hashlib.sha256(request.get_data()).digest(),
        status=201,
        answer_sealed=ground.VAULT.seal(f"kernel_receipt.answer:{form['id']}", said),
        at=moment,
    )


@app.get("/feed")
def feed() -> Response:
    """Thirty posts of the reader's town, and his own that nobody else sees yet."""
    posts = (
        select(Post, Person, Area)
        .join(Person, Person.id == Post.author_id)
        .join(Area, Area.path == Post.village_path)
        .order_by(Post.posted_at.desc(), Post.id.desc())
        .limit(30)
    )
    with _sessions() as db:
        who = caller(db)
        places = who.paths("feed.read")
        if not places:
            abort(403)
        page = db.execute(posts.where(Post.state == "shown", Post.town_path == ground.town_of(places[0])))
        shown = [_post(row, who) for row in page]
        own = db.execute(posts.where(Post.state.in_(["checking", "held"]), Post.author_id == who.person.id))
        return jsonify({"posts": shown, "unseen": [_post(row, who) for row in own], "next": None})


def _post(row: Any, who: Caller) -> dict[str, Any]:
    post, author, village = row
    name = ground.VAULT.open(f"areas_person.name:{author.id}", author.name_sealed)
    is_near = any(post.area_path.startswith(place) for place in who.paths("feed.read"))
    return {
        "id": post.id,
        "author": name if is_near else ground.mask_name(name),
        "place": village.name,
        "words": post.words,
        "posted_at": post.posted_at.isoformat(),
        "state": post.state,
        "file_ids": post.file_ids,
        "is_mine": author.id == who.person.id,
    }
