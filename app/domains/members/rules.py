"""The words in which the roll of members is kept."""

from __future__ import annotations

from enum import StrEnum


class MemberState(StrEnum):
    """Whether somebody is a member of this place."""

    active = "active"
    left = "left"
