"""The preset file of stats: from how many on a share says anything."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.kernel.presets import FOLDER, Preset, load


class NumberLimits(Preset):
    """What is too few to reckon with."""

    least: int = Field(ge=1, le=1000)


def load_all() -> dict[str, Any]:
    """Every preset of stats by its name."""
    return {"numbers": load(NumberLimits, FOLDER / "numbers.toml")}
