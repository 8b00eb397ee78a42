"""What becomes of accounts, roles and slips when somebody leaves, is forgotten, or closed his account some time ago."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from app.domains.identity.events import AccountForgotten
from app.domains.identity.models import Account, Binding, Proxy, RoleGrant, SignIn, Slip
from app.domains.identity.rules import AccountState, BindingState
from app.kernel.access import unscoped
from app.kernel.transaction import Tx

_OPEN = (BindingState.pending.value, BindingState.active.value)


@unscoped("the person was let go just before by somebody who may")
def part_from_person(tx: Tx, person_id: UUID) -> None:
    """No account stands for somebody who left, he has no role, and nobody acts for him any more; his own WeChat stays his."""
    tx.db.execute(update(Account).where(Account.person_id == person_id).values(person_id=None))
    claims = update(Binding).where(Binding.person_id == person_id, Binding.state.in_(_OPEN))
    tx.db.execute(claims.values(state=BindingState.ended.value, decided_at=tx.now))
    roles = update(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
    tx.db.execute(roles.values(revoked_at=tx.now))
    his = or_(Proxy.for_person_id == person_id, Proxy.holder_id == person_id)
    proxies = update(Proxy).where(his, Proxy.ended_at.is_(None))
    tx.db.execute(proxies.values(ended_at=tx.now, ended_by=tx.actor.person_id))


@unscoped("the clock forgets who is gone, wherever it was")
def forget_person(tx: Tx, person_id: UUID) -> None:
    """Slips and claims that lead from an account to somebody who is forgotten."""
    tx.db.execute(delete(Slip).where(Slip.person_id == person_id))
    tx.db.execute(delete(Binding).where(Binding.person_id == person_id))


@unscoped("the clock forgets closed accounts, wherever they were")
def forget_closed_accounts(tx: Tx, *, closed_before: datetime) -> int:
    """What led from a closed account to a person; the account's id, and what it agreed to, stay as proof."""
    long_ago = (Account.state == AccountState.closed, Account.closed_at < closed_before)
    bound = select(Binding.account_id).where(Binding.account_id == Account.id).exists()
    accounts = tx.db.scalars(select(Account.id).where(*long_ago, bound).order_by(Account.id)).all()
    tx.db.execute(delete(Binding).where(Binding.account_id.in_(accounts)))
    tx.db.execute(delete(SignIn).where(SignIn.account_id.in_(accounts)))
    for account_id in accounts:
        tx.emit(AccountForgotten(account_id))
    return len(accounts)
