"""What follows when something happens in areas and on the roll of members."""

from __future__ import annotations

from app.domains.areas import events
from app.domains.areas import queries as areas
from app.domains.duties import queries as duties
from app.domains.duties.rules import says_day
from app.domains.identity import actions as identity
from app.domains.members import events as members
from app.domains.notices import actions as notices
from app.domains.visits import actions as visits
from app.kernel.access import SYSTEM
from app.kernel.events import Reactions
from app.kernel.transaction import Tx
from app.kernel.values import local_day, month_of


def tell_the_taker(tx: Tx, event: events.ZoneHandedOver) -> None:
    """The new keeper hears from whom the households come, how many they are and how many wait this month."""
    names = areas.names_of(tx.db, tx.vault, [event.from_id, event.to_id])
    notices.queue(
        tx,
        person_id=event.to_id,
        template="zone_handed_over",
        values={
            "count": str(len(event.household_ids)),
            "giver": names[event.from_id],
            "taker": names[event.to_id],
            "open": str(_waiting(tx, event)),
        },
        key=f"zone:{event.from_id}:{event.to_id}:{tx.now.isoformat()}",
    )


def _waiting(tx: Tx, event: events.ZoneHandedOver) -> int:
    month = month_of(local_day(tx.now))
    waiting = (
        duties.owed_among(tx.db, SYSTEM, event.household_ids, kind=kind, period=month)
        for kind in tx.runtime.presets["duties"]
    )
    return len(set().union(*waiting))


def tell_the_deputy(tx: Tx, event: events.DeputyNamed) -> None:
    """Whoever stands in, and the one whose households they are, hear from when to when."""
    names = areas.names_of(tx.db, tx.vault, [event.absent_id, event.deputy_id])
    values = {
        "absent": names[event.absent_id],
        "deputy": names[event.deputy_id],
        "since": says_day(local_day(event.since)),
        "until": says_day(local_day(event.until)),
    }
    key = f"deputy:{event.absent_id}:{event.deputy_id}:{event.since.isoformat()}:{tx.now.isoformat()}"
    for person_id in (event.deputy_id, event.absent_id):
        notices.queue(tx, person_id=person_id, template="deputy_named", values=values, key=key)


def end_what_he_stood_for(tx: Tx, event: events.PersonLeft) -> None:
    """No account and no role stands for somebody who left."""
    identity.part_from_person(tx, event.person_id)


def forget_him_everywhere(tx: Tx, event: events.PersonForgotten) -> None:
    """Claims, slips, messages, likes and comments of somebody who is forgotten go with his name."""
    identity.forget_person(tx, event.person_id)
    notices.forget_person(tx, event.person_id)
    visits.forget_person(tx, event.person_id)


REACTIONS: Reactions = {
    events.BatchUndone: (),
    events.DeputyEnded: (),
    events.DeputyNamed: (tell_the_deputy,),
    events.DoorCodeRevoked: (),
    events.HouseholdsImported: (),
    events.KeeperAssigned: (),
    events.KeeperReleased: (),
    events.LinkConfirmed: (),
    events.PersonForgotten: (forget_him_everywhere,),
    events.PersonLeft: (end_what_he_stood_for,),
    events.ZoneHandedOver: (tell_the_taker,),
    members.MemberAdded: (),
    members.MemberLeft: (),
}
