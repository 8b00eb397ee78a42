"""Row 8: who has not been visited this month, in a prefecture of 1.35 million households and 14.2 million visits.

The rows are made by PostgreSQL itself, into the product's own tables with the product's own indexes. Asked are the product's
own questions where it has them; the plain ways to ask the same of the table of visits are there for comparison.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from app.domains.areas import actions as areas
from app.domains.areas import queries as households
from app.domains.duties import queries as duties
from app.kernel.access import SYSTEM, Actor, Grant
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import first_of_month, local_day, month_of, start_of
from bench.house import House, Town
from bench.report import Row, at_most
from bench.run import Run

_HOUSEHOLDS, _PER_KEEPER, _MONTHS = 1_350_000, 11, 11
_BULK = ("visits_visit", "areas_household", "areas_person", "duties_duty")
_THIS_MONTH = "date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'"

_VILLAGES = "(SELECT array_agg(path ORDER BY path) FROM areas_area WHERE level = 'village')"
_KEEPERS = f"""
INSERT INTO areas_person (id, area_path, name_sealed, name_index, birth_year, state, created_at)
SELECT md5('keeper' || k)::uuid, village[k %% cardinality(village) + 1], '\\x00', sha256(k::text::bytea), 1980, 'active', now()
FROM generate_series(0, %(keepers)s - 1) AS k, {_VILLAGES} AS v (village)
"""
_HOMES = f"""
INSERT INTO areas_household (id, area_path, number, group_name, flags, keeper_id, last_visit_at, state, created_at)
SELECT md5('home' || n)::uuid, village[n / {_PER_KEEPER} %% cardinality(village) + 1], n::text, '1组', '{{}}',
    md5('keeper' || n / {_PER_KEEPER})::uuid,
    CASE WHEN n %% 10 < 8 THEN {_THIS_MONTH} + random() * (now() - {_THIS_MONTH})
         ELSE {_THIS_MONTH} - random() * interval '60 days' END,
    'active', now() - interval '1 year'
FROM generate_series(0, %(homes)s - 1) AS n, {_VILLAGES} AS v (village)
"""
_VISITS = f"""
INSERT INTO visits_visit (id, household_id, area_path, visitor_id, keeper_id, visited_at, visited_on, logged_at, kind,
    themes, note_sealed, problems, proof, is_late, is_counted, state)
SELECT uuidv7(at - now()), home.id, home.area_path, home.keeper_id, home.keeper_id, at,
    (at AT TIME ZONE 'Asia/Shanghai')::date, at, 'door', '{{livelihood}}', decode(repeat('5e', 70), 'hex'), '{{}}',
    'scanned', false, true, 'logged'
FROM generate_series(0, {_MONTHS} - 1) AS past
CROSS JOIN areas_household AS home
CROSS JOIN LATERAL (
    SELECT CASE WHEN past = 0 THEN home.last_visit_at
                ELSE {_THIS_MONTH} - past * interval '30 days' + random() * interval '29 days' END AS at
) AS moment
WHERE past = 0 OR (random() < 0.95 AND at < home.last_visit_at)
"""
_DUTIES = f"""
INSERT INTO duties_duty (id, kind, period, household_id, area_path, keeper_id, due_on, state, done_at, done_by)
SELECT uuidv7(), 'monthly_visit', %(month)s, id, area_path, keeper_id, (now() + interval '20 days')::date,
    CASE WHEN last_visit_at >= {_THIS_MONTH} THEN 'done' ELSE 'owed' END,
    CASE WHEN last_visit_at >= {_THIS_MONTH} THEN last_visit_at END,
    CASE WHEN last_visit_at >= {_THIS_MONTH} THEN keeper_id END
FROM areas_household
"""

# Ways to ask the table of visits itself.
_NAIVE = text(f"""
SELECT count(*) FROM (
    SELECT home.id FROM areas_household AS home
    LEFT JOIN visits_visit AS visit ON visit.household_id = home.id AND visit.state = 'logged'
    WHERE home.state = 'active' GROUP BY home.id
    HAVING max(visit.visited_at) IS NULL OR max(visit.visited_at) < {_THIS_MONTH}
) AS waiting
""")
_ANTI_JOIN = text(f"""
SELECT count(*) FROM areas_household AS home WHERE home.state = 'active' AND NOT EXISTS (
    SELECT FROM visits_visit AS visit WHERE visit.household_id = home.id AND visit.state = 'logged'
    AND visit.visited_on >= ({_THIS_MONTH} AT TIME ZONE 'Asia/Shanghai')::date)
""")
# On a busy machine the slow ways take longer than the product lets a statement take.
_PATIENT = text("SELECT set_config('statement_timeout', '10min', false)")
# The same from the column that every visit keeps up to date, over the index made for it.
_FROM_COLUMN = text("""
SELECT count(*) FROM areas_household
WHERE state = 'active' AND area_path >= :lo AND area_path < :hi AND (last_visit_at < :since OR last_visit_at IS NULL)
""")


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row."""
    count = _HOUSEHOLDS // 10 if run.is_short else _HOUSEHOLDS
    town = open_house().empty("prefecture")
    with town.runtime() as runtime:
        with transaction(runtime, SYSTEM) as tx:
            areas.import_divisions(tx)
        visits = _fill(run, town, month=_month(runtime), homes=count)
        row = Row(8, "overdue", f"not visited this month: {count / 1e6:.2f} M households, {visits / 1e6:.1f} M visits")
        _ask(run, runtime, row)
    return row


def _month(runtime: Runtime) -> str:
    return month_of(local_day(runtime.clock.now()))


def _fill(run: Run, town: Town, *, month: str, homes: int) -> int:
    """Make the rows, indexes last; returns how many visits."""
    facts = {"keepers": homes // _PER_KEEPER + 1, "homes": homes, "month": month}
    with town.connect("owner") as connection:
        connection.execute("SET work_mem = '64MB'; SET maintenance_work_mem = '512MB'")
        again = _without_indexes(connection)
        for what, statement in _STEPS.items():
            started = time.monotonic()
            found = psycopg.ClientCursor(connection).execute(statement, facts)
            run.say(f"{found.rowcount:,} {what} in {time.monotonic() - started:.0f} s")
        for statement in again:
            connection.execute(statement.encode())
        run.say("indexes are made")
        connection.execute("VACUUM (ANALYZE)")
        counted = connection.execute("SELECT count(*) FROM visits_visit").fetchone()
    assert counted is not None
    return int(str(counted[0]))


_STEPS = {"keepers": _KEEPERS, "households": _HOMES, "visits": _VISITS, "duties": _DUTIES}


def _without_indexes(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Take indexes and constraints off the tables that are filled; returns the statements that bring them back as they were."""
    constraints = connection.execute(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'p', 'u')"
        " OR confrelid = ANY(%s::regclass[]) ORDER BY contype = 'f' DESC, oid",
        [list(_BULK), list(_BULK)],
    ).fetchall()
    for table, name, _ in constraints:
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'.encode())
    indexes = connection.execute(
        "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = ANY(%s::regclass[])",
        [list(_BULK)],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    keys_first = sorted(constraints, key=lambda found: str(found[2]).startswith("FOREIGN"))
    return [
        *(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for table, name, definition in keys_first),
        *(str(definition) for _, definition in indexes),
    ]


def _ask(run: Run, runtime: Runtime, row: Row) -> None:
    month, county = _month(runtime), f"{runtime.settings.county}/"
    since = start_of(first_of_month(month))
    place = {"lo": county, "hi": f"{county[:-1]}0", "since": since}
    member = _member(runtime)
    questions: dict[str, Callable[[Session], object]] = {
        "last_visit_at": lambda db: db.execute(_FROM_COLUMN, place).scalar(),
        "progress": lambda db: duties.progress_below(db, SYSTEM, county, kind="monthly_visit", period=month),
        "coverage": lambda db: households.coverage(db, SYSTEM, county),
        "member": lambda db: len(duties.month_of(db, member, kind="monthly_visit", period=month)),
        "anti-join": lambda db: db.execute(_ANTI_JOIN).scalar(),
        "naive": lambda db: db.execute(_NAIVE).scalar(),
    }
    found = {name: _timed(run, runtime, name, ask) for name, ask in questions.items()}
    row.add("from last_visit_at over its index", found["last_visit_at"].whole, "ms", at_most(250))
    row.add("one member's list of the month, in PostgreSQL", found["member"].in_database, "ms", at_most(1))
    row.add("  with the Python around it", found["member"].whole, "ms")
    row.add("done, excused and owed of the whole county (duties)", found["progress"].whole, "ms")
    row.add("coverage of the whole county", found["coverage"].whole, "ms")
    row.add("anti-join over the visits, for comparison", found["anti-join"].whole, "ms")
    row.add("join and group over the visits, for comparison", found["naive"].whole, "ms")


def _member(runtime: Runtime) -> Actor:
    with reading(runtime) as db:
        keeper, path = db.execute(text("SELECT id, area_path FROM areas_person OFFSET 1000 LIMIT 1")).one()
    role = runtime.presets["roles"]["party_member"]
    grant = Grant("party_member", path, role.permissions)
    return Actor("wechat", person_id=keeper, grants=(grant,), stands_for=(keeper,))


class Took(NamedTuple):
    """How long a question took, in milliseconds, and how much of that was waiting for PostgreSQL."""

    whole: float
    in_database: float


def _timed(run: Run, runtime: Runtime, name: str, ask: Callable[[Session], object]) -> Took:
    """The medians of some rounds, after one that warms up."""
    rounds: list[Took] = []
    with _stopwatch(runtime.engine) as waited:
        for _ in range(run.rounds + 1):
            with reading(runtime) as db:
                db.execute(_PATIENT)
                waited.clear()
                started = time.perf_counter()
                said = ask(db)
                rounds.append(Took((time.perf_counter() - started) * 1000, sum(waited) * 1000))
    took = Took(*(statistics.median(column) for column in zip(*rounds[1:], strict=True)))
    run.say(f"{name}: {took.whole:.1f} ms, says {said}")
    return took


@contextmanager
def _stopwatch(engine: Engine) -> Iterator[list[float]]:
    """The seconds that each statement of an engine waits for its answer."""
    waited: list[float] = []
    started: list[float] = []

    def before(*_facts: object) -> None:
        started.append(time.perf_counter())

    def after(*_facts: object) -> None:
        waited.append(time.perf_counter() - started.pop())

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield waited
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)
