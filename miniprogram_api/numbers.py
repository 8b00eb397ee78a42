"""Numbers for cadres: the month of a place, each figure with what it opens onto, and whom no message would reach."""

from __future__ import annotations

from uuid import UUID

from flask import Response
from pydantic import Field

from app.domains.areas import queries as areas
from app.domains.areas.errors import AreaNotFound
from app.domains.stats import queries
from app.kernel.transaction import reading
from app.kernel.values import local_day, mask_name, month_of
from app.web.answers import answer
from app.web.forms import Form, Shape
from app.web.paging import PAGE
from app.web.routes import actor, blueprint, needs, runtime

api = blueprint("numbers", "数字")


class NumbersQuery(Form):
    """Which place; one's own first when nothing is said."""

    area: str | None = Field(default=None, max_length=60, pattern=r"^([0-9a-z]+/)+$")


class OwedQuery(NumbersQuery):
    """The same, and which page."""

    after: UUID | None = None


class MatterNumbers(Shape):
    """Open matters and late ones."""

    open: int
    late: int


class VisitNumbers(Shape):
    """The month's visits."""

    total: int
    done: int
    excused: int
    owed: int


class CoverageNumbers(Shape):
    """Households, those with a keeper, those where both sides have said yes."""

    households: int
    covered: int
    confirmed: int


class DeedNumbers(Shape):
    """Good deeds and stars under way."""

    checking: int
    judging: int
    published: int


class MemberNumbers(Shape):
    """Keepers, and how many of them a message would reach now."""

    members: int
    reachable: int


class PartNumbers(Shape):
    """The same for one place inside."""

    area: str
    name: str
    visits_total: int
    visits_done: int
    open: int
    late: int


class NumbersShape(Shape):
    """The month of a place in figures."""

    area: str
    name: str
    month: str
    least: int = Field(description="少于这么多就不算百分比")
    visits: VisitNumbers
    coverage: CoverageNumbers
    matters: MatterNumbers
    deeds: DeedNumbers
    members: MemberNumbers
    places: list[PartNumbers]


class UnreachedShape(Shape):
    """A keeper whom nothing but the inbox would reach."""

    person_id: UUID
    name: str = Field(description="遮住名字，如 张**")
    place: str
    households: int
    may_call: bool


class UnreachedListShape(Shape):
    """Those with most households first."""

    items: list[UnreachedShape]


class OwedRowShape(Shape):
    """A household that was not visited yet this month."""

    id: UUID
    place: str
    group_name: str
    number: str
    keeper: str = Field(description="联户党员，遮住名字；没有是空")


class OwedListShape(Shape):
    """A page of them."""

    items: list[OwedRowShape]
    next: UUID | None


@api.get("/numbers", summary="一个地方这个月的数字", responses={200: NumbersShape})
@needs("coverage.read")
def numbers(query: NumbersQuery) -> Response:
    """What the month has brought, counted over what the caller may see."""
    here, path = runtime(), _path(query)
    month = month_of(local_day(here.clock.now()))
    with reading(here) as db:
        found = queries.numbers(db, actor(), path, period=month)
    return answer(_numbers(found, month), etag=True)


@api.get("/numbers/unreached", summary="哪些联户党员通知不到", responses={200: UnreachedListShape})
@needs("coverage.read")
def unreached(query: NumbersQuery) -> Response:
    """Whom to call or visit, because no message would reach them."""
    here, path = runtime(), _path(query)
    with reading(here) as db:
        found = queries.unreached(db, here.vault, actor=actor(), path=path)
        places = areas.place_names(db, {areas.village_of(one.area_path) for one in found})
    items = [
        UnreachedShape(
            person_id=one.person_id,
            name=mask_name(one.name),
            place=places.get(areas.village_of(one.area_path), ""),
            households=one.households,
            may_call=actor().covers("persons.unmask", one.area_path),
        )
        for one in found
    ]
    return answer(UnreachedListShape(items=items))


@api.get("/numbers/owed", summary="这个月还没走到的户", responses={200: OwedListShape})
@needs("coverage.read")
def owed(query: OwedQuery) -> Response:
    """The rows behind what is still owed."""
    here, path = runtime(), _path(query)
    month = month_of(local_day(here.clock.now()))
    with reading(here) as db:
        found = queries.owed(db, here.vault, actor=actor(), path=path, period=month, after=query.after, limit=PAGE + 1)
        places = areas.place_names(db, {areas.village_of(one.area_path) for one in found})
    items = [
        OwedRowShape(
            id=one.duty_id,
            place=places.get(areas.village_of(one.area_path), ""),
            group_name=one.group_name,
            number=one.number,
            keeper=mask_name(one.keeper) if one.keeper else "",
        )
        for one in found[:PAGE]
    ]
    return answer(OwedListShape(items=items, next=items[-1].id if len(found) > PAGE else None))


def _path(query: NumbersQuery) -> str:
    path = query.area or next(iter(actor().paths("coverage.read")), "")
    if not actor().covers("coverage.read", path):
        raise AreaNotFound(field="area")
    return path


def _numbers(found: queries.Numbers, month: str) -> NumbersShape:
    kept = found.coverage
    return NumbersShape(
        area=found.path,
        name=found.name,
        month=month,
        least=runtime().presets["numbers"].least,
        visits=VisitNumbers(**found.visits._asdict()),
        coverage=CoverageNumbers(
            households=kept.household_count, covered=kept.covered_count, confirmed=kept.confirmed_count
        ),
        matters=MatterNumbers(open=found.matters.open_count, late=found.matters.late_count),
        deeds=DeedNumbers(**found.deeds._asdict()),
        members=MemberNumbers(members=found.members.members, reachable=found.members.reachable),
        places=[_part(one) for one in found.parts],
    )


def _part(one: queries.Part) -> PartNumbers:
    return PartNumbers(
        area=one.path,
        name=one.name,
        visits_total=one.visits_total,
        visits_done=one.visits_done,
        open=one.matters.open_count,
        late=one.matters.late_count,
    )
