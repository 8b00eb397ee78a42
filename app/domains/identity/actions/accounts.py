"""One's own account: what one agrees to, closing it; and the record of who opened whose data."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import update

from app.domains.areas import queries as areas
from app.domains.areas.errors import PersonNotFound
from app.domains.areas.models import Person
from app.domains.audit import actions as audit
from app.domains.identity import errors, rules
from app.domains.identity.actions import attempts, bindings, sessions
from app.domains.identity.events import AccountClosed, ConsentSaid
from app.domains.identity.models import Account, Consent
from app.domains.identity.preset import ConsentText
from app.domains.identity.rules import AccountState, Kind
from app.kernel.access import scoped
from app.kernel.transaction import Tx


class OpenedPerson(NamedTuple):
    """What was hidden of a person."""

    name: str
    phone: str | None


def record_consent(tx: Tx, *, consent_id: UUID, purpose: str, version: str, is_given: bool) -> None:
    """Keep a person's yes or no to the text in force; taking a yes back is as easy as giving it."""
    texts: dict[str, ConsentText] = tx.runtime.presets["consents"]
    if purpose not in texts:
        raise errors.UnknownPurpose(field="purpose")
    if is_given and version != texts[purpose].version:
        raise errors.ConsentTextChanged(field="version")
    tx.add(
        Consent,
        id=consent_id,
        account_id=tx.actor.account_id,
        purpose=purpose,
        version=version,
        is_given=is_given,
        at=tx.now,
    )
    tx.emit(ConsentSaid(purpose, is_given, tx.actor.household_id))


def admit_export(tx: Tx) -> None:
    """Count and record that somebody takes a copy of his own data; committed before the copy is made."""
    attempts.count(tx, (rules.EXPORT, str(tx.actor.account_id)))
    audit.record(
        tx,
        action="me.export",
        subject="account",
        subject_id=tx.actor.account_id,
        area_path=f"{tx.runtime.settings.county}/",
        about_person_id=tx.actor.person_id,
    )


def close_account(tx: Tx) -> None:
    """Close one's own account: WeChat no longer leads to the person; what the village has on file stays with it."""
    if tx.actor.kind != Kind.wechat or tx.actor.account_id is None:
        raise errors.NotForStaffAccounts
    bindings.end_open(tx)
    sessions.end_all(tx, tx.actor.account_id)
    tx.db.execute(
        update(Account)
        .where(Account.id == tx.actor.account_id)
        .values(
            state=AccountState.closed,
            closed_at=tx.now,
            person_id=None,
            mp_openid_index=None,
            mp_openid_sealed=None,
            oa_openid_index=None,
            oa_openid_sealed=None,
            unionid_index=None,
        )
    )
    tx.emit(AccountClosed(tx.actor.person_id))
    audit.record(
        tx,
        action="me.close",
        subject="account",
        subject_id=tx.actor.account_id,
        area_path=f"{tx.runtime.settings.county}/",
    )


def admit_name(tx: Tx) -> None:
    """Count one name that is looked up; committed before it is."""
    attempts.count(tx, (rules.NAMES, str(tx.actor.account_id)))


def open_person(tx: Tx, *, person_id: UUID, reason: str) -> OpenedPerson:
    """Show a cadre what is hidden of a person of his area; the person can see that, by whom and why."""
    attempts.count(tx, (rules.OPENING, str(tx.actor.account_id)))
    found = scoped(tx.actor, "persons.unmask", Person, Person.area_path).where(Person.id == person_id)
    path = tx.db.scalar(found)
    if path is None:
        raise PersonNotFound
    audit.record(
        tx,
        action="persons.unmask",
        subject="person",
        subject_id=person_id,
        area_path=path,
        about_person_id=person_id,
        reason=reason,
    )
    return OpenedPerson(areas.name_of(tx.db, tx.vault, person_id), areas.phone_of(tx.db, tx.vault, person_id))
