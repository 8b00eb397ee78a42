"""Who may do what, where: grants, the actor, and the only two doors to zoned rows: `require` and `scoped`.

A permission in a role reaches one of three ways: over an area (`visits.read`), over the households one answers for
(`visits.log@zone`), or over one's own household (`visits.read@own`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true

from app.kernel.errors import Forbidden

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Grant:
    """A role's permissions over one area path; the path ends in a slash."""

    role: str
    path: str
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting: a person signed in, a member of staff, or the system itself.

    Somebody who acts for another is that other person, with nothing but what was left to him; `through_id` is his own.
    """

    kind: str
    account_id: UUID | None = None
    person_id: UUID | None = None
    household_id: UUID | None = None
    grants: tuple[Grant, ...] = ()
    stands_for: tuple[UUID, ...] = field(default=())
    through_id: UUID | None = None

    @property
    def is_system(self) -> bool:
        """The clock or an operator's command: no borders."""
        return self.kind == "system"

    def paths(self, permission: str) -> tuple[str, ...]:
        """The area paths over which the actor holds this permission."""
        return tuple(dict.fromkeys(g.path for g in self.grants if permission in g.permissions))

    def places(self, permission: str) -> tuple[str, ...]:
        """The area paths over which the actor holds this permission in any of the three ways."""
        ways = {permission, f"{permission}@zone", f"{permission}@own"}
        return tuple(dict.fromkeys(g.path for g in self.grants if ways & g.permissions))

    def covers(
        self, permission: str, path: str, *, keeper_id: UUID | None = None, household_id: UUID | None = None
    ) -> bool:
        """Whether the actor may do this at this place, for this keeper's zone, or for this household."""
        return (
            self.is_system
            or any(path.startswith(p) for p in self.paths(permission))
            or (keeper_id in self.stands_for and any(path.startswith(p) for p in self.paths(f"{permission}@zone")))
            or (
                household_id is not None and household_id == self.household_id and bool(self.paths(f"{permission}@own"))
            )
        )

    def holds(self, permission: str) -> bool:
        """Whether the actor holds this permission anywhere, in any way."""
        return self.is_system or bool(self.places(permission))


SYSTEM = Actor(kind="system")
ANONYMOUS = Actor(kind="anonymous")


def require(
    actor: Actor,
    permission: str,
    *,
    within: str,
    keeper_id: UUID | None = None,
    household_id: UUID | None = None,
) -> None:
    """Refuse unless the actor holds the permission at this place."""
    if not actor.covers(permission, within, keeper_id=keeper_id, household_id=household_id):
        raise Forbidden


class Scope(NamedTuple):
    """Which columns of a zoned table say where a row lies, who answers for it, and whose household it is."""

    path: str = "area_path"
    keeper: str | None = None
    household: str | None = None


def scoped(actor: Actor, permission: str, model: Any, *columns: Any) -> Select[Any]:
    """A select over a zoned table that holds only what the actor may reach with this permission."""
    return select(*(columns or (model,))).where(reach(actor, permission, model))


def reach(actor: Actor, permission: str, model: Any) -> ColumnElement[bool]:
    """The condition behind `scoped`, for updates and joins: outside it a row does not exist."""
    if actor.is_system:
        return true()
    return or_(false(), *_ways(actor, permission, model))


def _ways(actor: Actor, permission: str, model: Any) -> Iterator[ColumnElement[bool]]:
    scope: Scope = model.__scope__
    path = getattr(model, scope.path)
    yield from (below(path, p) for p in actor.paths(permission))
    if scope.keeper and actor.stands_for:
        mine = getattr(model, scope.keeper).in_(actor.stands_for)
        yield from (and_(mine, below(path, p)) for p in actor.paths(f"{permission}@zone"))
    if scope.household and actor.household_id and actor.paths(f"{permission}@own"):
        yield getattr(model, scope.household) == actor.household_id


def below(column: Any, path: str) -> ColumnElement[bool]:
    """Rows at or below an area path, by a range that the index serves (the paths end in a slash)."""
    return and_(column >= path, column < path[:-1] + "0")


def unscoped(reason: str) -> Callable[[_Function], _Function]:
    """Say why a function may read a zoned table without an actor: the architecture tests look for it."""

    def keep(function: _Function) -> _Function:
        function.__unscoped__ = reason  # type: ignore[attr-defined]
        return function

    return keep
