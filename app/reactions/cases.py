"""What follows when something happens in a case: those concerned are told in their kind's words, and the audit knows."""

from __future__ import annotations

from app.domains.audit import actions as audit
from app.domains.cases import events
from app.domains.notices import actions as notices
from app.domains.notices.actions import Notice
from app.domains.notices.preset import Messages
from app.domains.notices.rules import Urgency
from app.kernel.events import Reactions
from app.kernel.transaction import Tx


def tell(tx: Tx, event: events.CaseEvent) -> None:
    """Queue what each person is to hear; an urgent case rings through the night, except for those who need do nothing."""
    messages: Messages = tx.runtime.presets["messages"]
    about = event.about
    told = []
    for telling in event.tellings:
        template = about.templates[telling.purpose]
        facts = {**about.facts, **telling.facts}
        values = {name: facts[name] for name in messages.templates[template].values}
        urgency = Urgency.alarm if about.is_alarm and telling.purpose in _CALLS else Urgency.normal
        page = f"pages/case/index?id={about.case_id}"
        told.append(Notice(telling.person_id, template, values, telling.key, page, urgency))
    notices.queue_many(tx, told)


_CALLS = {"new", "climbed", "remind", "late", "drawn", "urged"}


def record_opening(tx: Tx, event: events.CaseOpened) -> None:
    """The audit knows who raised a matter."""
    _record(tx, "cases.open", event)


def record_move(tx: Tx, event: events.CaseMoved) -> None:
    """The audit knows who made which move."""
    _record(tx, "cases.move", event, move=event.move, stage=event.to_stage)


def record_urging(tx: Tx, event: events.CaseUrged) -> None:
    """The audit knows who urged."""
    _record(tx, "cases.urge", event)


def record_extension(tx: Tx, event: events.CaseExtended) -> None:
    """The audit knows who moved a clock on."""
    _record(tx, "cases.extend", event, clock=event.clock)


def _record(tx: Tx, action: str, event: events.CaseEvent, **detail: str) -> None:
    about = event.about
    facts = {"kind": about.kind, **detail}
    audit.record(tx, action=action, subject="case", subject_id=about.case_id, area_path=about.area_path, detail=facts)


REACTIONS: Reactions = {
    events.CaseEvent: (),  # what the others have in common; nobody raises it
    events.CaseOpened: (tell, record_opening),
    events.CaseMoved: (tell, record_move),
    events.CaseClimbed: (tell,),
    events.CaseReminded: (tell,),
    events.CaseUrged: (tell, record_urging),
    events.CaseExtended: (tell, record_extension),
    events.CaseJoined: (tell,),
}
