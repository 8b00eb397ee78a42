"""On a desk only: tell the sandbox when the next reminder comes due, so that its button can turn the clock to it."""

from __future__ import annotations

import requests

from app.domains.cases import queries as cases
from app.domains.duties import queries as duties
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading


def tell_next_due(runtime: Runtime) -> int:
    """Name the next due moment; nothing is told where there is no sandbox."""
    sandbox = runtime.settings.demo.sandbox_url
    if not sandbox:
        return 0
    with reading(runtime) as db:
        moments = {"走访提醒": duties.next_reminder_at(db, runtime.clock.now()), "要办的事到点": cases.next_due(db)}
    coming = {label: at for label, at in moments.items() if at is not None}
    if not coming:
        return 0
    label = min(coming, key=lambda each: coming[each])
    body = {"at": coming[label].timestamp(), "label": label}
    requests.post(f"{sandbox}/__ctl/next-due", json=body, timeout=2).raise_for_status()
    return 1
