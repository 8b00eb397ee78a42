"""Members of staff: sign-in with password and second factor, a first password from an operator, changing it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import pyotp
from sqlalchemy import select, update

from app.domains.audit import actions as audit
from app.domains.identity import errors, rules
from app.domains.identity.actions import attempts, passwords, sessions
from app.domains.identity.models import Account, Staff
from app.domains.identity.queries.staff import StaffSecrets
from app.kernel.transaction import Tx


class FirstSecrets(NamedTuple):
    """What an operator hands to a new member of staff, once."""

    account_id: UUID
    password: str
    otpauth_uri: str


def admit_staff(tx: Tx, username: str, *, address: str) -> None:
    """Count one try of a sign-in; committed before anything is compared."""
    network = rules.network_of(address)
    attempts.count(
        tx,
        (rules.STAFF_ADDRESS, network),
        (rules.STAFF_PAIR, f"{username}|{network}"),
        (rules.STAFF_DAY, username),
    )


def proven_step(tx: Tx, secrets: StaffSecrets, code: str) -> int:
    """The time step of a right second factor that was not used before; the password may now be looked at.

    Counting here is cheap for the owner and closed to everybody else: nobody gets this far without the device.
    """
    step = rules.matching_step(code, tx.now, secrets.totp.generate_otp)
    if step is None:
        raise errors.WrongSignIn
    attempts.count(tx, (rules.STAFF_PASSWORD, secrets.username))
    return step


def sign_in_staff(tx: Tx, secrets: StaffSecrets, *, step: int, address: str) -> sessions.Opened:
    """Open a session; of many sign-ins with one code exactly one gets it, because one UPDATE takes the step."""
    taken = (
        update(Staff)
        .where(Staff.account_id == secrets.account_id, Staff.totp_step < step)
        .values(totp_step=step)
        .returning(Staff.account_id)
    )
    if tx.db.execute(taken).first() is None:
        raise errors.WrongSignIn
    pair = f"{secrets.username}|{rules.network_of(address)}"
    attempts.forgive(tx, (rules.STAFF_PAIR, pair), (rules.STAFF_PASSWORD, secrets.username))
    return sessions.open_session(tx, secrets.account_id, expires_at=tx.now + rules.STAFF_IDLE)


def add_staff(tx: Tx, *, username: str, person_id: UUID) -> FirstSecrets:
    """A staff account for a person on file, with a first password and a second factor of its own."""
    if not rules.is_username(username):
        raise errors.BadUsername
    if tx.db.scalar(select(Staff.account_id).where(Staff.username == username)):
        raise errors.UsernameTaken
    account_id, password, seed = tx.new_id(), passwords.one_time_password(), pyotp.random_base32()
    tx.add(
        Account,
        id=account_id,
        kind=rules.Kind.staff,
        person_id=person_id,
        state=rules.AccountState.active,
        created_at=tx.now,
    )
    tx.add(
        Staff,
        account_id=account_id,
        username=username,
        password_hash=passwords.hashed(password),
        totp_sealed=tx.vault.seal(f"identity_staff.totp:{account_id}", seed),
        totp_step=0,
        must_change=True,
    )
    _audited(tx, "staff.add", account_id, about=person_id)
    return FirstSecrets(account_id, password, _uri(seed, username))


def reset_staff(tx: Tx, *, username: str) -> FirstSecrets:
    """New first secrets for somebody who lost the old ones; every session of the account ends."""
    account_id = tx.db.scalar(select(Staff.account_id).where(Staff.username == username))
    if account_id is None:
        raise errors.StaffNotFound
    password, seed = passwords.one_time_password(), pyotp.random_base32()
    tx.db.execute(
        update(Staff)
        .where(Staff.account_id == account_id)
        .values(
            password_hash=passwords.hashed(password),
            totp_sealed=tx.vault.seal(f"identity_staff.totp:{account_id}", seed),
            must_change=True,
        )
    )
    sessions.end_all(tx, account_id)
    attempts.forgive(tx, (rules.STAFF_DAY, username), (rules.STAFF_PASSWORD, username))
    _audited(tx, "staff.reset", account_id)
    return FirstSecrets(account_id, password, _uri(seed, username))


def admit_password_change(tx: Tx) -> None:
    """Count one try to change the password of whoever is signed in; committed before the old one is compared."""
    attempts.count(tx, (rules.STAFF_PASSWORD, str(tx.actor.account_id)))


def change_password(tx: Tx, secrets: StaffSecrets, *, password_hash: str) -> None:
    """A member of staff's own new password; every device is signed out."""
    changed = update(Staff).where(Staff.account_id == secrets.account_id)
    tx.db.execute(changed.values(password_hash=password_hash, must_change=False))
    sessions.end_all(tx, secrets.account_id)
    _audited(tx, "staff.change_password", secrets.account_id)


def _uri(seed: str, username: str) -> str:
    return pyotp.TOTP(seed).provisioning_uri(name=username, issuer_name="连心")


def _audited(tx: Tx, action: str, account_id: UUID, *, about: UUID | None = None) -> None:
    county = f"{tx.runtime.settings.county}/"
    audit.record(tx, action=action, subject="staff", subject_id=account_id, area_path=county, about_person_id=about)
