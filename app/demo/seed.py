"""Making the demo: the first town with its cast, and as many more towns as a benchmark wants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.demo import cast, load
from app.demo.months import Seen, months_before, visits_of_month
from app.demo.rosters import offices_of
from app.demo.town import FULL, Size, Town, make_town
from app.domains.areas.models import Area, Household
from app.domains.duties.models import Reminder
from app.kernel.access import SYSTEM, below
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from app.kernel.values import at_clock, first_of_month, local_day, month_of

SEED = 1101
FIRST_TOWN = "419001/101/"
Progress = Callable[[str, int], None]


def is_seeded(runtime: Runtime, path: str = FIRST_TOWN) -> bool:
    """Whether a town has people already."""
    with reading(runtime) as db:
        return db.scalar(select(Household.id).where(below(Household.area_path, path)).limit(1)) is not None


def town_name(db: Session, path: str) -> str:
    """What the town is called."""
    return db.get_one(Area, path).name


def expected_visits(months: int = 12) -> int:
    """About how many visits a town brings, for the progress bar."""
    return int(FULL.households * 0.93 * (months + 1))


def towns(runtime: Runtime) -> list[str]:
    """The paths of all towns, the demo's first town in front."""
    with reading(runtime) as db:
        paths = list(db.scalars(select(Area.path).where(Area.level == "town").order_by(Area.path)))
    return sorted(paths, key=lambda path: (path != FIRST_TOWN, path))


def seed_town(runtime: Runtime, path: str, *, months: int = 12, size: Size = FULL, progress: Progress) -> int:
    """One town with its people and its months of visits, in one transaction; returns how many visits."""
    rng = Random(f"{SEED}:{path}")
    with transaction(runtime, SYSTEM) as tx:
        today, serial = local_day(tx.now), _serial(runtime, path)
        town = make_town(rng, path, _villages(tx, path), today=today, serial=serial, size=size)
        chosen = cast.choose(town) if path == FIRST_TOWN else None
        walked = _walk(rng, town, tx=tx, months=months, chosen=chosen)
        progress("户、人和党员", 0)
        since = at_clock(first_of_month(min(walked)) - timedelta(days=20), 9)
        load.write_town(tx, rng, town, since=since)
        load.write_offices(tx, rng, offices_of(town, staffed={cast.STAGE} if chosen else set()), since=since)
        for month, seen in walked.items():
            load.write_visits(tx, seen)
            load.write_month(tx, rng, town, month=month, seen=seen, is_over=month != month_of(local_day(tx.now)))
            load.write_posts(tx, rng, town, visits=seen)
            progress(f"{month} 的走访", len(seen))
        if chosen:
            cast.sign_up(tx, rng, chosen, since=since)
    return sum(map(len, walked.values()))


def _walk(rng: Random, town: Town, *, tx: Tx, months: int, chosen: cast.Cast | None) -> dict[str, list[Seen]]:
    now, present = tx.now, month_of(local_day(tx.now))
    waiting = chosen.waiting if chosen else frozenset()
    return {
        month: list(visits_of_month(rng, town, month, now=now, waiting=waiting if month == present else frozenset()))
        for month in months_before(local_day(now), months)
    }


def _villages(tx: Tx, path: str) -> list[tuple[str, str]]:
    rows = tx.db.execute(select(Area.path, Area.name).where(Area.parent_path == path).order_by(Area.path))
    return [(row.path, row.name) for row in rows]


def _serial(runtime: Runtime, path: str) -> int:
    return towns(runtime).index(path) * FULL.households * 2


def begin_now(runtime: Runtime) -> None:
    """Reminders that came due before the town was made are not sent: its people have read them long ago."""
    with transaction(runtime, SYSTEM) as tx:
        past = update(Reminder).where(Reminder.due_at <= tx.now, Reminder.done_at.is_(None))
        tx.db.execute(past.values(done_at=tx.now).execution_options(synchronize_session=False))
