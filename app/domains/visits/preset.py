"""The presets of visits: the limits in time around a visit, and the life of the feed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.kernel.presets import FOLDER, Preset, load

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$", max_length=40)]


class VisitLimits(Preset):
    """The limits in time around a visit."""

    backdate_days: int = Field(ge=0, le=31)
    skew_minutes: int = Field(ge=0, le=60)
    correction_hours: int = Field(ge=1, le=168)
    offline_days: int = Field(ge=1, le=31)


class Digest(Preset):
    """Whether who posted is told once a day what the day brought."""

    is_on: bool


class Held(Preset):
    """Whether those who may look are told once a day that something waits, and from which hour."""

    is_on: bool
    hour: int = Field(ge=0, le=23)


class FeedLife(Preset):
    """How people talk in the feed, which matters that a visit carried are spoken of, and when a cadre has to look."""

    comment_letters: int = Field(ge=1, le=500)
    reports_to_hold: int = Field(ge=1, le=50)
    digest: Digest
    held: Held
    matters: dict[Key, Annotated[str, StringConstraints(min_length=1, max_length=10)]] = Field(max_length=10)
    reasons: dict[Key, Annotated[str, StringConstraints(min_length=1, max_length=20)]] = Field(
        min_length=1, max_length=20
    )


def load_all() -> dict[str, Any]:
    """Every preset of visits by its name."""
    return {"visits": load(VisitLimits, FOLDER / "visits.toml"), "feed": load(FeedLife, FOLDER / "feed.toml")}
