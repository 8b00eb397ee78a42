"""Whatever order, repetition and prefixes a phone's queue arrives in, the same rows stand in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.domains.areas.models import Household
from app.domains.duties import actions
from app.domains.visits.models import Correction, Tap, Visit
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from miniprogram_api.deliveries import Counter, Item
from miniprogram_api.visits import DEEDS
from tests.conftest import MORNING
from tests.makers.areas import make_household
from tests.makers.duties import KIND, MONTH, duty_of
from tests.makers.visits import Someone, make_door, make_villager, visit_body

MOMENTS = st.integers(min_value=0, max_value=4)


@st.composite
def queues(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Visits (how many half days ago), and what was said about them: (kind, which visit, a number that tells moments apart)."""
    visits = draw(st.lists(MOMENTS, min_size=1, max_size=4))
    kinds = st.sampled_from(["visit_correction", "visit_void", "visit_note", "visit_tap"])
    which = st.integers(min_value=0, max_value=len(visits) - 1)
    later = draw(st.lists(st.tuples(kinds, which, MOMENTS), max_size=6))
    return [("visit", number, ago) for number, ago in enumerate(visits)] + later


@st.composite
def arrivals(draw: st.DrawFn, count: int) -> list[list[int]]:
    """Batches in which the items arrive: prefixes of a shuffled and repeated queue, and in the end all of it."""
    order = draw(st.permutations(range(count)))
    repeated = draw(st.lists(st.integers(min_value=0, max_value=count - 1), max_size=5))
    cut = draw(st.integers(min_value=0, max_value=count))
    return [list(order[:cut]), [*repeated, *order[cut:]], list(order)]


class Village:
    """One household, its keeper's queue and its villager's phone."""

    def __init__(self, runtime: Runtime, keeper: Someone) -> None:
        self.runtime, self.keeper = runtime, keeper
        with transaction(runtime, SYSTEM) as tx:
            self.household_id = make_household(tx, keeper_id=keeper.person_id)
            self.villager = make_villager(tx, self.household_id)
            self._ids = sorted(tx.new_id() for _ in range(20))

    def item(self, position: int, what: tuple[str, int, int]) -> tuple[Someone, Item]:
        kind, number, moment = what
        made_at = MORNING - timedelta(minutes=moment)
        item_id, target = self._ids[position], self._ids[number]
        body: dict[str, Any] = {"id": item_id, "made_at": made_at}
        if kind == "visit":
            body = visit_body(self.household_id, item_id, MORNING - timedelta(hours=12 * moment))
        elif kind == "visit_correction":
            body |= {"themes": ["personal"], "note": f"第 {position} 条"}
        elif kind == "visit_tap":
            body |= {"says_yes": position % 2 == 0}
        else:
            body |= {"reason" if kind == "visit_void" else "words": f"第 {position} 条"}
        who = self.villager if kind == "visit_tap" else self.keeper
        form = DEEDS[kind].form.model_validate(body)
        return who, Item(item_id, kind, form, None if kind == "visit" else target)

    def receive(self, queue: list[tuple[str, int, int]], batches: list[list[int]]) -> None:
        for batch in batches:
            for position in batch:
                who, item = self.item(position, queue[position])
                Counter(self.runtime, who.actor, DEEDS).take(item)
            for who in (self.keeper, self.villager):
                Counter(self.runtime, who.actor, DEEDS).settle()

    def rows(self) -> Any:
        """All that stands in the end, with ids said as places in the queue."""
        place = {each: n for n, each in enumerate(self._ids)}
        with reading(self.runtime) as db:
            visits = db.scalars(select(Visit).where(Visit.household_id == self.household_id)).all()
            ids = [visit.id for visit in visits]
            corrections = db.scalars(select(Correction).where(Correction.visit_id.in_(ids))).all()
            taps = db.scalars(select(Tap).where(Tap.visit_id.in_(ids))).all()
            last = db.get_one(Household, self.household_id).last_visit_at
        duty = duty_of(self.runtime, self.household_id)
        assert duty is not None
        return {
            "visits": sorted((place[v.id], v.visited_at, v.state, v.is_counted, v.is_late, *v.themes) for v in visits),
            "notes": sorted((place[v.id], self._opened("visits_visit.note", v.id, v.note_sealed)) for v in visits),
            "corrections": sorted((place[c.id], place[c.visit_id], c.kind, c.at) for c in corrections),
            "first words": sorted(
                (place[c.id], self._opened("visits_correction.before", c.id, c.before_sealed)) for c in corrections
            ),
            "taps": sorted((place[t.visit_id], t.says_yes, t.at) for t in taps),
            "household": last,
            "duty": (duty.state, duty.done_at),
        }

    def _opened(self, column: str, row_id: UUID, sealed: bytes | None) -> str:
        return self.runtime.vault.open(f"{column}:{row_id}", sealed) if sealed else ""


def test_any_order_any_prefix_and_any_repetition_of_a_queue_ends_in_the_same_rows(runtime: Runtime) -> None:
    keeper = make_door(runtime).keeper

    @settings(max_examples=20, deadline=None)
    @given(case=st.data())
    def ends_in_the_same_rows(case: st.DataObject) -> None:
        queue = case.draw(queues(), label="queue")
        batches = case.draw(arrivals(len(queue)), label="arrivals")
        straight, shuffled = Village(runtime, keeper), Village(runtime, keeper)
        open_month(runtime, straight.household_id, shuffled.household_id)
        straight.receive(queue, [list(range(len(queue)))])
        shuffled.receive(queue, batches)
        assert shuffled.rows() == straight.rows()

    ends_in_the_same_rows()


def open_month(runtime: Runtime, *household_ids: UUID) -> None:
    with transaction(runtime, SYSTEM) as tx:
        actions.open_period(tx, KIND, MONTH)
        actions.add_missing(tx, KIND, MONTH, household_ids=household_ids)
