"""Writing a town: rows in the order the tables depend on each other, sealed where they are personal, by COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from random import Random
from typing import Any

from app.demo import names
from app.demo.months import Seen
from app.demo.rosters import Office
from app.demo.town import Home, Town, new_id, new_key
from app.domains.areas.models import DoorCode, Household, Link, Person
from app.domains.duties.models import Duty, Period
from app.domains.identity.models import RoleGrant
from app.domains.members.models import Branch, Member
from app.domains.visits.models import Post, Visit
from app.kernel.bulk import copy_lines, copy_rows
from app.kernel.transaction import Tx
from app.kernel.values import first_of_month, last_of_month

Step = Callable[[int], None]


def write_town(tx: Tx, rng: Random, town: Town, *, since: datetime) -> None:
    """Households, persons, door codes, keepers, branches, members and their grants."""
    copy_rows(tx.db, Household, columns=_HOUSEHOLD, rows=(_household(tx, home, since) for home in town.homes))
    copy_rows(tx.db, Person, columns=_PERSON, rows=_persons(tx, town, since))
    copy_rows(tx.db, DoorCode, columns=_CODE, rows=(_door_code(tx, rng, home, since=since) for home in town.homes))
    copy_rows(tx.db, Link, columns=_LINK, rows=(_link(rng, home, since) for home in town.homes if home.keeper))
    branches = {path: new_id(rng) for path in dict.fromkeys(home.path for home in town.homes)}
    copy_rows(
        tx.db,
        Branch,
        columns=("id", "area_path", "name"),
        rows=((branch, path, "党支部") for path, branch in branches.items()),
    )
    copy_rows(
        tx.db, Member, columns=_MEMBER, rows=((p.id, branches[path], path, "active", since) for p, path in town.members)
    )
    copy_rows(tx.db, RoleGrant, columns=_GRANT, rows=(_grant(rng, p.id, path, since=since) for p, path in town.members))


_HOUSEHOLD = (
    "id", "area_path", "number", "group_name", "address_sealed", "head_id", "flags", "keeper_id", "last_visit_at",
    "state", "created_at",
)  # fmt: skip


def _household(tx: Tx, home: Home, since: datetime) -> tuple[Any, ...]:
    address = tx.vault.seal(f"areas_household.address:{home.id}", home.address)
    keeper = home.keeper.id if home.keeper else None
    head = home.people[0].id
    return (
        home.id, home.path, home.number, home.group, address, head, home.flags, keeper, home.last_visit_at, "active", since,
    )  # fmt: skip


_PERSON = (
    "id", "household_id", "area_path", "name_sealed", "name_index", "phone_sealed", "phone_index", "id_number_sealed",
    "id_number_index", "sex", "birth_year", "relation", "state", "created_at",
)  # fmt: skip


def _persons(tx: Tx, town: Town, since: datetime) -> Iterator[tuple[Any, ...]]:
    vault = tx.vault
    for home in town.homes:
        for p in home.people:
            yield (
                p.id,
                home.id,
                home.path,
                vault.seal(f"areas_person.name:{p.id}", p.name),
                vault.index("areas_person.name", p.name),
                vault.seal(f"areas_person.phone:{p.id}", p.phone) if p.phone else None,
                vault.index("areas_person.phone", p.phone) if p.phone else None,
                vault.seal(f"areas_person.id_number:{p.id}", p.id_number),
                vault.index("areas_person.id_number", p.id_number),
                p.sex,
                p.born_on.year,
                p.relation,
                "active",
                since,
            )


_CODE = ("id", "household_id", "token_index", "token_sealed", "issued_at")


def _door_code(tx: Tx, rng: Random, home: Home, *, since: datetime) -> tuple[Any, ...]:
    code = new_id(rng)
    index = tx.vault.index("areas_door_code.token", home.token)
    return code, home.id, index, tx.vault.seal(f"areas_door_code.token:{code}", home.token), since


_LINK = (
    "id",
    "household_id",
    "area_path",
    "keeper_id",
    "since",
    "reason",
    "keeper_confirmed_at",
    "household_confirmed_at",
)


def _link(rng: Random, home: Home, since: datetime) -> tuple[Any, ...]:
    assert home.keeper is not None
    return new_id(rng), home.id, home.path, home.keeper.id, since, "建档", since, since if rng.random() < 0.9 else None


_MEMBER = ("person_id", "branch_id", "area_path", "state", "since")
_GRANT = ("id", "person_id", "role", "area_path", "since")


def _grant(rng: Random, person_id: Any, path: str, *, since: datetime) -> tuple[Any, ...]:
    return new_id(rng), person_id, "party_member", path, since


def write_offices(tx: Tx, rng: Random, offices: Iterable[Office], *, since: datetime) -> int:
    """Who is in which office of the town and its villages."""
    rows = ((new_id(rng), one.person.id, one.role, one.path, since) for one in offices)
    return copy_rows(tx.db, RoleGrant, columns=_GRANT, rows=rows)


_VISIT = (
    "id", "household_id", "area_path", "visitor_id", "keeper_id", "visited_at", "visited_on", "logged_at", "kind",
    "themes", "note_sealed", "problems", "proof", "is_late", "is_counted", "state",
)  # fmt: skip


def write_visits(tx: Tx, visits: Iterable[Seen]) -> int:
    """The visits, as if each had been logged on the spot."""
    return copy_lines(tx.db, Visit, columns=_VISIT, lines=(_visit(tx, seen) for seen in visits))


def _visit(tx: Tx, seen: Seen) -> str:
    home, at = seen.home, seen.at.isoformat()
    assert home.keeper is not None
    keeper = home.keeper.id
    note = tx.vault.seal(f"visits_visit.note:{seen.id}", seen.note).hex()
    return (
        f"{seen.id}\t{home.id}\t{home.path}\t{keeper}\t{keeper}\t{at}\t{at[:10]}\t{at}\tdoor"
        f"\t{{{seen.theme}}}\t\\\\x{note}\t{{}}\t{seen.proof}\tf\tt\tlogged\n"
    )


_DUTY = ("id", "kind", "period", "household_id", "area_path", "keeper_id", "due_on", "state", "done_at", "done_by")


def write_month(tx: Tx, rng: Random, town: Town, *, month: str, seen: Iterable[Seen], is_over: bool) -> None:
    """The month's duties: done where a visit was made; in a month that is over, the rest stays owed."""
    done, due = {visit.home.id: visit for visit in seen}, last_of_month(month)
    if is_over and tx.db.get(Period, ("monthly_visit", month)) is None:
        tx.db.add(
            Period(
                kind="monthly_visit",
                period=month,
                starts_on=first_of_month(month),
                due_on=due,
                preset_version="demo",
                opened_at=tx.now,
            )
        )
    homes = (home for home in town.homes if home.keeper and (is_over or home.id in done))
    lines = (_duty(rng, home, month, due=due, visit=done.get(home.id)) for home in homes)
    copy_lines(tx.db, Duty, columns=_DUTY, lines=lines)


def _duty(rng: Random, home: Home, month: str, *, due: date, visit: Seen | None) -> str:
    assert home.keeper is not None
    end = f"done\t{visit.at.isoformat()}\t{home.keeper.id}" if visit else "owed\t\\N\t\\N"
    return f"{new_key(rng)}\tmonthly_visit\t{month}\t{home.id}\t{home.path}\t{home.keeper.id}\t{due}\t{end}\n"


_POST = (
    "id", "area_path", "village_path", "town_path", "author_id", "words", "file_ids", "has_picture_consent", "state", "posted_at",
)  # fmt: skip


def write_posts(tx: Tx, rng: Random, town: Town, *, visits: Iterable[Seen]) -> int:
    """What members showed of their walks; one visit in thirty."""
    shown = [seen for seen in visits if rng.random() < 1 / 30]
    return copy_rows(tx.db, Post, columns=_POST, rows=(_post(rng, town, seen) for seen in shown))


def _post(rng: Random, town: Town, seen: Seen) -> tuple[Any, ...]:
    assert seen.home.keeper is not None
    place, words = seen.home.path, rng.choice(names.POSTS)
    return seen.id, place, place, town.path, seen.home.keeper.id, words, [], False, "shown", seen.at
