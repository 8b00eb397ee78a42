"""Decisions about visits that need no database: what counts, how sure we are, what may still be put right."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from app.kernel.values import local_day

PICTURES = "pictures"  # the purpose of the consent that a household gives or takes back
POST_SUBJECT = "post:"  # a content check whose subject begins so waits for the post of that id
COMMENT_SUBJECT = "comment:"  # and one of these for the comment


class Kind(StrEnum):
    """How the two met."""

    door = "door"  # 上门
    field = "field"  # 田间地头、路上
    office = "office"  # 来村里
    phone = "phone"  # 电话
    video = "video"  # 视频


class Theme(StrEnum):
    """The six classes of appeals (月联月访)."""

    personal = "personal"  # 个人诉求
    surroundings = "surroundings"  # 人居环境
    governance = "governance"  # 基层治理
    business = "business"  # 营商环境
    livelihood = "livelihood"  # 基础民生
    revival = "revival"  # 乡村振兴


class Proof(StrEnum):
    """How sure we are that it happened; the last two are what a villager's tap makes of the first two."""

    scanned = "scanned"
    one_sided = "one_sided"
    confirmed = "confirmed"
    denied = "denied"


class VisitState(StrEnum):
    """Whether a visit stands."""

    logged = "logged"
    voided = "voided"


class CorrectionKind(StrEnum):
    """What was done about a visit afterwards."""

    correct = "correct"
    void = "void"
    note = "note"


class PostState(StrEnum):
    """Who sees a post: the author alone while it is checked or held, everybody when shown, the author when hidden."""

    checking = "checking"
    shown = "shown"
    held = "held"
    hidden = "hidden"


class CommentState(StrEnum):
    """Who sees a comment: as with a post; one that was taken back is seen by nobody."""

    checking = "checking"
    shown = "shown"
    held = "held"
    hidden = "hidden"
    taken_back = "taken_back"


class Timing(StrEnum):
    """How a visit's time stands to the moment in which it was written down."""

    fresh = "fresh"
    late = "late"
    too_old = "too_old"
    in_future = "in_future"


@dataclass(frozen=True, slots=True)
class Share:
    """What the visitor wants others to see of a visit."""

    words: str
    file_ids: tuple[UUID, ...] = ()
    has_picture_consent: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """What was heard and seen: the part of a visit that may be put right."""

    themes: tuple[str, ...] = ()
    note: str = ""
    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, kept: Mapping[str, object]) -> Story:
        """A story as it is kept in a correction."""
        themes, problems = kept["themes"], kept["problems"]
        assert isinstance(themes, list)
        assert isinstance(problems, list)
        return cls(tuple(themes), str(kept["note"]), tuple(problems))


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit as the visitor writes it down; the door is named, scanned, or both."""

    id: UUID
    household_id: UUID | None
    door_code: str | None
    visited_at: datetime
    kind: str
    story: Story
    file_ids: tuple[UUID, ...] = ()
    share: Share | None = None


def timing_of(visited_at: datetime, arrived_at: datetime, *, backdate_days: int, skew_minutes: int) -> Timing:
    """Whether a visit is fresh, late, or of a time that is not accepted (days are Chinese days)."""
    if visited_at > arrived_at + timedelta(minutes=skew_minutes):
        return Timing.in_future
    days = (local_day(arrived_at) - local_day(visited_at)).days
    if days > backdate_days:
        return Timing.too_old
    return Timing.late if days > 0 else Timing.fresh


def is_surely_first(visited_on: date, last_visit_at: datetime | None) -> bool:
    """Whether no other visit of that household and day can be on file, judged by its last visit alone."""
    return last_visit_at is None or local_day(last_visit_at) < visited_on


def put_right_until(logged_at: datetime, *, hours: int) -> datetime:
    """Until when a mistake may be put right by who made it."""
    return logged_at + timedelta(hours=hours)


def may_put_right(
    logged_at: datetime, made_at: datetime, arrived_at: datetime, *, hours: int, offline_days: int
) -> bool:
    """Whether a correction was written in time; one written without signal may take some days to arrive."""
    until = put_right_until(logged_at, hours=hours)
    return arrived_at <= until or (made_at <= until and arrived_at <= made_at + timedelta(days=offline_days))


def proof_shown(proof: str, says_yes: bool | None) -> Proof:
    """How sure we are once the villager has or has not been heard."""
    if says_yes is None:
        return Proof(proof)
    return Proof.confirmed if says_yes else Proof.denied


def names_one_of(words: str, names: Iterable[str]) -> bool:
    """Whether somebody of these is called by his full name, also with spaces in between."""
    closed = "".join(words.split())
    return any(len(name) > 1 and name in closed for name in names)


def town_of(path: str) -> str:
    """The path of the town in which a village lies; a higher place is itself."""
    return "".join(f"{step}/" for step in path.split("/")[:2] if step)


class Waits(NamedTuple):
    """How many things of one author wait in a place."""

    path: str
    author_id: UUID | None
    many: int


def eyes_wanted(waiting: Iterable[Waits], lookers: Mapping[str, Collection[UUID]]) -> dict[UUID, int]:
    """How much waits for whom: for those of the nearest place upwards in which somebody other than its author may look."""
    wanted: dict[UUID, int] = {}
    for one in waiting:
        steps = list(accumulate(f"{step}/" for step in one.path.split("/") if step))
        near = (set(lookers.get(step, ())) - {one.author_id} for step in reversed(steps))
        for person_id in next(filter(None, near), ()):
            wanted[person_id] = wanted.get(person_id, 0) + one.many
    return wanted
