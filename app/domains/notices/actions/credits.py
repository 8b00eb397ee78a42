"""The ledger of what people allow: one message for one accepted question, or a standing yes, by WeChat's word alone."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.notices.errors import NoAccount
from app.domains.notices.models import Credit
from app.domains.notices.preset import Messages
from app.kernel.transaction import Tx

_MOST_REPORTED = 20


class Word(StrEnum):
    """What a phone says about one template after the person was asked."""

    accept = "accept"
    reject = "reject"
    ban = "ban"


def accept(tx: Tx, account_id: UUID, template: str) -> None:
    """WeChat says that a person has allowed one more message of this template, or all of them."""
    is_standing = _is_long_term(tx, template)
    fresh = insert(Credit).values(
        account_id=account_id,
        template=template,
        count=0 if is_standing else 1,
        reported=0,
        is_long_term=is_standing,
        updated_at=tx.now,
    )
    changed = {
        "count": Credit.count + (0 if is_standing else 1),
        "reported": func.greatest(0, Credit.reported - 1),
        "is_long_term": is_standing,
        "updated_at": tx.now,
    }
    tx.db.execute(fresh.on_conflict_do_update(index_elements=["account_id", "template"], set_=changed))


def empty_credit(tx: Tx, account_id: UUID, template: str) -> None:
    """WeChat says that there is no consent: whatever we had counted is gone, a standing yes too."""
    tx.db.execute(
        update(Credit)
        .where(Credit.account_id == account_id, Credit.template == template)
        .values(count=0, reported=0, is_long_term=False, updated_at=tx.now)
        .execution_options(synchronize_session=False)
    )


def report_choices(tx: Tx, choices: Mapping[str, Word]) -> None:
    """The phone tells what was just tapped. It is shown until WeChat's own word comes; only that word counts."""
    if tx.actor.account_id is None:
        raise NoAccount
    messages: Messages = tx.runtime.presets["messages"]
    accepted = [name for name, word in choices.items() if word is Word.accept and _is_asked_for(messages, name)]
    for template in sorted(accepted):
        fresh = insert(Credit).values(
            account_id=tx.actor.account_id,
            template=template,
            count=0,
            reported=1,
            is_long_term=False,
            updated_at=tx.now,
        )
        more = func.least(_MOST_REPORTED, Credit.reported + 1)
        tx.db.execute(fresh.on_conflict_do_update(index_elements=["account_id", "template"], set_={"reported": more}))


def _is_asked_for(messages: Messages, name: str) -> bool:
    template = messages.templates.get(name)
    return template is not None and template.subscribe is not None


def _is_long_term(tx: Tx, template: str) -> bool:
    messages: Messages = tx.runtime.presets["messages"]
    provider = messages.templates[template].subscribe
    return provider is not None and provider.is_long_term
