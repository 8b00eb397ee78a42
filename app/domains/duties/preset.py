"""The preset files of duties: what is owed in each period, who is exempt, when it is reminded of."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from app.kernel.presets import FOLDER, Preset, load_folder, version_of

KEEPERS_OWN = "keeper_"  # an excuse that begins so lies with the keeper, not with the household
KEEPER_ELDER = "keeper_elder"
HOUSEHOLD_AWAY = "household_away"


class Exempt(Preset):
    """Who owes nothing from the start: keepers of this age, households with one of these marks."""

    keeper_age: int = Field(ge=18, le=120)
    household_flags: tuple[str, ...] = ()


class Remind(Preset):
    """How many days before the due day a keeper who still owes is reminded, at which hour, and how many homes are named."""

    days_before: tuple[int, ...]
    hour: int = Field(ge=0, le=23)
    named: int = Field(ge=0, le=20)


class Look(Preset):
    """Which role is told each week how far its place is, and what is named: keepers or places where most waits."""

    role: str
    template: str
    by: Literal["keeper", "place"]
    most: int = Field(ge=1, le=10)


class Weekly(Preset):
    """On which day of the week, and when, a keeper gets a look back and ahead, and the cadres a look at their place."""

    weekday: int = Field(ge=1, le=7)
    hour: int = Field(ge=0, le=23)
    looks: tuple[Look, ...] = ()


class DutyPreset(Preset):
    """One kind of duty."""

    name: str
    period: Literal["month"]
    due_day: int = Field(ge=1, le=31)
    fulfilled_by: tuple[str, ...]
    reminder: str
    digest: str
    exempt: Exempt
    remind: Remind
    weekly: Weekly
    excuses: dict[str, str]

    @field_validator("excuses")
    @classmethod
    def _knows_the_exemptions(cls, excuses: dict[str, str]) -> dict[str, str]:
        if missing := {KEEPER_ELDER, HOUSEHOLD_AWAY} - excuses.keys():
            raise ValueError(f"还要有 {'、'.join(sorted(missing))}")
        return excuses


def load_all() -> dict[str, Any]:
    """Every kind of duty by its file's name."""
    kinds = load_folder(DutyPreset, "duties")
    return {
        "duties": kinds,
        "duties_versions": {kind: version_of(FOLDER / "duties" / f"{kind}.toml") for kind in kinds},
    }
