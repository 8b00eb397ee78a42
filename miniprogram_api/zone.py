"""My zone: the households I answer for, who waits most and why; for cadres how far a place is covered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.areas import actions
from app.domains.areas import queries as areas
from app.domains.areas.errors import AreaNotFound
from app.domains.areas.preset import Households
from app.domains.areas.rules.needs import Need, days_between, in_order, need_of
from app.domains.duties import queries as duties
from app.kernel.access import Actor
from app.kernel.transaction import Tx, reading
from app.kernel.values import local_day, month_of
from app.web.answers import answer, write
from app.web.forms import Form, Shape
from app.web.paging import PAGE
from app.web.routes import actor, blueprint, needs, runtime

api = blueprint("zone", "我联的户")
_DUTY = "monthly_visit"


class ZoneHouseholdShape(Shape):
    """One household of my zone, and why it stands where it stands."""

    id: UUID
    village: str
    group_name: str
    number: str
    head_name: str
    flags: list[str]
    last_visited_on: date | None
    days_since: int | None = Field(description="多少天没去；从没去过是空")
    is_owed: bool = Field(description="这个月还欠一次走访")
    why: str = Field(description="为什么排在这里，一句话")
    link_id: UUID | None
    keeper_confirmed: bool
    household_confirmed: bool
    stands_in_for: str | None = Field(description="代谁联系；自己的户是空")


class ZoneShape(Shape):
    """My zone this month, who waits most first."""

    month: str
    total: int
    owed: int
    households: list[ZoneHouseholdShape]


class CoverageQuery(Form):
    """Which place, and after which household its list of uncovered ones goes on."""

    area: str | None = Field(default=None, max_length=60, description="区划路径，如 419001/101/；不给就是自己管的地方")
    after: UUID | None = None


class PlaceShape(Shape):
    """One place inside the asked one."""

    area: str
    name: str
    households: int
    covered: int


class UncoveredShape(Shape):
    """A household that nobody keeps."""

    id: UUID
    village: str
    group_name: str
    number: str


class CoverageShape(PlaceShape):
    """How far a place is covered, place by place, and who has nobody."""

    confirmed: int
    places: list[PlaceShape]
    uncovered: list[UncoveredShape]
    next: UUID | None


class LinkPath(Form):
    """Which link."""

    link_id: UUID


class ConfirmedShape(Shape):
    """What has been said so far."""

    id: UUID
    by_keeper: bool
    is_mutual: bool = Field(description="双方都确认了")


@api.get("/zone/households", summary="我联的户，最该去的在前面", responses={200: ZoneShape})
@needs("households.read")
def zone_households() -> Response:
    """The households of one's zone in the order in which they wait."""
    with reading(runtime()) as db:
        return answer(_zone(db, actor()), etag=True)


class _Around(NamedTuple):
    """What is known around the rows of a zone."""

    today: date
    owed: Collection[UUID]
    places: Mapping[str, str]
    absent: Mapping[UUID, str]


def _zone(db: Session, who: Actor) -> ZoneShape:
    here = runtime()
    today = local_day(here.clock.now())
    rows = areas.zone_households(db, here.vault, who)
    around = _Around(
        today=today,
        owed=duties.owed_among(db, who, [r.household_id for r in rows], kind=_DUTY, period=month_of(today)),
        places=areas.place_names(db, {areas.village_of(row.area_path) for row in rows}),
        absent=areas.names_of(db, here.vault, {row.keeper_id for row in rows} - {who.person_id}),
    )
    shown = [_shape(row, need, around) for need, row in _ranked(rows, around.owed, today=today)]
    return ZoneShape(month=month_of(today), total=len(rows), owed=len(around.owed), households=shown)


def _ranked(
    rows: Sequence[areas.ZoneHousehold], owed: Collection[UUID], *, today: date
) -> list[tuple[Need, areas.ZoneHousehold]]:
    preset: Households = runtime().presets["households"]
    weights = preset.weights()
    ranked = [
        (need_of(days_since=_days(row, today), flags=row.flags, is_owed=row.household_id in owed, weights=weights), row)
        for row in rows
    ]
    return sorted(ranked, key=lambda pair: (-pair[0].weight, in_order(pair[1].group_name), in_order(pair[1].number)))


def _days(row: areas.ZoneHousehold, today: date) -> int | None:
    return days_between(local_day(row.last_visit_at) if row.last_visit_at else None, today)


def _shape(row: areas.ZoneHousehold, need: Need, around: _Around) -> ZoneHouseholdShape:
    return ZoneHouseholdShape(
        id=row.household_id,
        village=around.places[areas.village_of(row.area_path)],
        group_name=row.group_name,
        number=row.number,
        head_name=row.head_name,
        flags=list(row.flags),
        last_visited_on=local_day(row.last_visit_at) if row.last_visit_at else None,
        days_since=_days(row, around.today),
        is_owed=row.household_id in around.owed,
        why=need.why,
        link_id=row.link_id,
        keeper_confirmed=row.keeper_confirmed_at is not None,
        household_confirmed=row.household_confirmed_at is not None,
        stands_in_for=around.absent.get(row.keeper_id),
    )


@api.get("/zone/coverage", summary="覆盖情况：哪些户还没有人联", responses={200: CoverageShape})
@needs("coverage.read")
def coverage(query: CoverageQuery) -> Response:
    """How far a place is covered."""
    who = actor()
    path = query.area or next(iter(who.paths("coverage.read")), "")
    if not who.covers("coverage.read", path):
        raise AreaNotFound(field="area")
    with reading(runtime()) as db:
        return answer(_coverage(db, who, path, after=query.after))


def _coverage(db: Session, who: Actor, path: str, *, after: UUID | None) -> CoverageShape:
    counts = areas.coverage(db, who, path)
    parts = [part for part in areas.coverage_by_place(db, who, path) if part.path != path]
    rows = areas.uncovered(db, who, path, after=after, limit=PAGE)
    known = areas.place_names(db, {path, *(p.path for p in parts), *(areas.village_of(r.area_path) for r in rows)})
    return CoverageShape(
        area=path,
        name=known.get(path, ""),
        households=counts.household_count,
        covered=counts.covered_count,
        confirmed=counts.confirmed_count,
        places=[_place(part, known) for part in parts],
        uncovered=[
            UncoveredShape(
                id=row.household_id,
                village=known[areas.village_of(row.area_path)],
                group_name=row.group_name,
                number=row.number,
            )
            for row in rows
        ],
        next=rows[-1].household_id if len(rows) == PAGE else None,
    )


def _place(part: areas.PlaceCoverage, names: dict[str, str]) -> PlaceShape:
    return PlaceShape(
        area=part.path, name=names.get(part.path, ""), households=part.household_count, covered=part.covered_count
    )


@api.post("/zone/links/<uuid:link_id>/confirm", summary="双方确认联户", responses={200: ConfirmedShape})
@needs("links.confirm")
def confirm(path: LinkPath) -> Response:
    """Say yes to the other side, as keeper or as household."""

    def work(tx: Tx) -> ConfirmedShape:
        said = actions.confirm_link(tx, path.link_id)
        return ConfirmedShape(id=said.link_id, by_keeper=said.by_keeper, is_mutual=said.is_mutual)

    return write(work)
