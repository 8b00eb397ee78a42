"""Makes a village with a council, and walks appraisals through their steps, with few arguments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import select

from app.domains.appraisals import actions, sweeps
from app.domains.appraisals.models import Appraisal, Item, Panel, Seat
from app.domains.appraisals.rules import Ballot
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from app.kernel.values import local_day
from tests.makers.areas import TOWN, VILLAGE, make_household, make_person
from tests.makers.media import has_sent
from tests.makers.visits import Someone, make_keeper, make_someone, make_villager

YES = Ballot(is_yes=True, points=5, reason="true_and_good")
NO = Ballot(is_yes=False, points=0, reason="not_found")


class Village(NamedTuple):
    """Who appraises and who is appraised."""

    household_id: UUID
    villager: Someone
    keeper: Someone
    clerk: Someone
    secretary: Someone
    town: Someone
    council: tuple[Someone, ...]
    neighbours: tuple[Someone, ...]


def make_village(runtime: Runtime, *, council: int = 7, neighbours: int = 2, path: str = VILLAGE) -> Village:
    """A household with its keeper, a clerk, a secretary, somebody at the town, and a council; committed."""
    with transaction(runtime, SYSTEM) as tx:
        keeper = make_keeper(tx, path=path)
        household_id = make_household(tx, path=path, keeper_id=keeper.person_id)
        villager = make_villager(tx, household_id, path=path)

        def someone(name: str, *roles: str, over: str = path) -> Someone:
            person_id = make_person(tx, name, path=path, household_id=make_household(tx, path=path, head=name))
            return make_someone(tx, person_id, *roles, path=over)

        return Village(
            household_id,
            villager,
            keeper,
            someone("文书", "clerk"),
            someone("支书", "secretary"),
            someone("镇上", "dispatcher", over=TOWN),
            tuple(someone(f"评议{n}", "council") for n in range(council)),
            tuple(someone(f"邻居{n}") for n in range(neighbours)),
        )


def declared(runtime: Runtime, who: Someone, **changes: Any) -> UUID:
    """A declaration, by default of mediating between neighbours; committed."""
    with transaction(runtime, who.actor) as tx:
        told: dict[str, Any] = {
            "id": tx.new_id(),
            "kind": "deed",
            "items": ("mediate",),
            "words": "昨天给三组两家劝开了地边的事",
        }
        has_sent(tx, changes.get("file_ids", ()))
        return actions.declare(tx, actions.Declaration(**{**told, **changes})).id


def checked(runtime: Runtime, who: Someone, appraisal_id: UUID, **changes: Any) -> None:
    """The first look, by default fine; committed."""
    with transaction(runtime, who.actor) as tx:
        actions.check(tx, appraisal_id, **{"is_fine": True, **changes})


def seats(runtime: Runtime, appraisal_id: UUID, *states: str) -> list[Seat]:
    """The seats of the present round, by default those that are asked."""
    with reading(runtime) as db:
        number = db.get_one(Appraisal, appraisal_id).round
        found = select(Seat).where(
            Seat.appraisal_id == appraisal_id, Seat.round == number, Seat.state.in_(states or ("asked",))
        )
        return list(db.scalars(found.order_by(Seat.id)))


def voter_of(village: Village, seat: Seat) -> Someone:
    """The member of the council who has this seat."""
    return next(each for each in village.council if each.person_id == seat.person_id)


def voted(runtime: Runtime, village: Village, appraisal_id: UUID, *ballots: Ballot) -> None:
    """The asked seats vote one after the other, by default all with yes; committed one by one."""
    asked = seats(runtime, appraisal_id)
    for seat, ballot in zip(asked, ballots or [YES] * len(asked), strict=False):
        with transaction(runtime, voter_of(village, seat).actor) as tx:
            actions.vote(tx, appraisal_id, ballot)


def published(runtime: Runtime, village: Village, **changes: Any) -> UUID:
    """A deed that has been checked, judged and published; committed."""
    appraisal_id = declared(runtime, village.villager, **changes)
    checked(runtime, village.clerk, appraisal_id)
    voted(runtime, village, appraisal_id)
    return appraisal_id


def objected(runtime: Runtime, who: Someone, appraisal_id: UUID, reason: str = "too_many", words: str = "") -> UUID:
    """An objection; committed."""
    with transaction(runtime, who.actor) as tx:
        return actions.object_to(tx, appraisal_id, actions.Said(tx.new_id(), reason, words)).id


def now_of(runtime: Runtime, appraisal_id: UUID) -> Appraisal:
    """An appraisal as it stands."""
    with reading(runtime) as db:
        return db.get_one(Appraisal, appraisal_id)


class Whose(Protocol):
    """A household with a keeper, by its ids."""

    path: str
    household_id: UUID
    head_id: UUID
    keeper_id: UUID


def appraisal_in(tx: Tx, home: Whose, *, stage: str, words: str) -> UUID:
    """A deed that the keeper has declared, put into a stage without the way there."""
    appraisal_id, is_shown = tx.new_id(), stage == "published"
    tx.add(
        Appraisal,
        id=appraisal_id,
        kind="deed",
        version=tx.runtime.presets["appraisals"]["deed"].version,
        area_path=home.path,
        household_id=home.household_id,
        doer_id=home.head_id,
        way="member",
        declared_by=home.keeper_id,
        declared_at=tx.now,
        done_on=local_day(tx.now),
        period="",
        words_sealed=tx.vault.seal(f"appraisals_appraisal.words:{appraisal_id}", words),
        words_state="checking",
        has_picture_consent=False,
        has_plate_consent=False,
        stage=stage,
        due_at=None,
        rung=0,
        looks=0,
        round=int(is_shown),
        publication=int(is_shown),
        published_at=tx.now if is_shown else None,
        publish_until=tx.now + timedelta(days=3) if is_shown else None,
        answer_due_at=None,
        points=5 if is_shown else 0,
        reason="",
        ended_at=None,
    )
    tx.add(Item, id=tx.new_id(), appraisal_id=appraisal_id, key="mediate", claimed=5, given=None, cut_by="")
    if is_shown:
        tx.add(Panel, appraisal_id=appraisal_id, round=1, is_review=False, seed="s", drawn_at=tx.now, decided_at=tx.now)
    return appraisal_id


def wait_for_clock(runtime: Runtime, clock: MovableClock, **length: float) -> int:
    """Time goes by, and the clock does what is due; answers how many moved."""
    clock.set(clock.now() + timedelta(**length), rate=0)
    return sweeps.move_due(runtime)


def wait_until(runtime: Runtime, clock: MovableClock, moment: datetime | None) -> int:
    """The clock is moved just past a moment, and does what is due."""
    assert moment
    clock.set(max(clock.now(), moment) + timedelta(seconds=1), rate=0)
    return sweeps.move_due(runtime)
