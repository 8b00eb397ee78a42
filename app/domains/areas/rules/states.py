"""The words in which areas keeps what has become of a record."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Whether a household or a person is here."""

    active = "active"
    moved = "moved"
    removed = "removed"
    forgotten = "forgotten"  # gone for long; nothing personal is left


GONE = (State.moved.value, State.removed.value)


class BatchState(StrEnum):
    """Whether an import stands or was taken back."""

    done = "done"
    undone = "undone"


class DuplicateState(StrEnum):
    """What a cadre has said about two records that look alike."""

    proposed = "proposed"
    dropped = "dropped"
    taken = "taken"
