"""The closed lists of words that a preset file may combine: conditions, effects, places of parties, purposes of messages.

A new word wants two kinds that use it and an entry in DECISIONS.md, or TOML becomes a bad programming language.
"""

from __future__ import annotations

import re
from typing import NamedTuple

AREA, SUPERVISOR, CLOCK = "area", "supervisor", "clock"
SAME = "same"
STAGE_GROUP, TIMELINE_GROUP = "stage", "timeline"
ZONE_OFFICE = "member@zone"
LEVELS_OF_OFFICES = ("village", "town", "county")

# What a condition or an effect names after its colon: nothing, a party, a clock, a task, a number.
NEEDS = {
    "reason": "",
    "basis": "",
    "next_unit": "",
    "consent": "party",
    "within": "days",
    "times": "number",
    "all_back": "",
}
DOES = {
    "assign": "party",
    "draw": "party",
    "tell": "party",
    "receipt": "party",
    "consent": "party",
    "restart": "clock",
    "task": "task",
    "climb": "",
    "merge": "",
    "take_in": "",
    "hand_back": "",
    "not_back": "",
}
FIELD_TYPES = (
    "text",
    "choice",
    "number",
    "date",
    "place",
    "voice",
    "photos",
    "person",
    "unit",
    "units",
    "papers",
    "case",
)

# Why somebody is told; each kind names a template of messages.toml for each.
PURPOSES = (
    "new",
    "climbed",
    "passed",
    "taken",
    "moved",
    "word",
    "remind",
    "promise",
    "drawn",
    "receipt",
    "merged",
    "closed",
    "late",
    "word_late",
    "promise_late",
)
# Which of them is told once the time that it would name has passed.
AFTER = {"remind": "late", "word": "word_late", "promise": "promise_late"}
URGED = "urged"  # and this one where the kind says who may urge
# What a template may say about a case.
FACTS = ("kind", "category", "number", "place", "stage", "due", "move", "who", "why")

_OFFICE = re.compile(r"(?P<role>[a-z_]+)@(?P<level>zone|village|town|county)")
_NUMBER = {"days": re.compile(r"([1-9][0-9]{0,3})d"), "number": re.compile(r"([1-9][0-9]?)")}


class Word(NamedTuple):
    """A condition or an effect: `restart:solve`."""

    verb: str
    about: str

    @property
    def number(self) -> int:
        """The figure of a word that ends in one: 30 of within:30d."""
        return int(self.about.removesuffix("d"))


class Fill(NamedTuple):
    """How a place in a case is filled: by the opener, by the route, from a field of a form, by lot among an office."""

    way: str
    form: str = ""
    field: str = ""
    office: str = ""


class Office(NamedTuple):
    """A role at a level of the place: clerk@village."""

    role: str
    level: str

    def __str__(self) -> str:
        return f"{self.role}@{self.level}"


def word(text: str) -> Word:
    """A condition or an effect, taken apart."""
    verb, _, about = text.partition(":")
    return Word(verb, about)


def fits(kind: str, about: str) -> bool:
    """Whether what stands after the colon is a number of this kind."""
    return bool(_NUMBER[kind].fullmatch(about))


def fill(text: str) -> Fill | None:
    """How a place is filled; None for a text that says nothing we know."""
    if text in {"opener", "route"}:
        return Fill(text)
    if found := re.fullmatch(r"field:([a-z_]+)\.([a-z_]+)", text):
        return Fill("field", form=found[1], field=found[2])
    if found := re.fullmatch(r"draw:([a-z_]+)", text):
        return Fill("draw", office=found[1])
    return None


def office(text: str) -> Office | None:
    """An office, taken apart; None for a text that is none."""
    found = _OFFICE.fullmatch(text)
    return Office(found["role"], found["level"]) if found else None
