"""The preset of households: which marks a household may carry, how much each weighs, and when a visit is long ago."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.domains.areas.rules.needs import Weights
from app.kernel.presets import FOLDER, Preset, load


class Flag(Preset):
    """One mark of a household: its word, other words that people write for it, and its weight in a zone's order."""

    word: str
    also: tuple[str, ...] = ()
    weight: int = Field(ge=0, le=100)


class Households(Preset):
    """What a city says about its households."""

    flags: tuple[Flag, ...]
    never_recorded: tuple[str, ...]
    long_ago_days: int = Field(ge=1, le=366)
    never_visited_weight: int = Field(ge=0, le=500)
    owed_weight: int = Field(ge=0, le=500)
    long_ago_weight: int = Field(ge=0, le=500)

    def flag_words(self) -> dict[str, str]:
        """Every word that may stand for a mark, and the mark."""
        return {word: flag.word for flag in self.flags for word in (flag.word, *flag.also)}

    def words(self) -> tuple[str, ...]:
        """The marks themselves."""
        return tuple(flag.word for flag in self.flags)

    def weights(self) -> Weights:
        """How much each reason weighs in a zone's order."""
        return Weights(
            flags={flag.word: flag.weight for flag in self.flags},
            never_visited=self.never_visited_weight,
            owed=self.owed_weight,
            long_ago=self.long_ago_weight,
            long_ago_days=self.long_ago_days,
        )


def load_all() -> dict[str, Any]:
    """The preset of areas, for the runtime."""
    return {"households": load(Households, FOLDER / "households.toml")}
