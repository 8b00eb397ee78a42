"""What the clock does about the feed: once a day it tells who posted what the day brought, and who may look that something waits."""

from __future__ import annotations

from app.domains.visits import actions
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from app.kernel.values import SHANGHAI


def tell_authors(runtime: Runtime) -> int:
    """One quiet message for each author whose posts were liked or commented on; nothing when it is switched off."""
    if not runtime.presets["feed"].digest.is_on:
        return 0
    with transaction(runtime, SYSTEM) as tx:
        return actions.tell_authors(tx)


def ask_for_eyes(runtime: Runtime) -> int:
    """One message a day, not before the hour of the preset, for each who may let be seen what waits; nothing while nothing waits."""
    held = runtime.presets["feed"].held
    if not held.is_on or runtime.clock.now().astimezone(SHANGHAI).hour < held.hour:
        return 0
    with transaction(runtime, SYSTEM) as tx:
        return actions.ask_for_eyes(tx)
