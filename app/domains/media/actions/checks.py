"""Content checks as rows: asked for beside a post, taken by a worker, decided at once (text) or by callback (picture)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from app.domains.media import rules
from app.domains.media.events import CheckDecided
from app.domains.media.models import Check, File
from app.domains.media.ports import Verdict
from app.domains.media.rules import CheckKind, CheckState, FileState
from app.kernel import queue
from app.kernel.access import unscoped
from app.kernel.crypto import random_token, token_hash
from app.kernel.transaction import Tx

_LEASE = 60
_FETCH_LETTERS = 32
_OPEN = (CheckState.waiting, CheckState.asked)
_AN_HOUR = 3600


@dataclass(frozen=True, slots=True)
class TakenCheck:
    """A check that this worker may ask about: the text itself, or the token under which the picture can be fetched."""

    id: UUID
    attempt: int
    account_id: UUID
    text: str | None = field(repr=False)
    fetch_token: str | None = field(repr=False)


def ask_checks(tx: Tx, subject: str, *, text: str, file_ids: Sequence[UUID]) -> None:
    """Ask for a text (if there is one) and for pictures to be checked, for `subject`; pictures may still be on their way."""
    if text:
        check_id = tx.new_id()
        sealed = tx.vault.seal(f"media_check.text:{check_id}", text)
        _add(tx, check_id, subject=subject, kind=CheckKind.text, text=sealed)
    for file_id in dict.fromkeys(file_ids):
        _add(tx, tx.new_id(), subject=subject, kind=CheckKind.picture, file_id=file_id)


def _add(
    tx: Tx, check_id: UUID, *, subject: str, kind: CheckKind, text: bytes | None = None, file_id: UUID | None = None
) -> None:
    tx.add(
        Check,
        id=check_id,
        subject=subject,
        account_id=tx.actor.account_id,
        kind=kind,
        file_id=file_id,
        text_sealed=text,
        state=CheckState.waiting,
        created_at=tx.now,
        next_at=tx.now,
        attempt=0,
    )


def take_checks(tx: Tx, *, limit: int) -> Sequence[TakenCheck]:
    """Take some checks that are due. What can be decided without asking is decided: answered before, gone, silent for long."""
    due = Check.state.in_(_OPEN)
    rows: Sequence[Check] = queue.claim(tx.db, Check, ready=due, now=tx.now, limit=limit, seconds=_LEASE)
    return list(_worth_asking(tx, rows))


def _worth_asking(tx: Tx, rows: Sequence[Check]) -> Iterator[TakenCheck]:
    for check in rows:
        if check.state == CheckState.asked and not _ask_again(tx, check):
            _decide(tx, check, CheckState.held)
        elif check.kind == CheckKind.text:
            assert check.text_sealed is not None
            words = tx.vault.open(f"media_check.text:{check.id}", check.text_sealed)
            yield TakenCheck(check.id, check.attempt, check.account_id, words, None)
        elif (token := _picture(tx, check)) is not None:
            yield TakenCheck(check.id, check.attempt, check.account_id, None, token)


@unscoped("a worker looks at the picture whose check it has taken")
def _picture(tx: Tx, check: Check) -> str | None:
    """The token under which the picture can be fetched; None when there is nothing to ask (now)."""
    file = tx.db.scalars(select(File).where(File.id == check.file_id).with_for_update()).one_or_none()
    limits = tx.runtime.presets["media"]
    is_ready = file is not None and file.state == FileState.ready and file.account_id == check.account_id
    if file is None or file.state == FileState.received:
        if tx.now - check.created_at > timedelta(days=limits.missing_days):
            _decide(tx, check, CheckState.dropped)
        else:
            check.next_at = tx.now + rules.wait_before(check.attempt, first=limits.retry_seconds, most=_AN_HOUR)
            check.claimed_until = None
        return None
    if not is_ready or file.kind != CheckKind.picture:
        _decide(tx, check, CheckState.dropped)
        return None
    if file.verdict not in _OPEN:
        _decide(tx, check, CheckState(file.verdict))
        return None
    token = random_token(_FETCH_LETTERS)
    file.fetch_index = token_hash(token)
    return token


@unscoped("writes about the check that this worker has taken")
def record_answer(tx: Tx, taken: TakenCheck, answer: Verdict | str) -> bool:
    """What the checker said: a verdict, or the trace id of one that will come. False when nothing was decided."""
    check = tx.db.scalars(
        select(Check)
        .where(queue.mine(Check, taken.id, taken.attempt), Check.state == CheckState.waiting)
        .with_for_update()
    ).one_or_none()
    if check is None:
        return False
    limits = tx.runtime.presets["media"]
    check.claimed_until = None
    if not isinstance(answer, Verdict):
        check.state, check.trace_id, check.asked_at = CheckState.asked, answer, check.asked_at or tx.now
        check.next_at = tx.now + timedelta(minutes=limits.verdict_minutes)
        _tell_file(tx, check, CheckState.asked)
        return True
    decision = rules.decision_of(answer)
    if decision is None:
        check.next_at = _next_ask(tx, check)
        return False
    _decide(tx, check, decision)
    return True


def decide_check(tx: Tx, trace_id: str, verdict: Verdict) -> bool:
    """The checker's answer about a picture has come; False when nobody waits for it (any more, or not yet).

    When it could not be fetched, our own door was perhaps closed for a moment: it is asked about again for a while.
    """
    check = tx.db.scalars(
        select(Check).where(Check.trace_id == trace_id, Check.state == CheckState.asked).with_for_update()
    ).one_or_none()
    if check is None:
        return False
    decision = rules.decision_of(verdict)
    if decision is None and _ask_again(tx, check):
        return True
    _decide(tx, check, decision or CheckState.held)
    return True


def _ask_again(tx: Tx, check: Check) -> bool:
    """Let the picture be asked about once more; False when that has gone on for long enough, and a person must look."""
    limits = tx.runtime.presets["media"]
    if not rules.may_ask_again(check.asked_at, tx.now, minutes=limits.again_minutes):
        return False
    check.state, check.trace_id, check.next_at = CheckState.waiting, None, _next_ask(tx, check)
    _tell_file(tx, check, CheckState.waiting)
    return True


def _next_ask(tx: Tx, check: Check) -> datetime:
    limits = tx.runtime.presets["media"]
    return tx.now + rules.wait_before(check.attempt, first=limits.retry_seconds, most=limits.retry_most_seconds)


def release_checks(tx: Tx, subject: str) -> bool:
    """A person has looked, and what was held passes; False when something is risky, which nobody can let pass."""
    checks = tx.db.scalars(select(Check).where(Check.subject == subject).order_by(Check.id).with_for_update()).all()
    if any(check.state == CheckState.risky for check in checks):
        return False
    for check in checks:
        if check.state == CheckState.held:
            check.state, check.decided_at = CheckState.passed, tx.now
            _tell_file(tx, check, CheckState.passed)
    return True


def _decide(tx: Tx, check: Check, state: CheckState) -> None:
    check.state, check.decided_at, check.claimed_until, check.text_sealed = state, tx.now, None, None
    _tell_file(tx, check, state)
    tx.emit(CheckDecided(check.subject, check.kind, state, check.file_id))


@unscoped("writes the verdict beside the picture that was checked")
def _tell_file(tx: Tx, check: Check, state: CheckState) -> None:
    if check.file_id is None or state is CheckState.dropped:
        return
    values = {"verdict": state} if state is CheckState.asked else {"verdict": state, "fetch_index": None}
    tx.db.execute(
        update(File)
        .where(File.id == check.file_id, File.account_id == check.account_id)
        .where(File.verdict.in_([*_OPEN, CheckState.held]))
        .values(values)
        .execution_options(synchronize_session="fetch")
    )
