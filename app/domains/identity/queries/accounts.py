"""Questions about accounts: how a person is reached through WeChat, and what was agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domains.identity.models import Account, Consent
from app.domains.identity.rules import AccountState
from app.kernel.crypto import Vault

_NEWEST = (Consent.at.desc(), Consent.is_given)  # of two words in one moment the no counts


@dataclass(frozen=True, slots=True)
class Address:
    """One account of a person, with the openids under which WeChat knows it."""

    account_id: UUID
    mini_program: str | None = field(default=None, repr=False)
    official_account: str | None = field(default=None, repr=False)


def addresses_of(db: Session, vault: Vault, person_id: UUID) -> Sequence[Address]:
    """Every account through which a person can be told something, newest first."""
    rows = db.execute(
        select(Account.id, Account.mp_openid_sealed, Account.oa_openid_sealed)
        .where(Account.person_id == person_id, Account.state == AccountState.active)
        .order_by(Account.created_at.desc(), Account.id)
    )
    return [
        Address(
            account_id,
            mini_program=vault.open(f"identity_account.mp_openid:{account_id}", mini) if mini else None,
            official_account=vault.open(f"identity_account.oa_openid:{account_id}", official) if official else None,
        )
        for account_id, mini, official in rows
    ]


def openid_of(db: Session, vault: Vault, account_id: UUID) -> str | None:
    """The mini-program openid of an account, which WeChat wants with each content check."""
    sealed = db.scalar(select(Account.mp_openid_sealed).where(Account.id == account_id))
    return vault.open(f"identity_account.mp_openid:{account_id}", sealed) if sealed else None


def account_with_openid(db: Session, vault: Vault, openid: str, *, is_official: bool = False) -> UUID | None:
    """The account that WeChat means by an openid of the mini-program, or of the official account."""
    column = Account.oa_openid_index if is_official else Account.mp_openid_index
    kind = "oa_openid" if is_official else "mp_openid"
    index = vault.index(f"identity_account.{kind}", openid)
    found: UUID | None = db.scalar(select(Account.id).where(column == index, Account.state == AccountState.active))
    return found


def person_of(db: Session, account_id: UUID) -> UUID | None:
    """The person an account stands for."""
    found: UUID | None = db.scalar(select(Account.person_id).where(Account.id == account_id))
    return found


def consents_of(db: Session, account_id: UUID | None) -> dict[str, Consent]:
    """The newest word of an account on each purpose."""
    newest = (
        select(Consent)
        .where(Consent.account_id == account_id)
        .ext(distinct_on(Consent.purpose))
        .order_by(Consent.purpose, *_NEWEST)
    )
    return {consent.purpose: consent for consent in db.scalars(newest)}


def has_consent(db: Session, account_id: UUID | None, purpose: str) -> bool:
    """Whether an account has said yes to a purpose and not taken it back."""
    given = _newest(Consent.account_id == account_id, purpose).limit(1)
    return bool(db.scalar(given))


def person_has_consent(db: Session, person_id: UUID, purpose: str) -> bool:
    """Whether a person's newest word on a purpose, through whichever account, is yes."""
    own = Consent.account_id.in_(select(Account.id).where(Account.person_id == person_id))
    return bool(db.scalar(_newest(own, purpose).limit(1)))


def _newest(whose: ColumnElement[bool], purpose: str) -> Select[bool]:
    said = select(Consent.is_given).where(whose, Consent.purpose == purpose)
    return said.order_by(*_NEWEST)
