"""Makes accounts, sessions and grants for tests, with few arguments."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from app.domains.identity.models import Account, RoleGrant, SignIn
from app.domains.identity.queries import actor_of
from app.kernel.access import Actor
from app.kernel.crypto import random_token, token_hash
from app.kernel.transaction import Tx
from tests.makers.areas import VILLAGE


def make_account(tx: Tx, person_id: UUID | None = None, *, kind: str = "wechat", openid: str | None = None) -> UUID:
    """An account, bound to a person if one is given."""
    account_id = tx.new_id()
    openid = openid or f"openid-{account_id.hex}"
    tx.add(
        Account,
        id=account_id,
        kind=kind,
        person_id=person_id,
        mp_openid_index=tx.vault.index("identity_account.mp_openid", openid),
        mp_openid_sealed=tx.vault.seal(f"identity_account.mp_openid:{account_id}", openid),
        state="active",
        created_at=tx.now,
    )
    return account_id


def make_session(tx: Tx, account_id: UUID, *, days: int = 7) -> str:
    """A session of an account; the token as the phone holds it."""
    token = random_token(43)
    tx.add(
        SignIn,
        token_hash=token_hash(token),
        account_id=account_id,
        created_at=tx.now,
        expires_at=tx.now + timedelta(days=days),
        revoked_at=None,
    )
    return token


def make_grant(
    tx: Tx,
    person_id: UUID,
    role: str,
    *,
    path: str = VILLAGE,
    since: datetime | None = None,
    until: datetime | None = None,
) -> UUID:
    """A role for a person over an area."""
    grant_id = tx.new_id()
    tx.add(
        RoleGrant,
        id=grant_id,
        person_id=person_id,
        role=role,
        area_path=path,
        since=since or tx.now,
        until=until,
        granted_by=None,
        revoked_at=None,
    )
    return grant_id


def signed_in(tx: Tx, person_id: UUID | None, *roles: str, path: str = VILLAGE) -> str:
    """The token of a person who is bound and holds these roles."""
    for role in roles:
        assert person_id
        make_grant(tx, person_id, role, path=path)
    return make_session(tx, make_account(tx, person_id))


def bearer(token: str) -> dict[str, str]:
    """The headers of a request by whoever holds this token."""
    return {"Authorization": f"Bearer {token}"}


def actor_for(tx: Tx, token: str) -> Actor:
    """Who the product takes the holder of this token to be."""
    found = actor_of(tx.db, token, tx.now, roles=tx.runtime.presets["roles"])
    assert found
    return found
