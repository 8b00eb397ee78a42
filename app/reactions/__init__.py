"""When this happens, that follows: one file per domain that raises events, one registry for the runtime."""

from __future__ import annotations

from app.kernel.events import Event, Reaction, Reactions
from app.reactions import acting, appraisals, areas, cases, duties, identity, media, notices, points, visits


def _united(*registries: Reactions) -> Reactions:
    """One registry of several; where two domains answer to one event, both do, in the order of the registries."""
    together: dict[type[Event], tuple[Reaction, ...]] = {}
    for registry in registries:
        for event, reactions in registry.items():
            together[event] = (*together.get(event, ()), *reactions)
    return together


REACTIONS = _united(
    acting.REACTIONS,
    appraisals.REACTIONS,
    areas.REACTIONS,
    cases.REACTIONS,
    duties.REACTIONS,
    identity.REACTIONS,
    media.REACTIONS,
    notices.REACTIONS,
    points.REACTIONS,
    visits.REACTIONS,
)
