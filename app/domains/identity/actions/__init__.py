"""What people do in identity; the deeds live in files by subject and are gathered here."""

from app.domains.identity.actions.accounts import (
    OpenedPerson,
    admit_export,
    admit_name,
    close_account,
    open_person,
    record_consent,
)
from app.domains.identity.actions.bindings import (
    Bound,
    Choice,
    admit_binding,
    ask_at_door,
    bind_by_phone,
    bind_by_slip,
    bind_by_ticket,
    decide_binding,
    unbind,
)
from app.domains.identity.actions.departures import forget_closed_accounts, forget_person, part_from_person
from app.domains.identity.actions.following import follow, unfollow
from app.domains.identity.actions.grants import appoint_many, grant_role, revoke_role
from app.domains.identity.actions.proxies import Leaving, Named, admit_proxy, end_proxy, give_proxy, resident
from app.domains.identity.actions.sessions import (
    Opened,
    admit_code,
    end_all,
    end_session,
    refusal_of,
    renew,
    sign_in,
    stay_awake,
)
from app.domains.identity.actions.slips import Issued, issue_slip
from app.domains.identity.actions.staff import (
    FirstSecrets,
    add_staff,
    admit_password_change,
    admit_staff,
    change_password,
    proven_step,
    reset_staff,
    sign_in_staff,
)
from app.domains.identity.rules import SLIP as SLIP_LASTS

__all__ = [
    "SLIP_LASTS",
    "Bound",
    "Choice",
    "FirstSecrets",
    "Issued",
    "Leaving",
    "Named",
    "Opened",
    "OpenedPerson",
    "add_staff",
    "admit_binding",
    "admit_code",
    "admit_export",
    "admit_name",
    "admit_password_change",
    "admit_proxy",
    "admit_staff",
    "appoint_many",
    "ask_at_door",
    "bind_by_phone",
    "bind_by_slip",
    "bind_by_ticket",
    "change_password",
    "close_account",
    "decide_binding",
    "end_all",
    "end_proxy",
    "end_session",
    "follow",
    "forget_closed_accounts",
    "forget_person",
    "give_proxy",
    "grant_role",
    "issue_slip",
    "open_person",
    "part_from_person",
    "proven_step",
    "record_consent",
    "refusal_of",
    "renew",
    "reset_staff",
    "resident",
    "revoke_role",
    "sign_in",
    "sign_in_staff",
    "stay_awake",
    "unbind",
    "unfollow",
]
