"""The model of a kind of case: what a file in presets/cases may say, and in which form."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, ConfigDict, Field, StringConstraints

from app.kernel.presets import Preset

Name = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,30}$")]
Figure = Annotated[int, Field(ge=1, le=10_000)]
Percent = Annotated[int, Field(ge=1, le=100)]
Type = Literal[
    "text", "choice", "number", "date", "place", "voice", "photos", "person", "unit", "units", "papers", "case"
]
Unit = Literal["hours", "working_days", "calendar_days"]
Outcome = Literal["solved", "failed", "withdrawn", "refused", "merged"]


class _Part(Preset):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FormField(_Part):
    """One thing that a form asks, and the group that decides who sees the answer."""

    name: Name
    type: Type
    required: bool = False
    choices: tuple[str, ...] = ()
    max: int | None = Field(default=None, ge=1, le=2000)
    group: Key = "public"


class Category(_Part):
    """What a case is about: its level, who answers first (tried in order), who never hears of it, what counts as near."""

    name: Name
    level: Key
    route: tuple[str, ...] = Field(min_length=1)
    see: Literal["see", "see_strict"] = "see"
    without: tuple[str, ...] = ()
    near: Literal["", "household", "village"] = ""


class Party(_Part):
    """A place in a case, and how it is filled."""

    name: Name
    fill: str
    count: str = Field(default="1", pattern=r"^(1|0\.\.[1-9])$")
    without: tuple[str, ...] = ()


class Stage(_Part):
    """Waits on somebody by a clock; or is an outcome."""

    name: Name
    waits_on: str | None = None
    clock: str | None = None
    outcome: Outcome | None = None


class Move(_Part):
    """From where to where, by whom; what it asks and needs, what it does."""

    name: Name
    from_: tuple[str, ...] = Field(validation_alias=AliasChoices("from", "from_"), min_length=1)
    to: str
    by: tuple[str, ...] = Field(min_length=1)
    form: str | None = None
    needs: tuple[str, ...] = ()
    does: tuple[str, ...] = ()


class Extend(_Part):
    """By how much a clock may be moved on, how often, by whom; always with a reason."""

    amount: Figure
    times: int = Field(ge=1, le=5)
    by: str


class Clock(_Part):
    """How long, in which unit, for each level; from when; where it stops; what happens when it is due."""

    name: Name
    unit: Unit
    due: dict[str, Figure]
    from_: Literal["stage", "opened"] = Field(default="stage", validation_alias=AliasChoices("from", "from_"))
    keeps: bool = True
    stops_in: tuple[str, ...] = ()
    extend: Extend | None = None
    remind: tuple[Percent, ...] = (50, 80, 100)
    on_due: str = "climb"


class Rung(_Part):
    """Who is told next, and after how many hours the one above."""

    who: str
    wait: dict[str, Figure] = Field(default_factory=dict)


class Task(_Part):
    """A dated duty inside a case: who owes it, which move makes it and fulfils it, where the day stands."""

    name: Name
    owner: str
    made_by: str
    done_by: tuple[str, ...] = Field(min_length=1)
    due: str
    remind: tuple[Percent, ...] = (80, 100)


class Urge(_Part):
    """Who may ask whoever is waited on to hurry, and at most once in how many hours."""

    by: tuple[str, ...] = Field(min_length=1)
    hours: Figure


class Close(_Part):
    """Whose word alone says that a case is solved."""

    word_of: tuple[str, ...] = Field(min_length=1)


class CaseKind(_Part):
    """A whole process as a file."""

    kind: Key
    name: Name
    version: str = Field(min_length=1, max_length=40)
    subject: Literal["household", "person"]
    number: str = Field(min_length=1, max_length=60)
    open_by: tuple[str, ...] = Field(min_length=1)
    opens_in: str
    opens_with: str
    levels: tuple[Key, ...] = Field(min_length=1)
    alarms: tuple[str, ...] = ()
    again: dict[str, Figure]
    near_days: Figure = 14
    category: dict[Key, Category] = Field(min_length=1)
    words: dict[Key, tuple[Name, ...]] = Field(default_factory=dict)
    usual: Key | None = None
    party: dict[Key, Party] = Field(min_length=1)
    stage: dict[Key, Stage] = Field(min_length=1)
    move: dict[Key, Move] = Field(min_length=1)
    form: dict[Key, dict[Key, FormField]]
    clock: dict[Key, Clock]
    ladder: tuple[Rung, ...] = Field(min_length=1)
    see: dict[str, tuple[str, ...]]
    see_strict: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    task: dict[Key, Task] = Field(default_factory=dict)
    tell: dict[str, str]
    close: Close
    urge: Urge | None = None

    def eyes(self, category: str) -> dict[str, tuple[str, ...]]:
        """Audience → groups, for this category."""
        return self.see_strict if self.category[category].see == "see_strict" else self.see
