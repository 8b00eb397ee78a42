"""Who of our accounts follows the official account: linked by the union id, unlinked when they leave."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from app.domains.identity.models import Account
from app.domains.identity.rules import AccountState
from app.kernel.transaction import Tx


def link_follower(tx: Tx, *, openid: str, unionid: str) -> UUID | None:
    """Remember under which openid a known WeChat user follows the official account; None when nobody is known."""
    index = tx.vault.index("identity_account.oa_openid", openid)
    union = tx.vault.index("identity_account.unionid", unionid)
    known = select(Account.id).where(Account.unionid_index == union, Account.state == AccountState.active)
    account_id: UUID | None = tx.db.scalar(known.order_by(Account.created_at.desc()).limit(1))
    if account_id is None:
        return None
    _unlink(tx, Account.oa_openid_index == index, Account.id != account_id)
    sealed = tx.vault.seal(f"identity_account.oa_openid:{account_id}", openid)
    linked = update(Account).where(Account.id == account_id)
    tx.db.execute(linked.values(oa_openid_index=index, oa_openid_sealed=sealed))
    return account_id


def unlink_follower(tx: Tx, *, openid: str) -> None:
    """Somebody has left the official account."""
    _unlink(tx, Account.oa_openid_index == tx.vault.index("identity_account.oa_openid", openid))


def unlink_account(tx: Tx, *, account_id: UUID) -> None:
    """WeChat says that this account's user does not follow the official account."""
    _unlink(tx, Account.id == account_id)


def _unlink(tx: Tx, *which: object) -> None:
    gone = update(Account).where(*which)  # type: ignore[arg-type]
    tx.db.execute(gone.values(oa_openid_index=None, oa_openid_sealed=None))
