"""What follows when something happens in identity: those who must confirm are told, and so is who was confirmed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.domains.areas import queries as areas
from app.domains.audit import actions as audit
from app.domains.identity import queries as identities
from app.domains.identity.events import AccountForgotten, BindingAsked, BindingDecided, ProxyEnded, ProxyGiven
from app.domains.identity.preset import Proxies
from app.domains.notices import actions as notices
from app.kernel.events import Reactions
from app.kernel.transaction import Tx
from app.kernel.values import local_day, mask_name


def ask_those_who_know(tx: Tx, event: BindingAsked) -> None:
    """The keeper and whoever of the household has an account are asked; the first word decides."""
    keeper = areas.keeper_of(tx.db, event.household_id)
    knowing = dict.fromkeys([*([keeper] if keeper else []), *identities.bound_persons_of(tx.db, event.household_id)])
    who = mask_name(areas.name_of(tx.db, tx.vault, event.person_id))
    for person_id in knowing:
        notices.queue(
            tx,
            person_id=person_id,
            template="binding_asked",
            values={"who": who, "door": _door(tx, event.household_id, event.area_path)},
            key=f"binding:{event.binding_id}:asked",
        )


def tell_the_person(tx: Tx, event: BindingDecided) -> None:
    """The person hears that an account now stands for him, on every phone that does; a refused one is nobody's."""
    if event.state != "active":
        return
    notices.queue(
        tx,
        person_id=event.person_id,
        template="binding_decided",
        values={
            "door": _door(tx, event.household_id, event.area_path),
            "verdict": "认下您了",
            "next": "不是您本人办的，就请告诉村里",
        },
        key=f"binding:{event.binding_id}:decided",
    )


def _door(tx: Tx, household_id: UUID | None, area_path: str) -> str:
    place = areas.place_name(tx.db, area_path)
    facts = areas.household_facts(tx.db, household_id) if household_id else None
    return f"{place}{facts.group_name}{facts.number}号" if facts else place


def forget_what_it_allowed(tx: Tx, event: AccountForgotten) -> None:
    """A closed account allows no message any more."""
    notices.forget_account(tx, event.account_id)


def tell_of_proxy(tx: Tx, event: ProxyGiven) -> None:
    """Both hear of it: the person what was left to whom, and the other what he may do and until when."""
    limits: Proxies = tx.runtime.presets["proxies"]
    facts = {
        "who": areas.name_of(tx.db, tx.vault, event.for_person_id),
        "holder": areas.name_of(tx.db, tx.vault, event.holder_id),
        "what": "、".join(limits.powers[one].name for one in event.powers),
        "until": _day(event.until),
    }
    for person_id, template in ((event.for_person_id, "proxy_given"), (event.holder_id, "proxy_held")):
        key = f"proxy:{event.proxy_id}:given"
        notices.queue(tx, person_id=person_id, template=template, values=facts, key=key)
    _record(tx, "proxies.given", event, way=event.way)


def tell_of_end(tx: Tx, event: ProxyEnded) -> None:
    """Both hear that it is over; whoever ended it knows already."""
    facts = {
        "who": areas.name_of(tx.db, tx.vault, event.for_person_id),
        "holder": areas.name_of(tx.db, tx.vault, event.holder_id),
    }
    for person_id in {event.for_person_id, event.holder_id} - {event.ended_by}:
        key = f"proxy:{event.proxy_id}:ended"
        notices.queue(tx, person_id=person_id, template="proxy_ended", values=facts, key=key)
    _record(tx, "proxies.ended", event)


def _record(tx: Tx, action: str, event: ProxyGiven | ProxyEnded, **detail: str) -> None:
    audit.record(
        tx,
        action=action,
        subject="proxy",
        subject_id=event.proxy_id,
        area_path=event.area_path,
        about_person_id=event.for_person_id,
        detail={"holder": str(event.holder_id), **detail},
    )


def _day(moment: datetime) -> str:
    day = local_day(moment)
    return f"{day.year}年{day.month}月{day.day}日"


REACTIONS: Reactions = {
    ProxyGiven: (tell_of_proxy,),
    ProxyEnded: (tell_of_end,),
    AccountForgotten: (forget_what_it_allowed,),
    BindingAsked: (ask_those_who_know,),
    BindingDecided: (tell_the_person,),
}
