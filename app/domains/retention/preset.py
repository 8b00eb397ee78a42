"""The preset of retention: how many days, and the holds with the words that an operator reads."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from app.domains.retention.rules import Hold
from app.kernel.presets import FOLDER, Preset, load


class HoldText(Preset):
    """One reason why somebody is not forgotten yet: what it is called, and why it is lawful."""

    name: str = Field(min_length=1)
    why: str = Field(min_length=1)


class Retention(Preset):
    """What a city says about forgetting."""

    removed_days: int = Field(ge=1, le=3650)
    moved_days: int = Field(ge=1, le=3650)
    closed_days: int = Field(ge=1, le=3650)
    case_days: int = Field(ge=0, le=3650)
    holds: dict[Hold, HoldText]

    @model_validator(mode="after")
    def _names_every_hold(self) -> Self:
        if missing := set(Hold) - set(self.holds):
            raise ValueError(f"holds 缺 {'、'.join(sorted(missing))}：每一种都要写明叫什么、凭什么")
        return self


def load_all() -> dict[str, Any]:
    """The preset of retention, for the runtime."""
    return {"retention": load(Retention, FOLDER / "retention.toml")}
