"""Telling everybody: where one may write and who will get it, the words, taking them back, who has read them, reading them oneself."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.notices import actions as notices
from app.domains.notices import queries
from app.domains.notices.errors import BroadcastNotFound
from app.domains.notices.preset import BroadcastLimits
from app.domains.notices.rules import Audience, BroadcastState, may_remind, may_withdraw
from app.kernel.access import require
from app.kernel.transaction import Tx, reading
from app.kernel.values import local_day, mask_name
from app.web.answers import answer, once, write
from app.web.forms import Form, Shape
from app.web.paging import PAGE, Cursor
from app.web.routes import actor, blueprint, needs, runtime
from miniprogram_api.session import DoneShape

api = blueprint("broadcasts", "通知大家")

_AREA = r"^([0-9a-z]+/)+$"
_MOST_PLACES = 60


class AudienceReachQuery(Form):
    """To whom one would write."""

    area: str = Field(max_length=60, pattern=_AREA)
    audience: Audience = Audience.everybody


class BroadcastForm(Form):
    """Words to everybody of a place."""

    id: UUID
    area_path: str = Field(max_length=60, pattern=_AREA)
    audience: Audience
    words: str = Field(min_length=2, max_length=500)
    is_urgent: bool = False


class RemindUnreadForm(Form):
    """The id that the phone made for this reminding."""

    id: UUID


class BroadcastPath(Form):
    """Which broadcast."""

    broadcast_id: UUID


class WithdrawForm(Form):
    """The id that the phone made for taking it back."""

    id: UUID


class BroadcastsQuery(Form):
    """Which page."""

    after: str | None = Field(default=None, max_length=64, description="上一页的 next")


class PersonsQuery(Form):
    """Which page of people."""

    after: UUID | None = None


class AudiencePlaceShape(Shape):
    """A place to which one may write."""

    path: str
    name: str


class AudienceShape(Shape):
    """An audience and what it is called."""

    key: Audience
    words: str


class OfferShape(Shape):
    """Where, to whom and how much one may write."""

    places: list[AudiencePlaceShape]
    audiences: list[AudienceShape]
    letters: int


class AudienceReachShape(Shape):
    """How many would get it, and how many nothing would reach now."""

    people: int
    reachable: int
    unreachable: int


class WrittenBroadcastShape(AudienceReachShape):
    """A broadcast that was received; it goes out once its words have been checked."""

    id: UUID
    state: BroadcastState


class BroadcastShape(Shape):
    """One broadcast and who has read it."""

    id: UUID
    place: str
    audience: str = Field(description="给人看的一句话，如 全体村民")
    words: str
    is_urgent: bool
    state: BroadcastState
    author: str
    written_at: datetime
    sent_at: datetime | None
    told: int
    read: int
    is_telling: bool = Field(description="还在一批一批地告诉")
    why: str = Field(description="没通过是为什么；没有是空")
    may_remind: bool = Field(description="今天还能不能提醒没看的人")
    may_withdraw: bool = Field(description="自己写的、还没发，能收回")


class WithdrawnShape(Shape):
    """What a broadcast is now."""

    id: UUID
    state: BroadcastState


class BroadcastsShape(Shape):
    """A page of broadcasts, the newest first."""

    items: list[BroadcastShape]
    next: str | None


class UnheardShape(Shape):
    """Somebody who has not read it."""

    person_id: UUID
    name: str = Field(description="遮住名字，如 张**")
    door: str = Field(description="哪组几号")
    is_reachable: bool
    way: str = Field(description="怎么送的，给人看的话")
    may_call: bool = Field(description="能不能看号码打电话")


class UnheardPageShape(Shape):
    """A page of those who have not read it."""

    items: list[UnheardShape]
    next: UUID | None


class RemindedShape(Shape):
    """How many were told once more."""

    reminded: int


class HeardShape(Shape):
    """A broadcast as it was told to me."""

    id: UUID
    place: str
    author: str
    words: str
    is_urgent: bool
    sent_at: datetime | None
    read_at: datetime | None


@api.get("/broadcasts/offer", summary="能发给哪里、发给谁", responses={200: OfferShape})
@needs("notices.broadcast")
def offer() -> Response:
    """The places of the caller and those one step below, and the audiences."""
    limits: BroadcastLimits = runtime().presets["broadcast"]
    with reading(runtime()) as db:
        places = [AudiencePlaceShape(path=path, name=name) for path, name in _places(db).items()]
    audiences = [AudienceShape(key=key, words=words) for key, words in limits.audiences.items()]
    return answer(OfferShape(places=places, audiences=audiences, letters=limits.letters), etag=True)


def _places(db: Session) -> dict[str, str]:
    own = actor().paths("notices.broadcast")
    below = [one.path for path in own for one in areas.areas_below(db, path) if areas.parent_of(one.path) == path]
    return areas.place_names(db, [*own, *below][:_MOST_PLACES])


@api.get("/broadcasts/reach", summary="会发给多少人", responses={200: AudienceReachShape})
@needs("notices.broadcast")
def reach(query: AudienceReachQuery) -> Response:
    """How many people would get it, before it is sent."""
    here, limits = runtime(), runtime().presets["broadcast"]
    require(actor(), "notices.broadcast", within=query.area)
    with reading(here) as db:
        found = queries.audience_reach(
            db,
            query.area,
            query.audience,
            now=here.clock.now(),
            adult_age=limits.adult_age,
            without=actor().person_id,
        )
    people, reachable = found
    return answer(AudienceReachShape(people=people, reachable=reachable, unreachable=people - reachable))


@api.post("/broadcasts", summary="通知大家", responses={201: WrittenBroadcastShape})
@needs("notices.broadcast")
def tell(body: BroadcastForm) -> Response:
    """Write to everybody of a place; it goes out once the words have been checked."""

    def work(tx: Tx) -> WrittenBroadcastShape:
        told = notices.write_broadcast(tx, notices.Draft(**body.model_dump()))
        return WrittenBroadcastShape(
            id=told.id,
            state=BroadcastState(told.state),
            people=told.people,
            reachable=told.reachable,
            unreachable=told.people - told.reachable,
        )

    return once(body.id, body, work)


@api.get("/broadcasts", summary="发过的通知", responses={200: BroadcastsShape})
@needs("notices.broadcast")
def listed(query: BroadcastsQuery) -> Response:
    """What was told in the caller's places, and how many have read it."""
    here, after = runtime(), Cursor.read(query.after)
    with reading(here) as db:
        found = queries.broadcasts_of(db, here.vault, actor=actor(), after=after, limit=PAGE + 1)
    page = found[:PAGE]
    last = Cursor.write(page[-1].written_at, page[-1].id) if len(found) > PAGE else None
    return answer(BroadcastsShape(items=[_broadcast(one) for one in page], next=last), etag=True)


@api.get("/broadcasts/<broadcast_id>", summary="一条通知谁看了", responses={200: BroadcastShape})
@needs("notices.broadcast")
def one(path: BroadcastPath) -> Response:
    """One broadcast of the caller's places."""
    with reading(runtime()) as db:
        found = queries.broadcast_for(db, runtime().vault, actor=actor(), broadcast_id=path.broadcast_id)
    if found is None:
        raise BroadcastNotFound
    return answer(_broadcast(found), etag=True)


@api.get("/broadcasts/<broadcast_id>/unread", summary="谁还没看", responses={200: UnheardPageShape})
@needs("notices.broadcast")
def unread(path: BroadcastPath, query: PersonsQuery) -> Response:
    """Who was told and has not read it, and how it was sent."""
    here = runtime()
    with reading(here) as db:
        if queries.broadcast_for(db, here.vault, actor=actor(), broadcast_id=path.broadcast_id) is None:
            raise BroadcastNotFound
        found = queries.unread_of(
            db, here.vault, actor=actor(), broadcast_id=path.broadcast_id, after=query.after, limit=PAGE + 1
        )
        places = areas.place_names(db, {one.area_path for one in found})
    page = found[:PAGE]
    last = page[-1].person_id if len(found) > PAGE else None
    return answer(UnheardPageShape(items=[_unheard(one, places) for one in page], next=last))


@api.post("/broadcasts/<broadcast_id>/remind", summary="提醒没看的人", responses={201: RemindedShape})
@needs("notices.broadcast")
def remind(path: BroadcastPath, body: RemindUnreadForm) -> Response:
    """Those who have not read it are told once more, once a day."""
    return once(body.id, body, lambda tx: RemindedShape(reminded=notices.remind_unread(tx, path.broadcast_id)))


@api.post("/broadcasts/<broadcast_id>/withdraw", summary="收回没发的通知", responses={201: WithdrawnShape})
@needs("notices.broadcast")
def withdraw(path: BroadcastPath, body: WithdrawForm) -> Response:
    """Who wrote it does not want it to go out; nobody has been told yet."""

    def work(tx: Tx) -> WithdrawnShape:
        return WithdrawnShape(id=body.id, state=BroadcastState(notices.withdraw_broadcast(tx, path.broadcast_id)))

    return once(body.id, body, work)


@api.get("/told/<broadcast_id>", summary="一条发给我的通知", responses={200: HeardShape})
@needs("me.read")
def told(path: BroadcastPath) -> Response:
    """For whoever was told."""
    person_id = actor().person_id
    with reading(runtime()) as db:
        found = person_id and queries.told_of(db, runtime().vault, person_id=person_id, broadcast_id=path.broadcast_id)
    if not found:
        raise BroadcastNotFound
    return answer(HeardShape.model_validate(found, from_attributes=True))


@api.post("/told/<broadcast_id>/read", summary="看过一条通知", responses={200: DoneShape})
@needs("me.write")
def read(path: BroadcastPath) -> Response:
    """The caller has read it; whoever wrote it sees that."""

    def work(tx: Tx) -> DoneShape:
        notices.read_broadcast(tx, path.broadcast_id)
        return DoneShape()

    return write(work)


def _broadcast(one: queries.Broadcasted) -> BroadcastShape:
    limits: BroadcastLimits = runtime().presets["broadcast"]
    today: date = local_day(runtime().clock.now())
    state = BroadcastState(one.state)
    is_open = state is BroadcastState.sent and not one.is_telling and one.read_count < one.told_count
    return BroadcastShape(
        id=one.id,
        place=one.place,
        audience=limits.audiences.get(Audience(one.audience), one.audience),
        words=one.words,
        is_urgent=one.is_urgent,
        state=state,
        author=one.author,
        written_at=one.written_at,
        sent_at=one.sent_at,
        told=one.told_count,
        read=one.read_count,
        is_telling=one.is_telling,
        why=one.refused_reason or "",
        may_remind=is_open and may_remind(one.reminded_on, today),
        may_withdraw=one.is_mine and may_withdraw(state),
    )


_WAYS = {
    "wechat_subscribe": "微信送到了",
    "wechat_template": "微信送到了",
    "sms": "短信发到手机了",
    "inbox": "只放在小程序里",
}


def _unheard(one: queries.Unheard, places: dict[str, str]) -> UnheardShape:
    door = f"{one.group_name} {one.number}" if one.household_id else ""
    return UnheardShape(
        person_id=one.person_id,
        name=mask_name(one.name),
        door=f"{places.get(one.area_path, '')}{door}",
        is_reachable=one.is_reachable,
        way=_WAYS.get(one.channel or "", "还在送"),
        may_call=actor().covers("persons.unmask", one.area_path),
    )
