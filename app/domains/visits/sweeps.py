"""What the clock does about the feed: once a day it tells those who posted what the day brought."""

from __future__ import annotations

from app.domains.visits import actions
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction


def tell_authors(runtime: Runtime) -> int:
    """One quiet message for each author whose posts were liked or commented on; nothing when it is switched off."""
    if not runtime.presets["feed"].digest.is_on:
        return 0
    with transaction(runtime, SYSTEM) as tx:
        return actions.tell_authors(tx)
