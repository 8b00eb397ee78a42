"""What an import would do: what is new, what is on file already, what looks like somebody on file and is only proposed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domains.areas.rules.rolls import HouseholdLines, Key, PersonLine


class Likeness(StrEnum):
    """Why a line of a roll is held back for a cadre to decide."""

    same_id = "same_id"
    same_name = "same_name"
    with_head = "with_head"


LIKENESS_WORDS = {
    Likeness.same_id: "身份证号和册上另一户的人相同",
    Likeness.same_name: "和册上另一户的人同村、同名、同年生",
    Likeness.with_head: "户主要先定下来，这个人跟着户主",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A person who is not taken in until a cadre has said who he is."""

    household: HouseholdLines
    person: PersonLine
    likeness: Likeness
    existing_id: UUID


@dataclass(slots=True)
class Plan:
    """The difference between a roll and what is on file."""

    new_households: list[HouseholdLines] = field(default_factory=list)
    joining: list[tuple[UUID, str, PersonLine]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    unchanged_households: int = 0
    unchanged_persons: int = 0

    @property
    def new_persons(self) -> int:
        """How many persons would be added."""
        return len(self.joining) + sum(len(h.persons) for h in self.new_households)


def part_new_household(household: HouseholdLines, alike: Sequence[Held]) -> tuple[HouseholdLines | None, list[Held]]:
    """A new household without those who are held back; with its head held back, the whole household waits."""
    held_lines = {h.person.line: h for h in alike}
    head = household.head
    if head is not None and head.line in held_lines:
        first = held_lines[head.line]
        rest = [p for p in household.persons if p.line not in held_lines]
        followers = [Held(household, p, Likeness.with_head, first.existing_id) for p in rest]
        return None, [*alike, *followers]
    return replace(household, persons=[p for p in household.persons if p.line not in held_lines]), list(alike)


def as_text(held: Held) -> str:
    """A line that is held back, as it is kept (sealed) for the decision."""
    household = held.household
    about: dict[str, Any] = {"path": household.path, "number": household.number, "group": household.group}
    about |= {"address": household.address, "flags": household.flags}
    return json.dumps({"household": about, "person": asdict(held.person)}, ensure_ascii=False, sort_keys=True)


def without_line(text: str) -> str:
    """The same, whatever line it stood in: to know a proposal again."""
    row = json.loads(text)
    row["person"].pop("line")
    return json.dumps(row, ensure_ascii=False, sort_keys=True)


def households_of(texts: Iterable[str]) -> Iterator[HouseholdLines]:
    """The households that lines held back make up, once they are to be taken in."""
    found: dict[Key, HouseholdLines] = {}
    for text in texts:
        row: dict[str, Any] = json.loads(text)
        person = PersonLine(**row["person"])
        household = HouseholdLines(line=person.line, **row["household"])
        found.setdefault(household.key, household).persons.append(person)
    yield from found.values()
