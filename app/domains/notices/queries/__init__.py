"""What others may ask of notices; the questions live in files by subject and are gathered here."""

from app.domains.notices.queries.audiences import audience_reach, persons_in
from app.domains.notices.queries.broadcasts import (
    Broadcasted,
    Told,
    Unheard,
    being_told,
    broadcast_for,
    broadcasts_of,
    told_of,
    unread_of,
)
from app.domains.notices.queries.contacts import contacts, heard_lately, resting_lanes
from app.domains.notices.queries.inbox import (
    Allowance,
    Letter,
    allowances_of,
    inbox_of,
    quiet_hours_of,
    unread_count,
)
from app.domains.notices.queries.operation import (
    DeadLetter,
    Reach,
    dead_count,
    dead_letters,
    lanes_in_trouble,
    last_heartbeat,
    reachability,
    reachable,
    waiting_longer_than,
)

__all__ = [
    "Allowance",
    "Broadcasted",
    "DeadLetter",
    "Letter",
    "Reach",
    "Told",
    "Unheard",
    "allowances_of",
    "audience_reach",
    "being_told",
    "broadcast_for",
    "broadcasts_of",
    "contacts",
    "dead_count",
    "dead_letters",
    "heard_lately",
    "inbox_of",
    "lanes_in_trouble",
    "last_heartbeat",
    "persons_in",
    "quiet_hours_of",
    "reachability",
    "reachable",
    "resting_lanes",
    "told_of",
    "unread_count",
    "unread_of",
    "waiting_longer_than",
]
