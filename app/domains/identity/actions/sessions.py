"""Signing in with WeChat, staying signed in, signing out."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.identity import errors, rules
from app.domains.identity.actions import attempts
from app.domains.identity.models import Account, SignIn
from app.domains.identity.ports import CodeRefusal, WeChatIdentity
from app.kernel import log
from app.kernel.crypto import random_token, token_hash
from app.kernel.errors import Refusal
from app.kernel.transaction import Tx

_REFUSALS: dict[CodeRefusal, type[Refusal]] = {
    CodeRefusal.BAD_CODE: errors.BadCode,
    CodeRefusal.USED_CODE: errors.UsedCode,
    CodeRefusal.HIGH_RISK: errors.HighRisk,
    CodeRefusal.TOO_OFTEN: errors.WeChatTooOften,
    CodeRefusal.BUSY: errors.WeChatAway,
    CodeRefusal.MISCONFIGURED: errors.WeChatMisconfigured,
}


class Opened(NamedTuple):
    """A new session: the token is told once and kept only as a hash."""

    token: str
    expires_at: datetime
    account_id: UUID


def refusal_of(found: CodeRefusal) -> Refusal:
    """What the person hears when WeChat did not exchange a code; what only an operator can mend is logged."""
    if found is CodeRefusal.MISCONFIGURED:
        log.say("identity", "wechat is misconfigured", level=logging.ERROR, code=found.value)
    return _REFUSALS[found]()


def admit_code(tx: Tx, code: str, *, address: str) -> None:
    """Let a code through to WeChat once: a second use, also at the same moment, is refused here."""
    attempts.count(tx, (rules.WECHAT_ADDRESS, rules.network_of(address)))
    try:
        attempts.count(tx, (rules.CODE_ONCE, code))
    except errors.TooManyTries as again:
        raise errors.UsedCode from again


def sign_in(tx: Tx, found: WeChatIdentity | CodeRefusal) -> Opened:
    """Open a session for whoever WeChat says this is."""
    if isinstance(found, CodeRefusal):
        raise refusal_of(found)
    account_id = _account_of(tx, found)
    attempts.count(tx, (rules.WECHAT_ACCOUNT, str(account_id)))
    return open_session(tx, account_id, expires_at=tx.now + rules.PHONE_SESSION)


def _account_of(tx: Tx, found: WeChatIdentity) -> UUID:
    """The account of an openid; of two sign-ins at once one makes it and the other finds it."""
    index = tx.vault.index("identity_account.mp_openid", found.openid)
    union = tx.vault.index("identity_account.unionid", found.unionid) if found.unionid else None
    known = tx.db.execute(select(Account.id, Account.unionid_index).where(Account.mp_openid_index == index)).first()
    if known is None:
        return _make_account(tx, found.openid, index=index, union=union)
    if union is not None and union != known.unionid_index:
        tx.db.execute(update(Account).where(Account.id == known.id).values(unionid_index=union))
    account_id: UUID = known.id
    return account_id


def _make_account(tx: Tx, openid: str, *, index: bytes, union: bytes | None) -> UUID:
    account_id = tx.new_id()
    made = insert(Account).values(
        id=account_id,
        kind=rules.Kind.wechat,
        mp_openid_index=index,
        mp_openid_sealed=tx.vault.seal(f"identity_account.mp_openid:{account_id}", openid),
        unionid_index=union,
        state=rules.AccountState.active,
        created_at=tx.now,
    )
    tx.db.execute(made.on_conflict_do_nothing(index_elements=["mp_openid_index"]))
    return tx.db.execute(select(Account.id).where(Account.mp_openid_index == index)).scalar_one()


def open_session(tx: Tx, account_id: UUID, *, expires_at: datetime) -> Opened:
    """A new session of an account; only the token's hash is kept."""
    token = random_token(43)
    tx.add(
        SignIn,
        token_hash=token_hash(token),
        account_id=account_id,
        created_at=tx.now,
        expires_at=expires_at,
        revoked_at=None,
    )
    return Opened(token, expires_at, account_id)


def renew(tx: Tx, token: str) -> Opened:
    """A fresh token for seven more days; the old one ends at once. Staff sign in again instead."""
    if tx.actor.kind != rules.Kind.wechat or tx.actor.account_id is None or not _revoked(tx, token):
        raise errors.CannotRenew
    return open_session(tx, tx.actor.account_id, expires_at=tx.now + rules.PHONE_SESSION)


def end_session(tx: Tx, token: str) -> None:
    """Sign out here."""
    _revoked(tx, token)


def _revoked(tx: Tx, token: str) -> bool:
    taken_back = (
        update(SignIn)
        .where(SignIn.token_hash == token_hash(token), SignIn.revoked_at.is_(None))
        .values(revoked_at=tx.now)
        .returning(SignIn.account_id)
    )
    return tx.db.execute(taken_back).first() is not None


def end_all(tx: Tx, account_id: UUID) -> None:
    """Sign an account out on every device, at once."""
    everywhere = update(SignIn).where(SignIn.account_id == account_id, SignIn.revoked_at.is_(None))
    tx.db.execute(everywhere.values(revoked_at=tx.now))


def stay_awake(tx: Tx, token: str) -> None:
    """Move the end of a staff session on with its use: 30 idle minutes, 12 hours in all; written once a minute."""
    until = func.least(tx.now + rules.STAFF_IDLE, SignIn.created_at + rules.STAFF_LONGEST)
    due = SignIn.expires_at < tx.now + rules.STAFF_IDLE - rules.STAFF_TOUCH
    tx.db.execute(update(SignIn).where(SignIn.token_hash == token_hash(token), due).values(expires_at=until))
