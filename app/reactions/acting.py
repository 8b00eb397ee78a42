"""What follows when somebody acts for another: that person's own phone rings and says who did what."""

from __future__ import annotations

from app.domains.appraisals.events import AppraisalDeclared
from app.domains.areas import queries as areas
from app.domains.cases.events import CaseOpened
from app.domains.notices import actions as notices
from app.kernel.events import Reactions
from app.kernel.transaction import Tx


def tell_of_case(tx: Tx, event: CaseOpened) -> None:
    """Somebody has raised a matter for me."""
    what, page = f"说了一件“{event.about.facts['category']}”的事", f"pages/case/index?id={event.about.case_id}"
    _tell(tx, what, key=f"for:{event.about.case_id}", page=page)


def tell_of_declaration(tx: Tx, event: AppraisalDeclared) -> None:
    """Somebody has declared something for my household."""
    what, page = f"报了“{event.about.item_names}”", f"pages/appraisal/index?id={event.about.id}"
    _tell(tx, what, key=f"for:{event.about.id}", page=page)


def _tell(tx: Tx, what: str, *, key: str, page: str) -> None:
    through, person_id = tx.actor.through_id, tx.actor.person_id
    if through is None or person_id is None:
        return
    facts = {"holder": areas.name_of(tx.db, tx.vault, through), "what": what}
    notices.queue(tx, person_id=person_id, template="done_for_you", values=facts, key=key, page=page)


REACTIONS: Reactions = {CaseOpened: (tell_of_case,), AppraisalDeclared: (tell_of_declaration,)}
