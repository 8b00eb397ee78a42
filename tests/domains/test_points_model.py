"""Whatever happens in whatever order, the ledger is what a small model says: awards, deductions, reversals, repeats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domains.points import actions as points
from app.domains.points import queries
from app.domains.points.errors import AlreadyReversed, NotEnoughPoints, NotReversible
from app.domains.points.preset import HouseholdCaps, VillageBudget
from app.domains.points.rules import fund_of, period_of
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.points import an_award, make_homes

MONTH, YEAR, BUDGET_MONTH, BUDGET_YEAR, QUARTER, EVENT = 20, 35, 30, 50, 12, 8
CAPS = (points.Cap("event", EVENT, "event"), points.Cap("quarter", QUARTER, "quarter"))
DAYS = (date(2026, 10, 31), date(2026, 11, 1), date(2026, 12, 31), date(2027, 1, 1))
RULES = ("deed.a", "deed.b")
_villages = count(300)


@dataclass
class Made:
    """One transfer as the model keeps it."""

    home: int
    rule: str
    on: date
    given: int
    is_award: bool
    is_reversed: bool = False


@dataclass
class Model:
    """What a clerk with paper would do: look through all lines each time."""

    lines: list[Made] = field(default_factory=list)

    def balance(self, home: int) -> int:
        return sum(line.given for line in self.lines if line.home == home and not line.is_reversed)

    def used(self, per: str, on: date, *, home: int | None = None, rule: str | None = None) -> int:
        first, after = period_of(per, on)  # type: ignore[arg-type]
        return sum(
            line.given
            for line in self.lines
            if line.is_award and not line.is_reversed and first <= line.on < after
            and home in {None, line.home} and rule in {None, line.rule}
        )  # fmt: skip

    def award(self, home: int, rule: str, on: date, claimed: int) -> int:
        if claimed < 0:
            given_points = -min(-claimed, self.balance(home))
        else:
            rooms = (
                EVENT,
                QUARTER - self.used("quarter", on, home=home, rule=rule),
                MONTH - self.used("month", on, home=home),
                YEAR - self.used("year", on, home=home),
                BUDGET_MONTH - self.used("month", on),
                BUDGET_YEAR - self.used("year", on),
            )
            given_points = max(0, min(claimed, *rooms))
        self.lines.append(Made(home, rule, on, given_points, claimed >= 0))
        return given_points

    def reverse(self, place: int) -> type[Exception] | None:
        line = self.lines[place]
        if line.is_reversed:
            return AlreadyReversed
        if self.balance(line.home) < line.given:
            return NotEnoughPoints
        line.is_reversed = True
        return None


AWARDS = st.tuples(
    st.just("award"), st.integers(0, 1), st.sampled_from(RULES), st.sampled_from(DAYS), st.integers(-9, 12)
)
OTHERS = st.tuples(st.sampled_from(["reverse", "repeat", "reverse reversal"]), st.integers(0, 30))
DEEDS = st.lists(st.one_of(AWARDS, AWARDS, OTHERS), max_size=20)


class Played:
    """The same deeds on the real ledger."""

    def __init__(self, runtime: Runtime) -> None:
        self.path = f"419001/101/{next(_villages)}/"
        small = runtime.presets["points"].model_copy(
            update={
                "household": HouseholdCaps(month=MONTH, year=YEAR),
                "village": VillageBudget(month=BUDGET_MONTH, year=BUDGET_YEAR),
            }
        )
        self.runtime = replace(runtime, presets={**runtime.presets, "points": small})
        self.homes = make_homes(runtime, 2, path=self.path)
        self.awards: list[tuple[points.Award, points.Awarded]] = []
        self.reversals: dict[int, UUID] = {}

    def award(self, home: int, rule: str, on: date, claimed: int) -> int:
        with transaction(self.runtime, SYSTEM) as tx:
            asked = an_award(tx, self.homes[home], claimed, on=on, rule=rule, area_path=self.path, caps=CAPS)
            told = points.award(tx, asked)
        self.awards.append((asked, told))
        return told.given

    def repeat(self, place: int) -> bool:
        asked, told = self.awards[place]
        with transaction(self.runtime, SYSTEM) as tx:
            return points.award(tx, asked) == told

    def reverse(self, original_id: UUID, place: int) -> type[Exception] | None:
        try:
            with transaction(self.runtime, SYSTEM) as tx:
                reversal_id = tx.new_id()
                points.reverse(tx, transfer_id=reversal_id, original_id=original_id, reason="记错了")
        except (AlreadyReversed, NotEnoughPoints, NotReversible) as refused:
            return type(refused)
        self.reversals[place] = reversal_id
        return None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=DEEDS)
def test_the_ledger_does_what_the_model_says_in_any_order_of_deeds(
    runtime: Runtime, deeds: list[tuple[str, int] | tuple[str, int, str, date, int]]
) -> None:
    model, played = Model(), Played(runtime)
    for deed in deeds:
        if len(deed) == 5:
            assert played.award(*deed[1:]) == model.award(*deed[1:])
        elif played.awards:
            place = deed[1] % len(played.awards)
            if deed[0] == "repeat":
                assert played.repeat(place)
            elif deed[0] == "reverse":
                assert played.reverse(played.awards[place][1].transfer_id, place) is model.reverse(place)
            elif place in played.reversals:
                assert played.reverse(played.reversals[place], place) is NotReversible
    with reading(runtime) as db:
        assert [queries.balance_of(db, home) for home in played.homes] == [model.balance(0), model.balance(1)]
        assert queries.balance_of(db, fund_of(played.path)) == -model.balance(0) - model.balance(1)
        assert queries.health(db).is_well
