"""The preset of media: how large and how many files may be, and how patient the content check is."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.kernel.presets import FOLDER, Preset, load

MB = 1024 * 1024


class MediaLimits(Preset):
    """The limits on files and checks."""

    picture_mb: int = Field(ge=1, le=50)
    voice_mb: int = Field(ge=1, le=20)
    day_mb: int = Field(ge=1)
    day_files: int = Field(ge=1)
    part_least_kb: int = Field(ge=1, le=64)
    part_files: int = Field(ge=1, le=100)
    part_days: int = Field(ge=1)
    verdict_minutes: int = Field(ge=1)
    again_minutes: int = Field(ge=0)
    retry_seconds: int = Field(ge=1)
    retry_most_seconds: int = Field(ge=1)
    missing_days: int = Field(ge=1)

    def most_bytes(self, kind: str) -> int:
        """How large one file of a kind may be."""
        return MB * (self.voice_mb if kind == "voice" else self.picture_mb)


def load_all() -> dict[str, Any]:
    """Every preset of media by its name."""
    return {"media": load(MediaLimits, FOLDER / "media.toml")}
