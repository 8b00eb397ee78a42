"""Keeper and household say yes to each other (双向确认)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from app.domains.areas.errors import LinkNotFound, NotYourLink
from app.domains.areas.events import LinkConfirmed
from app.domains.areas.models import Link
from app.domains.audit import actions as audit
from app.kernel.access import scoped, unscoped
from app.kernel.transaction import Tx


def confirm_link(tx: Tx, link_id: UUID) -> LinkConfirmed:
    """Say yes as the keeper, or as somebody of the household; a second yes changes nothing. A deputy does not speak here."""
    wanted = scoped(tx.actor, "links.confirm", Link).where(Link.id == link_id, Link.until.is_(None))
    link: Link | None = tx.db.scalar(wanted.with_for_update())
    if link is None:
        raise LinkNotFound
    by_keeper = tx.actor.person_id == link.keeper_id
    if not by_keeper and tx.actor.household_id != link.household_id:
        raise NotYourLink
    keeper_at = link.keeper_confirmed_at or (tx.now if by_keeper else None)
    household_at = link.household_confirmed_at or (None if by_keeper else tx.now)
    is_mutual = keeper_at is not None and household_at is not None
    event = LinkConfirmed(link.id, link.household_id, link.keeper_id, link.area_path, by_keeper, is_mutual)
    if (keeper_at, household_at) != (link.keeper_confirmed_at, link.household_confirmed_at):
        _keep(tx, link, event, confirmed={"keeper_confirmed_at": keeper_at, "household_confirmed_at": household_at})
    return event


@unscoped("the link was reached and locked just before")
def _keep(tx: Tx, link: Link, event: LinkConfirmed, *, confirmed: dict[str, object]) -> None:
    tx.db.execute(update(Link).where(Link.id == link.id).values(**confirmed))
    audit.record(tx, action="links.confirmed", subject="link", subject_id=link.id, area_path=link.area_path)
    tx.emit(event)
