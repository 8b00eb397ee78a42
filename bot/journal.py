"""A push worker's memory that outlives it: which messages it holds, which of them it has begun to send, what was said.

When a worker is killed, the rows say only that its messages were being sent. This small file on the same machine says
of each whether it was ever handed over, so that only those in the air at that very instant stay in doubt, and the
next worker goes on at once instead of waiting for the leases to end. It is a mapped file: what is written survives the
process, not the machine, so a file of an earlier boot is not believed. It holds nothing personal. Losing it loses
nothing: then the leases decide.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import mmap
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from app.domains.notices.actions import Report, Taken
from app.domains.notices.ports import Outcome, SendResult, Why
from app.domains.notices.rules import Attempted, Urgency
from app.settings import Settings

JOURNALS = "push"  # beside the folder of the files; DEPLOY.md lets the units write there
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_HEAD, _SLOT, _TAKEN_SIZE = 64, 1024, 480
_FREE, _TAKEN, _STARTED, _ENDED = range(4)


def journal_folder(settings: Settings) -> Path:
    """Where the workers of this county on this machine keep their journals: beside the files, or in the temporary place."""
    beside = Path(settings.storage.folder).absolute().parent / JOURNALS
    with contextlib.suppress(OSError):
        beside.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(beside, os.W_OK | os.X_OK):
            return beside
    county = hashlib.sha256(f"{settings.database.url} {settings.database.schema}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lianxin-push-{county}"


class NotOurs(Exception):
    """A folder of journals that others can write to: what stands there could be made up."""


class Journal:
    """The file of one living worker. The desk opens and frees slots, a sender writes only into the slot of its order."""

    def __init__(self, folder: Path, slots: int) -> None:
        _make_ours(folder)
        self._path = folder / f"{os.getpid()}-{uuid4().hex}.push"
        self._file = self._path.open("w+b")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.truncate(_HEAD + slots * _SLOT)
        self._map = mmap.mmap(self._file.fileno(), 0)
        self._map[:_HEAD] = _boot().ljust(_HEAD)
        self._free = list(range(slots))

    def open(self, taken: Taken) -> int | None:
        """Note that a message is held; None when there is no room, then its lease decides."""
        words = _packed(_taken_words(taken))
        if not self._free or len(words) > _TAKEN_SIZE:
            return None
        slot = self._free.pop()
        self._write(slot, 1, words.ljust(_TAKEN_SIZE))
        self._mark(slot, _TAKEN)
        return slot

    def start(self, slot: int | None) -> None:
        """From now on nobody can know whether the message has left, until its result is noted."""
        if slot is not None:
            self._mark(slot, _STARTED)

    def end(self, slot: int | None, result: SendResult) -> None:
        """Note what the channel said."""
        words = _packed(_result_words(result))
        room = _SLOT - _TAKEN_SIZE - 1
        if slot is not None and len(words) <= room:
            self._write(slot, 1 + _TAKEN_SIZE, words.ljust(room))
            self._mark(slot, _ENDED)

    def free(self, slot: int | None) -> None:
        """The row says everything now."""
        if slot is not None:
            self._mark(slot, _FREE)
            self._free.append(slot)

    def close(self, *, keep: bool) -> None:
        """The worker ends; a file that still says something stays for the next one."""
        self._map.close()
        if not keep:
            self._path.unlink(missing_ok=True)
        self._file.close()

    def _mark(self, slot: int, state: int) -> None:
        self._map[_HEAD + slot * _SLOT] = state

    def _write(self, slot: int, offset: int, words: bytes) -> None:
        start = _HEAD + slot * _SLOT + offset
        self._map[start : start + len(words)] = words


def _make_ours(folder: Path) -> None:
    """The folder, for this user alone; in the temporary place somebody else may have made it first, to be believed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise NotOurs(f"{folder} belongs to somebody else, or others may write there: remove it")


@contextlib.contextmanager
def left_behind(folder: Path) -> Iterator[list[Report]]:
    """What workers that are dead have left: believed and removed when the block ends well; theirs alone, by the lock."""
    _make_ours(folder)
    with contextlib.ExitStack() as held:
        found = [(path, held.enter_context(file)) for path, file in _orphans(folder)]
        yield [report for _, file in found for report in _reports(file.read())]
        for path, _ in found:
            path.unlink(missing_ok=True)


def _orphans(folder: Path) -> Iterator[tuple[Path, Any]]:
    """Files whose lock nobody holds: the system lets go of it when a process dies, however it dies."""
    for path in sorted(folder.glob("*.push")):
        try:
            file = path.open("rb")
        except OSError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
        else:
            yield path, file


def _reports(content: bytes) -> Iterator[Report]:
    if not _boot() or content[:_HEAD].strip() != _boot():
        return
    for start in range(_HEAD, len(content) - _SLOT + 1, _SLOT):
        state, words = content[start], content[start + 1 : start + _SLOT]
        if state != _FREE:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                yield _report(state, words)


def _report(state: int, words: bytes) -> Report:
    taken = _taken(json.loads(words[:_TAKEN_SIZE]))
    if state == _TAKEN:
        return Report(taken, None)
    if state == _ENDED:
        return Report(taken, _result(json.loads(words[_TAKEN_SIZE:])))
    return Report(taken, SendResult(Outcome.UNKNOWN, code="worker_died"))


def _boot() -> bytes:
    """Which start of this machine it is; empty where the system does not say."""
    try:
        return _BOOT_ID.read_bytes().strip()
    except OSError:
        return b""


def _packed(words: Mapping[str, Any]) -> bytes:
    return json.dumps(words, ensure_ascii=True, separators=(",", ":")).encode()


def _taken_words(taken: Taken) -> dict[str, Any]:
    tried = taken.tried
    return {
        "id": taken.message_id.hex,
        "attempt": taken.attempt,
        "tried": [tried.urgency, tried.channel, tried.template, tried.tries, tried.doubts],
        "account": taken.account_id.hex if taken.account_id else None,
        "credit": taken.used_credit,
        "probe": taken.is_probe,
    }


def _taken(words: Mapping[str, Any]) -> Taken:
    urgency, channel, template, tries, doubts = words["tried"]
    return Taken(
        UUID(words["id"]),
        words["attempt"],
        Attempted(Urgency(urgency), channel, template, tries, doubts),
        account_id=UUID(words["account"]) if words["account"] else None,
        used_credit=words["credit"],
        is_probe=words["probe"],
    )


def _result_words(result: SendResult) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "code": result.code,
        "provider_id": result.provider_id,
        "rid": result.rid,
        "until": result.until.isoformat() if result.until else None,
        "why": result.why,
    }


def _result(words: Mapping[str, Any]) -> SendResult:
    return SendResult(
        Outcome(words["outcome"]),
        code=words["code"],
        provider_id=words["provider_id"],
        rid=words["rid"],
        until=datetime.fromisoformat(words["until"]) if words["until"] else None,
        why=Why(words["why"]) if words["why"] else None,
    )
