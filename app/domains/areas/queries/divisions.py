"""Questions about places: one by its path, all below one, villages by name, names as people say them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Area, Level
from app.domains.areas.rules.divisions import short_name
from app.kernel.access import below
from app.kernel.values import plain

_NAMES = select(Area.path, Area.name).where(Area.path.in_(bindparam("paths", expanding=True)))


def area(db: Session, path: str) -> Area | None:
    """The division at a path."""
    return db.get(Area, path)


def areas_below(db: Session, path: str, *, level: str | None = None) -> Sequence[Area]:
    """The division at a path and all below it, in the order of their codes; of one level if one is named."""
    found = select(Area).where(below(Area.path, path), Area.closed_on.is_(None)).order_by(Area.path)
    return db.scalars(found if level is None else found.where(Area.level == level)).all()


def place_name(db: Session, path: str) -> str:
    """What people call the place at a path: 山口村."""
    return place_names(db, [path]).get(path, "")


def place_names(db: Session, paths: Collection[str]) -> dict[str, str]:
    """What people call the places at these paths."""
    return {path: short_name(name) for path, name in db.execute(_NAMES, {"paths": list(paths)})}


def find_villages(db: Session, words: str, *, within: str) -> Sequence[Area]:
    """Villages below a path whose official or spoken name is exactly this."""
    wanted = plain(words)
    return [a for a in areas_below(db, within, level=Level.village) if wanted in {a.name, short_name(a.name)}]


def villages_by_code_or_name(db: Session, within: str) -> dict[str, tuple[str, ...]]:
    """All that may stand in a file for a village or grid below a path: code, official name, spoken name → paths.

    A name that two villages share has two paths; only their codes tell them apart.
    """
    known: dict[str, tuple[str, ...]] = {}
    for place in areas_below(db, within):
        if place.level in {Level.village, Level.grid}:
            for key in {place.code, place.name, short_name(place.name)}:
                known[key] = (*known.get(key, ()), place.path)
    return known
