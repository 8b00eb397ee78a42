"""The secrets of a member of staff, opened for the moment of the sign-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import pyotp
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.domains.identity.errors import NotStaff
from app.domains.identity.models import Account, Staff
from app.domains.identity.rules import AccountState
from app.kernel.crypto import Vault

_NOBODY = UUID(int=0)
# The hash of a random password that nobody knows, made with the same parameters as real ones.
_DECOY_HASH = "$argon2id$v=19$m=32768,t=3,p=1$c29tZSBkZWNveSBzYWx0$VGhlIGRlY295IG9mIGEgcGFzc3dvcmQgbm9ib2R5IGs"


@dataclass(frozen=True, slots=True)
class StaffSecrets:
    """What a sign-in is compared with; of an unknown user name it holds a decoy that nothing fits."""

    account_id: UUID
    username: str
    password_hash: str = field(repr=False)
    totp: pyotp.TOTP = field(repr=False)

    @property
    def is_known(self) -> bool:
        """Whether there is such a member of staff."""
        return self.account_id != _NOBODY


_SECRETS = (
    select(Staff.account_id, Staff.username, Staff.password_hash, Staff.totp_sealed)
    .join(Account, Account.id == Staff.account_id)
    .where(Account.state == AccountState.active)
)


def staff_named(db: Session, vault: Vault, username: str) -> StaffSecrets:
    """The secrets behind a user name; an unknown name gives a decoy, so that both take the same time."""
    found = db.execute(_SECRETS.where(Staff.username == username)).first()
    if found is None:
        seed = vault.open("identity_staff.totp:decoy", vault.seal("identity_staff.totp:decoy", pyotp.random_base32()))
        return StaffSecrets(_NOBODY, username, _DECOY_HASH, pyotp.TOTP(seed))
    return _opened(vault, found)


def staff_of(db: Session, vault: Vault, account_id: UUID | None) -> StaffSecrets:
    """The secrets of an account; refuses those who are no staff."""
    found = db.execute(_SECRETS.where(Staff.account_id == account_id)).first()
    if found is None:
        raise NotStaff
    return _opened(vault, found)


def _opened(vault: Vault, found: Row[UUID, str, str, bytes]) -> StaffSecrets:
    account_id, username, password_hash, sealed = found
    seed = vault.open(f"identity_staff.totp:{account_id}", sealed)
    return StaffSecrets(account_id, username, password_hash, pyotp.TOTP(seed))


def must_change(db: Session, account_id: UUID | None) -> bool:
    """Whether somebody still has the password that an operator gave him."""
    return bool(db.scalar(select(Staff.must_change).where(Staff.account_id == account_id)))
