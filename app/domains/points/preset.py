"""The preset of points: what a household and a village's fund may get at most, whatever single rules say."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from app.kernel.presets import FOLDER, Preset, load, version_of

_MOST = 10_000_000


class HouseholdCaps(Preset):
    """What one household may be awarded at most."""

    month: int = Field(ge=1, le=_MOST)
    year: int = Field(ge=1, le=_MOST)


class VillageBudget(Preset):
    """What a village's fund may award at most, less what was taken back."""

    month: int = Field(ge=1, le=_MOST)
    year: int = Field(ge=1, le=_MOST)


class Score(Preset):
    """The second number: what judgements brought in the present period; it begins anew, the balance does not."""

    per: Literal["month", "quarter", "year"]


class PointsCaps(Preset):
    """The general caps of points and how each is called to a person, and the period of the score."""

    score: Score
    household: HouseholdCaps
    village: VillageBudget
    names: dict[str, str]

    @model_validator(mode="after")
    def _names_what_it_caps(self) -> PointsCaps:
        wanted = {"floor", "household_month", "household_year", "village_budget_month", "village_budget_year"}
        if self.names.keys() != wanted:
            raise ValueError(f"names 要正好写这几项：{'、'.join(sorted(wanted))}")
        if self.household.month > self.household.year or self.village.month > self.village.year:
            raise ValueError("每月的上限不能比每年的大")
        return self


def load_all() -> dict[str, Any]:
    """The preset of points and its version, which every transfer keeps."""
    path = FOLDER / "points.toml"
    return {"points": load(PointsCaps, path), "points_version": version_of(path)}
