"""An elder of the demo village lets her party member help her, so that both sides of it can be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from app.demo.then import Stage, Story
from app.domains.areas import queries as areas
from app.domains.identity import actions as identity
from app.domains.identity.actions import Leaving, Named


def helping(stage: Stage) -> Iterator[Story]:
    """One proxy, given three weeks ago for half a year."""
    yield _entrusted(stage)


def _entrusted(stage: Stage) -> Story:
    yield stage.days_ago(20, 19)
    elder, member = stage.players["villager"], stage.players["member"]
    with stage.acting("villager") as tx:
        name = areas.name_of(tx.db, tx.vault, member.person_id)
        phone = areas.phone_of(tx.db, tx.vault, member.person_id) or ""
        until = tx.now + timedelta(days=182)
        holder = Named(name=name, phone=phone)
        identity.give_proxy(tx, Leaving(tx.new_id(), elder.person_id, holder, ("report", "points"), until))
