"""A sealed note that an account has just proven a phone number: held by the phone, so that we keep no half-done binding."""

from __future__ import annotations

import base64
import binascii

from app.domains.identity import rules
from app.domains.identity.errors import TicketOver
from app.kernel.crypto import BrokenSeal
from app.kernel.transaction import Tx


def issued(tx: Tx, number: str) -> str:
    """A ticket for this account and the number it has proven."""
    until = int((tx.now + rules.PHONE_TICKET).timestamp())
    return base64.urlsafe_b64encode(tx.vault.seal(_context(tx), f"{until} {number}")).decode()


def opened(tx: Tx, ticket: str) -> str:
    """The number of a ticket that is this account's and not too old."""
    try:
        until, number = tx.vault.open(_context(tx), base64.urlsafe_b64decode(ticket.encode())).split(" ", 1)
    except (BrokenSeal, binascii.Error, ValueError) as broken:
        raise TicketOver from broken
    if int(until) < tx.now.timestamp():
        raise TicketOver
    return number


def _context(tx: Tx) -> str:
    return f"identity.phone_ticket:{tx.actor.account_id}"
