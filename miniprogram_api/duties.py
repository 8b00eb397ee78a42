"""Duties: what one owes this month; and for cadres, lifting a duty for a reason."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from flask import Response
from pydantic import Field

from app.domains.areas import queries as areas
from app.domains.duties import actions as duties
from app.domains.duties import queries, rules
from app.domains.duties.errors import UnknownKind
from app.kernel.access import require
from app.kernel.transaction import Tx, reading
from app.kernel.values import local_day, month_of
from app.web.answers import answer, write
from app.web.forms import Form, Shape
from app.web.routes import actor, blueprint, needs, runtime

api = blueprint("duties", "月联月访")

_MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"


class MonthQuery(Form):
    """Which month of which duty; this month's monthly visit when nothing is said."""

    kind: str = Field(default="monthly_visit", max_length=40)
    month: str | None = Field(default=None, pattern=_MONTH)


class ProgressQuery(MonthQuery):
    """The same, for an area."""

    area: str = Field(max_length=40, description="区划路径，如 419001/101/203/")


class DutyPath(Form):
    """Which duty."""

    duty_id: UUID


class ExcuseForm(Form):
    """Why a duty is lifted; the reasons are those of the preset."""

    reason: str = Field(max_length=40)


class OwedShape(Shape):
    """One household in one's month."""

    id: UUID
    household_id: UUID
    head: str
    group_name: str
    number: str
    state: rules.DutyState
    due_on: date
    done_at: datetime | None
    excuse: str | None = Field(description="免的原因，给人看的话")


class ProgressShape(Shape):
    """How far a month is."""

    month: str
    total: int
    done: int
    excused: int
    owed: int


class MonthShape(ProgressShape):
    """One's month: the counts and the households, what is open first."""

    households: list[OwedShape]
    excuses: dict[str, str]


class DutyShape(Shape):
    """What a duty is now."""

    id: UUID
    state: rules.DutyState
    excuse: str | None


@api.get("/duties/month", summary="我这个月该走访的", responses={200: MonthShape})
@needs("duties.read")
def my_month(query: MonthQuery) -> Response:
    """What the caller owes, for himself and for whom he stands in."""
    here, month = runtime(), _month(query)
    excuses = _preset_excuses(query.kind)
    with reading(here) as db:
        owed = queries.month_of(db, actor(), kind=query.kind, period=month)
        heads = areas.households_named(db, here.vault, [one.household_id for one in owed])
    households = [
        OwedShape(
            id=one.duty_id,
            household_id=one.household_id,
            head=heads.get(one.household_id, ""),
            group_name=one.group_name,
            number=one.number,
            state=rules.DutyState(one.state),
            due_on=one.due_on,
            done_at=one.done_at,
            excuse=excuses.get(one.excuse, one.excuse) if one.excuse else None,
        )
        for one in owed
    ]
    counts = queries.progress_of(owed)._asdict()
    return answer(MonthShape(month=month, **counts, households=households, excuses=excuses), etag=True)


@api.get("/duties/progress", summary="一个村、一个镇走访到哪了", responses={200: ProgressShape})
@needs("duties.read")
def progress(query: ProgressQuery) -> Response:
    """How far an area is in a month, for those who answer for it."""
    require(actor(), "duties.read", within=query.area)
    _preset_excuses(query.kind)
    month = _month(query)
    with reading(runtime()) as db:
        counts = queries.progress_below(db, actor(), query.area, kind=query.kind, period=month)
    return answer(ProgressShape(month=month, **counts._asdict()), etag=True)


@api.post("/duties/<duty_id>/excuse", summary="免一次走访", responses={200: DutyShape})
@needs("duties.excuse")
def excuse(path: DutyPath, body: ExcuseForm) -> Response:
    """Lift a duty for a reason; doing it twice changes nothing more."""
    return write(lambda tx: _shape(tx, path.duty_id, body.reason))


@api.post("/duties/<duty_id>/unexcuse", summary="取消免除", responses={200: DutyShape})
@needs("duties.excuse")
def unexcuse(path: DutyPath) -> Response:
    """The visit is owed again."""
    return write(lambda tx: _shape(tx, path.duty_id, None))


def _shape(tx: Tx, duty_id: UUID, reason: str | None) -> DutyShape:
    duty = duties.excuse(tx, duty_id, reason=reason) if reason else duties.lift_excuse(tx, duty_id)
    return DutyShape(id=duty.id, state=rules.DutyState(duty.state), excuse=duty.excuse)


def _month(query: MonthQuery) -> str:
    return query.month or month_of(local_day(runtime().clock.now()))


def _preset_excuses(kind: str) -> dict[str, str]:
    preset = runtime().presets["duties"].get(kind)
    if preset is None:
        raise UnknownKind
    excuses: dict[str, str] = preset.excuses
    return excuses
