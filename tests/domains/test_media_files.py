"""Files: received within a quota, drawn anew by a worker under a lease, refused when they are no pictures, orphans forgotten."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.domains.media import actions, errors, queries, sweeps
from app.domains.media.models import File
from app.domains.media.ports import Storage
from app.domains.media.rules import FileKind
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from bot import media_worker
from tests.makers.media import a_picture, make_file
from tests.makers.visits import Someone, make_keeper


@pytest.fixture
def keeper(runtime: Runtime) -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        return make_keeper(tx)


def row(runtime: Runtime, file_id: UUID) -> File:
    with reading(runtime) as db:
        return db.get_one(File, file_id)


def sized(tx: Tx, byte_count: int) -> actions.NewFile:
    return actions.NewFile(tx.new_id(), FileKind.picture, "raw/x", byte_count=byte_count, sha256=b"")


def test_a_picture_waits_for_the_worker_and_is_then_drawn_anew(runtime: Runtime, keeper: Someone) -> None:
    file_id = make_file(runtime, keeper.actor, a_picture(size=(2400, 1200)))
    before = row(runtime, file_id)
    assert before.state == "received"
    assert media_worker.work_once(runtime) == 1
    after = row(runtime, file_id)
    assert (after.state, after.width, after.height, after.verdict) == ("ready", 1600, 800, "waiting")
    storage = runtime.port(Storage)
    assert storage.get(before.storage_name) is None
    assert after.thumbnail_name is not None
    small, large = storage.get(after.thumbnail_name), storage.get(after.storage_name)
    assert small is not None
    assert large is not None
    assert len(small) < len(large)
    assert media_worker.work_once(runtime) == 0


def test_what_is_no_picture_is_refused_and_forgotten(runtime: Runtime, keeper: Someone) -> None:
    file_id = make_file(runtime, keeper.actor, b"<svg onload=alert(1)>")
    name = row(runtime, file_id).storage_name
    assert media_worker.work_once(runtime) == 1
    assert (row(runtime, file_id).state, row(runtime, file_id).refusal) == ("refused", "not_a_picture")
    assert runtime.port(Storage).get(name) is None
    with reading(runtime) as db:
        assert queries.file_of(db, file_id) is None


def test_a_worker_that_lost_its_lease_changes_nothing(runtime: Runtime, keeper: Someone) -> None:
    file_id = make_file(runtime, keeper.actor)
    with transaction(runtime, SYSTEM) as tx:
        (stale,) = actions.take_files(tx, limit=4)
        assert actions.take_files(tx, limit=4) == []
        tx.db.get_one(File, file_id).claimed_until = tx.now - timedelta(days=9000)
    assert media_worker.work_once(runtime) == 1
    name = row(runtime, file_id).storage_name
    with transaction(runtime, SYSTEM) as tx:
        drawn = actions.Drawn("clean/late", "thumb/late", width=1, height=1, look=0)
        assert not actions.keep_clean(tx, stale, drawn)
        assert not actions.refuse_file(tx, stale, "broken")
    assert (row(runtime, file_id).state, row(runtime, file_id).storage_name) == ("ready", name)


def test_an_account_has_a_quota_for_each_day(runtime: Runtime, keeper: Someone, clock: MovableClock) -> None:
    most = runtime.presets["media"].day_mb * 1024 * 1024
    with transaction(runtime, keeper.actor) as tx:
        actions.receive_file(tx, sized(tx, most - 10))
    with pytest.raises(errors.QuotaReached), transaction(runtime, keeper.actor) as tx:
        actions.receive_file(tx, sized(tx, 11))
    with transaction(runtime, keeper.actor) as tx:
        actions.receive_file(tx, sized(tx, 10))
    clock.set(clock.now() + timedelta(days=1), rate=0)
    with transaction(runtime, keeper.actor) as tx:
        actions.receive_file(tx, sized(tx, most))


def test_bytes_that_belong_to_no_row_are_forgotten_after_a_while(
    runtime: Runtime, keeper: Someone, clock: MovableClock
) -> None:
    kept = row(runtime, make_file(runtime, keeper.actor)).storage_name
    storage = runtime.port(Storage)
    storage.put("raw/orphan", b"1")
    storage.put("sheets/other", b"2")
    clock.set(clock.now() + timedelta(days=-2), rate=0)
    assert sweeps.forget_orphans(runtime) == 0
    clock.set(clock.now() + timedelta(days=400), rate=0)
    assert sweeps.forget_orphans(runtime) == 1
    assert (storage.get("raw/orphan"), storage.get("sheets/other")) == (None, b"2")
    assert storage.get(kept) is not None
