"""What was called: the last calls in full, a counter per path that is always exact, and copies per message."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 5000


@dataclass(slots=True)
class Entry:
    """One call and how it ended."""

    at: float
    method: str
    path: str
    to: str
    body: Any
    errcode: int
    rid: str
    fault: str = ""


class Journal:
    """Remembers calls within bounded memory."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.counts: Counter[str] = Counter()
        self.errcodes: Counter[tuple[str, int]] = Counter()
        self.copies: Counter[str] | None = None
        self.copies_by: str | None = None

    def record(self, entry: Entry) -> None:
        """Write a call down."""
        self.entries.append(entry)
        self.counts[entry.path] += 1
        self.errcodes[entry.path, entry.errcode] += 1

    def record_accepted(self, content_key: str, body: dict[str, Any]) -> None:
        """Count an accepted message, when somebody asked to count copies."""
        if self.copies is not None:
            chosen = _dig(body, self.copies_by) if self.copies_by else None
            self.copies[content_key if chosen is None else str(chosen)] += 1

    def count_copies(self, *, on: bool, by: str | None = None) -> None:
        """Start counting copies per message afresh (by a dotted path into the body, or by content), or stop."""
        self.copies, self.copies_by = (Counter() if on else None), by

    def summary(self, path: str | None, limit: int) -> dict[str, Any]:
        """The counters and the newest calls, of one path or of all."""
        kept = [one for one in self.entries if path is None or one.path == path]
        return {
            "count": self.counts[path] if path else self.counts.total(),
            "counts": {key: value for key, value in self.counts.items() if path in (None, key)},
            "errcodes": _by_path(self.errcodes, path),
            "calls": [asdict(one) for one in kept[-limit:]] if limit else [],
        }

    def copies_summary(self, least: int) -> dict[str, Any]:
        """How many messages were accepted, how many were doubled, and which ones."""
        copies = self.copies or Counter()
        return {
            "on": self.copies is not None,
            "accepted": copies.total(),
            "messages": len(copies),
            "duplicated": sum(1 for times in copies.values() if times > 1),
            "most": max(copies.values(), default=0),
            "copies": {key: times for key, times in copies.items() if times >= least},
        }


def content_key(*parts: object) -> str:
    """A short key that is the same for two messages that say the same to the same person."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _by_path(errcodes: Counter[tuple[str, int]], path: str | None) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (where, code), times in errcodes.items():
        if path in (None, where):
            found.setdefault(where, {})[str(code)] = times
    return found


def _dig(body: object, dotted: str) -> object:
    for step in dotted.split("."):
        body = body.get(step) if isinstance(body, dict) else None
    return body
