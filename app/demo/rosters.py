"""Who is in which office of a demo town, as its town hall would hand it in: no office that a process asks is empty."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from app.demo.town import Home, Person, Town

_VILLAGE = ("secretary", "clerk", "agent", *["council"] * 7)
_TOWN = ("dispatcher", "window", "rechecker", "rechecker", "rechecker")


class Office(NamedTuple):
    """One person in one office."""

    person: Person
    role: str
    path: str


def offices_of(town: Town, *, staffed: Collection[str] = ()) -> Iterator[Office]:
    """The offices of the town and of its villages, but for villages that have been staffed otherwise."""
    villages: dict[str, list[Home]] = {}
    for home in town.homes:
        villages.setdefault(home.path, []).append(home)
    for path, homes in villages.items():
        if path not in staffed:
            heads = [home.people[0] for home in homes]
            yield from (Office(head, role, path) for role, head in zip(_VILLAGE, heads, strict=False))
    others = [homes[-1].people[0] for path, homes in villages.items() if path not in staffed]
    yield from (Office(head, role, town.path) for role, head in zip(_TOWN, others, strict=False))
