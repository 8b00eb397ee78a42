"""What others may ask of identity; the questions live in files by subject and are gathered here."""

from app.domains.identity.queries.accounts import (
    Address,
    account_with_openid,
    addresses_of,
    consents_of,
    has_consent,
    openid_of,
    person_has_consent,
    person_of,
)
from app.domains.identity.queries.bindings import (
    Head,
    Waiting,
    binding_of,
    bound_persons_of,
    state_decided_by,
    state_of,
    unbound_heads,
    waiting_for,
)
from app.domains.identity.queries.callers import actor_behind, actor_of
from app.domains.identity.queries.export import Whose, rows_about
from app.domains.identity.queries.grants import Held, all_holders, holders, holders_below, roster
from app.domains.identity.queries.proxies import Left, acting_for, proxies_held, proxies_over
from app.domains.identity.queries.staff import StaffSecrets, must_change, staff_named, staff_of

__all__ = [
    "Address",
    "Head",
    "Held",
    "Left",
    "StaffSecrets",
    "Waiting",
    "Whose",
    "account_with_openid",
    "acting_for",
    "actor_behind",
    "actor_of",
    "addresses_of",
    "all_holders",
    "binding_of",
    "bound_persons_of",
    "consents_of",
    "has_consent",
    "holders",
    "holders_below",
    "must_change",
    "openid_of",
    "person_has_consent",
    "person_of",
    "proxies_held",
    "proxies_over",
    "roster",
    "rows_about",
    "staff_named",
    "staff_of",
    "state_decided_by",
    "state_of",
    "unbound_heads",
    "waiting_for",
]
