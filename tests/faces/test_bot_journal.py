"""What a killed push worker leaves behind, and what the next one makes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.domains.notices import actions as notices
from app.domains.notices.actions import Taken
from app.domains.notices.models import Credit, Message, Try
from app.domains.notices.ports import Outcome, SendResult, Why
from app.domains.notices.rules import SUBSCRIBE, Attempted, Urgency
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot.journal import Journal, NotOurs, journal_folder, left_behind
from bot.push import PushWorker
from tests.makers.areas import make_person
from tests.makers.identity import make_account
from tests.makers.notices import Outside, make_credit, make_message, rows, with_outside

SAID = SendResult(Outcome.UNREACHABLE, code="43101", rid="rid-1", why=Why.NO_CONSENT)


def taken() -> Taken:
    """A message that a worker holds."""
    tried = Attempted(Urgency.normal, SUBSCRIBE, "visit_reminder", tries=2)
    return Taken(uuid4(), 3, tried, account_id=uuid4(), used_credit=True, is_probe=True)


def die(journal: Journal) -> None:
    """End as a killed process ends: the lock is gone, the file stays."""
    journal.close(keep=True)


def test_each_slot_tells_how_far_its_message_came(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 8)
    held, begun, ended, freed = (taken() for _ in range(4))
    journal.open(held)
    journal.start(journal.open(begun))
    slot = journal.open(ended)
    journal.start(slot)
    journal.end(slot, SAID)
    journal.free(journal.open(freed))
    die(journal)
    with left_behind(tmp_path) as reports:
        told = {report.taken: report.result for report in reports}
    assert told == {held: None, begun: SendResult(Outcome.UNKNOWN, code="worker_died"), ended: SAID}
    with left_behind(tmp_path) as again:
        assert again == []


def test_a_living_workers_journal_is_left_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 2)
    journal.open(taken())
    with left_behind(tmp_path) as reports:
        assert reports == []
    journal.close(keep=False)
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_could_not_be_written_down_waits(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 2)
    journal.open(taken())
    die(journal)
    with pytest.raises(ZeroDivisionError), left_behind(tmp_path) as reports:
        assert len(reports) == 1
        raise ZeroDivisionError
    with left_behind(tmp_path) as reports:
        assert len(reports) == 1


def test_a_journal_of_an_earlier_boot_or_of_garbage_is_not_believed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 2)
    journal.open(taken())
    die(journal)
    (old,) = tmp_path.iterdir()
    content = bytearray(old.read_bytes())
    content[:8] = b"another!"
    old.write_bytes(content)
    (tmp_path / "garbage.push").write_bytes(os.urandom(3000))
    with left_behind(tmp_path) as reports:
        assert reports == []


def test_a_folder_that_others_may_write_to_is_not_believed(tmp_path: Path) -> None:
    planted, borrowed = tmp_path / "open", tmp_path / "link"
    planted.mkdir()
    planted.chmod(0o777)
    borrowed.symlink_to(tmp_path)
    for folder in (planted, borrowed):
        with pytest.raises(NotOurs), left_behind(folder):
            pass
        with pytest.raises(NotOurs):
            Journal(folder, 2)


def test_without_room_the_lease_decides(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 1)
    assert journal.open(taken()) is not None
    assert journal.open(taken()) is None
    journal.start(None)
    journal.end(None, SAID)
    journal.free(None)
    die(journal)


@pytest.fixture
def post(runtime: Runtime, outside: Outside) -> Runtime:
    """A runtime whose messages go to the providers in memory, with three messages that were taken."""
    made = with_outside(runtime, outside)
    with transaction(made, SYSTEM) as tx:
        for name in ("held", "begun", "ended"):
            person = make_person(tx)
            make_credit(tx, make_account(tx, person))
            make_message(tx, person, name)
    return made


def test_the_next_worker_sends_what_was_never_begun_and_leaves_the_rest(post: Runtime, outside: Outside) -> None:
    journal = Journal(journal_folder(post.settings), 8)
    keys = {message.id: message.key for message in rows(post, select(Message))}
    with transaction(post, SYSTEM) as tx:
        for job in notices.take(tx, 10):
            slot = journal.open(job.taken)
            if keys[job.taken.message_id] != "held":
                journal.start(slot)
            if keys[job.taken.message_id] == "ended":
                journal.end(slot, SendResult(Outcome.SENT, code="0", provider_id="77"))
    die(journal)
    stop = threading.Event()
    thread = threading.Thread(target=PushWorker(post, in_flight=2).run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + 60
    while len(outside.subscribe.delivered) < 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join(timeout=15)
    after = {message.key: (message.state, message.provider_id) for message in rows(post, select(Message))}
    assert after["begun"] == ("unknown", None)
    assert after["ended"] == ("sent", "77")
    assert after["held"][0] == "sent"
    assert len(outside.subscribe.seen) == 1
    assert sum(rows(post, select(Credit.count))) == 0
    assert sorted(rows(post, select(Try.code))) == ["0", "0", "worker_died"]


def test_what_is_written_survives_kill_9(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.faces.test_bot_journal import Journal, taken\n"
        "journal = Journal(Path(sys.argv[1]), 4)\n"
        "journal.open(taken())\n"
        "journal.start(journal.open(taken()))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    with left_behind(tmp_path) as reports:
        assert reports == []
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with left_behind(tmp_path) as reports:
        assert sorted(report.result.code if report.result else "" for report in reports) == ["", "worker_died"]
