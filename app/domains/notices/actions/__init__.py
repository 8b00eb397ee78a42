"""What is done about messages; the deeds live in files by subject and are gathered here."""

from app.domains.notices.actions.acting import finish, finish_many, put_off, take_packets
from app.domains.notices.actions.arriving import Arrival, Packet, store
from app.domains.notices.actions.broadcasting import (
    Draft,
    Written,
    refuse_broadcast,
    release_broadcast,
    remind_unread,
    settle_broadcast,
    withdraw_broadcast,
    write_broadcast,
)
from app.domains.notices.actions.credits import Word, accept, empty_credit, report_choices
from app.domains.notices.actions.forgetting import forget_account, forget_person
from app.domains.notices.actions.heartbeat import beat
from app.domains.notices.actions.queueing import Notice, queue, queue_many
from app.domains.notices.actions.reading import choose_quiet_hours, mark_read, read_broadcast, send_again
from app.domains.notices.actions.receipts import Receipt, deliver, settle_doubt, take_back
from app.domains.notices.actions.recording import Report, record
from app.domains.notices.actions.taking import Job, Taken, outgoing, take
from app.domains.notices.actions.telling import tell_on

__all__ = [
    "Arrival",
    "Draft",
    "Job",
    "Notice",
    "Packet",
    "Receipt",
    "Report",
    "Taken",
    "Word",
    "Written",
    "accept",
    "beat",
    "choose_quiet_hours",
    "deliver",
    "empty_credit",
    "finish",
    "finish_many",
    "forget_account",
    "forget_person",
    "mark_read",
    "outgoing",
    "put_off",
    "queue",
    "queue_many",
    "read_broadcast",
    "record",
    "refuse_broadcast",
    "release_broadcast",
    "remind_unread",
    "report_choices",
    "send_again",
    "settle_broadcast",
    "settle_doubt",
    "store",
    "take",
    "take_back",
    "take_packets",
    "tell_on",
    "withdraw_broadcast",
    "write_broadcast",
]
