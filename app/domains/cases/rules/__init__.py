"""Decisions about cases that need no database: values in, values out."""

from __future__ import annotations

from enum import StrEnum


class Seat(StrEnum):
    """How somebody stands to a place in a case."""

    asked = "asked"  # told, and the first who acts takes it
    holds = "holds"
    released = "released"
    kept_out = "kept_out"  # complained of: no audience, never told


class TimerState(StrEnum):
    """How a timer stands."""

    running = "running"
    paused = "paused"
    overdue = "overdue"
    ended = "ended"


class TimerKind(StrEnum):
    """What a timer is for."""

    clock = "clock"
    ladder = "ladder"
    task = "task"


class Happened(StrEnum):
    """What an entry of the timeline tells."""

    opened = "opened"
    moved = "moved"
    climbed = "climbed"
    reminded = "reminded"
    extended = "extended"
    urged = "urged"  # somebody whose matter it is asked whoever is waited on to hurry
    joined = "joined"  # another case was merged into this one
    left = "left"  # one of several who raised it does not need it any more
    stuck = "stuck"  # the clock wanted to move, and could not


class Phase(StrEnum):
    """How far a case is, in the words of whoever waits for it, whatever the stages of its kind are called."""

    asked = "asked"  # nobody has taken it yet
    working = "working"
    word = "word"  # it waits for the word of those whose matter it is
    ended = "ended"


LIVE = frozenset({TimerState.running, TimerState.paused, TimerState.overdue})
ACTIVE = frozenset({Seat.asked, Seat.holds})
LADDER = "ladder"
TASK = "task:"
THROUGH = "through"  # in the detail of an entry: the person through whom somebody acted
