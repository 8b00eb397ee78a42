"""One town of invented people: households spread over its real villages, and the members who answer for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from uuid import UUID

from app.demo import names


@dataclass(frozen=True, slots=True)
class Size:
    """How large a town is."""

    households: int
    members: int


FULL = Size(households=13_529, members=1_254)


@dataclass(slots=True)
class Person:
    """Somebody who does not exist."""

    id: UUID
    name: str
    sex: str
    born_on: date
    id_number: str
    phone: str | None
    relation: str


@dataclass(slots=True)
class Home:
    """A household, its people, and who answers for it."""

    id: UUID
    path: str
    number: str
    group: str
    address: str
    flags: list[str]
    people: list[Person]
    token: str
    keeper: Person | None = None
    last_visit_at: datetime | None = None


@dataclass(slots=True)
class Town:
    """Everything about one town before it is written."""

    path: str
    size: Size = FULL
    homes: list[Home] = field(default_factory=list)
    members: list[tuple[Person, str]] = field(default_factory=list)


def make_town(
    rng: Random, path: str, villages: Sequence[tuple[str, str]], *, today: date, serial: int, size: Size = FULL
) -> Town:
    """A town over (path, name) of its villages; phone numbers start at `serial`."""
    town = Town(path, size)
    for (village, name), count in zip(villages, _shares(rng, len(villages), size.households), strict=True):
        homes = list(_homes(rng, village, name, count=count, today=today, serial=serial + len(town.homes) * 2))
        town.homes.extend(homes)
    _appoint(rng, town, villages, today=today)
    return town


def _shares(rng: Random, count: int, households: int) -> list[int]:
    weights = [rng.uniform(0.5, 1.8) for _ in range(count)]
    shares = [int(households * weight / sum(weights)) for weight in weights]
    shares[0] += households - sum(shares)
    return shares


def _homes(rng: Random, path: str, village: str, *, count: int, today: date, serial: int) -> Iterator[Home]:
    families = rng.choices(names.SURNAMES, k=6)
    groups = max(2, count // 70)
    for place in range(count):
        group = place * groups // count + 1
        people = _family(rng, rng.choice(families), today=today, serial=serial + place * 2)
        yield Home(
            id=new_id(rng),
            path=path,
            number=f"{group:02d}{place + 1:04d}",
            group=f"{group}组",
            address=f"{village}{group}组{place % 90 + 1}号",
            flags=names.flags(rng),
            people=people,
            token=_token(rng),
        )


def _family(rng: Random, family: str, *, today: date, serial: int) -> list[Person]:
    sex = "男" if rng.random() < 0.8 else "女"
    people = [_person(rng, family, sex, ages=(30, 84), relation="户主", today=today, phone=names.phone_number(serial))]
    if rng.random() < 0.8:
        other, family2 = ("女" if sex == "男" else "男"), rng.choice(names.SURNAMES)
        people.append(
            _person(
                rng, family2, other, ages=(28, 80), relation="配偶", today=today, phone=names.phone_number(serial + 1)
            )
        )
    for _ in range(rng.choices((0, 1, 2, 3), (30, 35, 25, 10))[0]):
        child = rng.choice("男女")
        people.append(
            _person(rng, family, child, ages=(1, 45), relation="儿子" if child == "男" else "女儿", today=today)
        )
    return people


def _person(
    rng: Random, family: str, sex: str, *, ages: tuple[int, int], relation: str, today: date, phone: str | None = None
) -> Person:
    born = names.birthday(rng, ages, today)
    number = names.id_number(rng, born, sex)
    return Person(new_id(rng), names.person_name(rng, family, sex), sex, born, number, phone, relation)


def _appoint(rng: Random, town: Town, villages: Sequence[tuple[str, str]], *, today: date) -> None:
    for village, _ in villages:
        homes = [home for home in town.homes if home.path == village]
        count = round(town.size.members * len(homes) / town.size.households)
        adults = [home.people[0] for home in homes if today.year - home.people[0].born_on.year < 70]
        chosen = rng.sample(adults, max(1, min(count, len(adults))))
        town.members.extend((person, village) for person in chosen)
        for place, home in enumerate(homes):
            home.keeper = chosen[place * len(chosen) // len(homes)]
    while len(town.members) > town.size.members:
        _retire_last(town)
    while len(town.members) < town.size.members:
        _appoint_one_more(town, today)


def _retire_last(town: Town) -> None:
    """In the last village with more than one member, one retires and another takes over his households."""
    villages = [village for _, village in town.members]
    place = next(p for p in reversed(range(len(villages))) if villages.count(villages[p]) > 1)
    retired, village = town.members.pop(place)
    heir = next(person for person, where in town.members if where == village)
    for home in town.homes:
        if home.keeper is retired:
            home.keeper = heir


def _appoint_one_more(town: Town, today: date) -> None:
    """The member with the largest zone gives half of it to a neighbour."""
    zones: dict[UUID, list[Home]] = {}
    for home in town.homes:
        if home.keeper:
            zones.setdefault(home.keeper.id, []).append(home)
    largest = max(zones.values(), key=len)
    keepers = {person.id for person, _ in town.members}
    village = [home for home in town.homes if home.path == largest[0].path]
    neighbour = next(
        h.people[0] for h in village if h.people[0].id not in keepers and today.year - h.people[0].born_on.year < 75
    )
    town.members.append((neighbour, largest[0].path))
    for home in largest[len(largest) // 2 :]:
        home.keeper = neighbour


def new_id(rng: Random) -> UUID:
    """An id that the same seed makes again."""
    return UUID(int=rng.getrandbits(128), version=4)


def new_key(rng: Random) -> str:
    """The same as text, for rows that come by the hundred thousand."""
    h = f"{rng.getrandbits(128):032x}"
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-8{h[17:20]}-{h[20:]}"


_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _token(rng: Random) -> str:
    return "".join(rng.choices(_LETTERS, k=24))
