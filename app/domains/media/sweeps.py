"""What the clock does about files: forget parts whose rest never came, and bytes that belong to no row (a crash in between)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from app.domains.media import actions, queries
from app.domains.media.ports import Storage
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction

_DRAWERS = ("raw/", "clean/", "thumb/", "voice/", "part/")
_OLD = timedelta(hours=12)
_BATCH = 500


def forget_parts(runtime: Runtime) -> int:
    """Remove the parts of files whose rest did not come for days; answers how many."""
    with transaction(runtime, SYSTEM) as tx:
        names = actions.forget_old_parts(tx)
    storage = runtime.port(Storage)
    for name in names:
        storage.delete(name)
    return len(names)


def forget_orphans(runtime: Runtime) -> int:
    """Remove stored bytes of half a day ago that no row names; answers how many."""
    storage = runtime.port(Storage)
    stored = (n for n in storage.names(runtime.clock.now() - _OLD) if n.startswith(_DRAWERS))
    removed = 0
    for names in _batches(stored):
        with reading(runtime) as db:
            orphans = set(names) - queries.known_names(db, names)
        for name in orphans:
            storage.delete(name)
        removed += len(orphans)
    return removed


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(names, _BATCH)):
        yield batch
