"""The official account: which account of ours follows it, so that a template message finds its way."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from app.domains.identity.models import Account
from app.domains.identity.rules import AccountState
from app.kernel.transaction import Tx


def follow(tx: Tx, *, openid: str, unionid: str | None) -> UUID | None:
    """Join a follower to the account of the same WeChat user; None while that user has not signed in yet."""
    if unionid is None:
        return None
    union = tx.vault.index("identity_account.unionid", unionid)
    same = select(Account.id).where(Account.unionid_index == union, Account.state == AccountState.active)
    account_id: UUID | None = tx.db.scalar(same.order_by(Account.created_at).limit(1))
    if account_id is None:
        return None
    unfollow(tx, openid=openid)
    tx.db.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(
            oa_openid_index=_index(tx, openid),
            oa_openid_sealed=tx.vault.seal(f"identity_account.oa_openid:{account_id}", openid),
        )
    )
    return account_id


def unfollow(tx: Tx, *, openid: str) -> None:
    """Forget a follower's address: WeChat would refuse whatever is sent there."""
    follower = update(Account).where(Account.oa_openid_index == _index(tx, openid))
    tx.db.execute(follower.values(oa_openid_index=None, oa_openid_sealed=None))


def _index(tx: Tx, openid: str) -> bytes:
    return tx.vault.index("identity_account.oa_openid", openid)
