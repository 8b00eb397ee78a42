"""Files in parts: what came before the signal was lost is kept, the phone asks how far it is and goes on, and one file is made of it."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.domains.media import actions, sweeps
from app.domains.media.models import Part
from app.domains.media.ports import Storage
from app.domains.media.rules import FileKind
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from bot import media_worker
from tests.makers.identity import bearer
from tests.makers.media import RECORDING
from tests.makers.visits import Someone, make_keeper

KB = 1024
NOISE = bytes(range(256)) * 4 * 40  # 40 KB that look like nothing


@pytest.fixture
def keeper(runtime: Runtime) -> Someone:
    with transaction(runtime, SYSTEM) as tx:
        return make_keeper(tx)


class Phone:
    """Somebody's phone that sends one file in parts."""

    def __init__(self, client: FlaskClient, who: Someone, raw: bytes, *, kind: str = "picture") -> None:
        self._client, self._headers = client, bearer(who.token)
        self.file_id, self.raw, self._kind = uuid4(), raw, kind

    def send(self, start: int, end: int, *, size: int | None = None, kind: str | None = None) -> TestResponse:
        query = {"id": str(self.file_id), "kind": kind or self._kind, "offset": start, "size": size or len(self.raw)}
        headers = {**self._headers, "Content-Type": "application/octet-stream"}
        return self._client.post("/api/v1/media", query_string=query, data=self.raw[start:end], headers=headers)

    def how_far(self) -> tuple[int, str | None]:
        told = self._client.get(f"/api/v1/media/{self.file_id}/part", headers=self._headers).json
        assert told is not None
        return told["received"], told["state"]

    def look(self) -> TestResponse:
        return self._client.get(f"/api/v1/media/{self.file_id}", headers=self._headers)


def code(answer: TestResponse) -> tuple[int, str | None]:
    return answer.status_code, answer.json.get("code") if answer.json else None


def photograph() -> bytes:
    """A picture with so much in it that it takes several parts."""
    file = io.BytesIO()
    Image.effect_noise((400, 300), 80).convert("RGB").save(file, "JPEG", quality=90)
    assert len(file.getvalue()) > 3 * 16 * KB
    return file.getvalue()


def test_a_picture_in_parts_is_the_same_picture(client: FlaskClient, runtime: Runtime, keeper: Someone) -> None:
    phone = Phone(client, keeper, photograph())
    assert phone.how_far() == (0, None)
    first = phone.send(0, 16 * KB)
    assert (first.status_code, first.json) == (202, {"received": 16 * KB, "state": None})
    assert phone.how_far() == (16 * KB, None)
    assert phone.send(16 * KB, 32 * KB).status_code == 202
    last = phone.send(32 * KB, len(phone.raw))
    assert (last.status_code, last.json and last.json["state"]) == (201, "received")
    assert phone.how_far() == (len(phone.raw), "received")
    assert _kept_parts(runtime, phone.file_id) == 0
    assert [name[:36] for name in _stored(runtime)] == [f"raw/{phone.file_id.hex}"]
    media_worker.work_once(runtime)
    assert phone.look().status_code == 200


def test_a_part_whose_answer_was_lost_comes_again_and_changes_nothing(
    client: FlaskClient, runtime: Runtime, keeper: Someone
) -> None:
    phone = Phone(client, keeper, photograph())
    for _ in range(2):
        assert phone.send(0, 16 * KB).json == {"received": 16 * KB, "state": None}
    assert len(_stored(runtime)) == 1
    assert phone.send(16 * KB, len(phone.raw)).status_code == 201
    again = phone.send(16 * KB, len(phone.raw))
    assert (again.status_code, again.json and again.json["state"]) == (201, "received")
    assert _kept_parts(runtime, phone.file_id) == 0


def test_a_recording_in_parts_is_judged_as_a_whole(client: FlaskClient, keeper: Someone) -> None:
    good = Phone(client, keeper, RECORDING * 40, kind="voice")
    assert good.send(0, 6 * KB).status_code == 202
    assert good.send(6 * KB, len(good.raw)).status_code == 201
    assert good.look().data == good.raw
    bad = Phone(client, keeper, NOISE, kind="voice")
    assert bad.send(0, 16 * KB).status_code == 202
    assert code(bad.send(16 * KB, len(NOISE))) == (422, "media.not_a_recording")
    assert bad.how_far() == (0, None)


def test_all_is_here_and_the_last_answer_was_never_given(
    client: FlaskClient, runtime: Runtime, keeper: Someone
) -> None:
    """The server died after the last part and before the file: an empty part at the end makes the file."""
    phone = Phone(client, keeper, photograph())
    assert code(phone.send(len(phone.raw), len(phone.raw))) == (409, "media.part_gap")
    _bring_all_parts(runtime, keeper, phone)
    assert phone.how_far() == (len(phone.raw), None)
    assert phone.send(len(phone.raw), len(phone.raw)).status_code == 201


@pytest.mark.parametrize(
    ("start", "end", "size", "kind", "refusal"),
    [
        (20 * KB, 30 * KB, None, None, (409, "media.part_gap")),
        (16 * KB, 32 * KB, 20 * KB, None, (422, "media.part_does_not_fit")),
        (16 * KB, 32 * KB, 39 * KB, None, (422, "media.part_does_not_fit")),
        (16 * KB, 32 * KB, None, "voice", (422, "media.part_does_not_fit")),
        (16 * KB, 16 * KB + 1, None, None, (422, "media.part_does_not_fit")),
        (16 * KB, 16 * KB, None, None, (422, "media.part_does_not_fit")),
        (16 * KB, 32 * KB, 10 * KB * KB + 1, None, (422, "media.too_large")),
        (16 * KB, 32 * KB, 11 * KB * KB, None, (422, "invalid")),
    ],
)
def test_a_part_that_does_not_fit_is_refused_and_leaves_what_is_here(
    client: FlaskClient,
    runtime: Runtime,
    keeper: Someone,
    *,
    start: int,
    end: int,
    size: int | None,
    kind: str | None,
    refusal: tuple[int, str],
) -> None:
    phone = Phone(client, keeper, NOISE)
    assert phone.send(0, 16 * KB).status_code == 202
    assert code(phone.send(start, end, size=size, kind=kind)) == refusal
    assert phone.how_far() == (16 * KB, None)
    assert len(_stored(runtime)) == 1


def test_two_people_with_one_id_do_not_meet_before_the_end(
    client: FlaskClient, runtime: Runtime, keeper: Someone
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        other = make_keeper(tx)
    mine, theirs = Phone(client, keeper, photograph()), Phone(client, other, photograph())
    theirs.file_id = mine.file_id
    assert mine.send(0, 16 * KB).status_code == 202
    assert theirs.how_far() == (0, None)
    assert code(theirs.send(16 * KB, 32 * KB)) == (409, "media.part_gap")
    assert mine.send(16 * KB, len(mine.raw)).status_code == 201
    theirs.send(0, 16 * KB)
    assert code(theirs.send(16 * KB, len(theirs.raw))) == (422, "same_id_other_content")
    assert theirs.how_far() == (0, None)


def test_of_files_that_are_half_here_the_newest_are_kept(
    client: FlaskClient, runtime: Runtime, keeper: Someone, clock: MovableClock
) -> None:
    most = runtime.presets["media"].part_files
    phones = [Phone(client, keeper, NOISE) for _ in range(most + 1)]
    for phone in phones:
        clock.set(clock.now() + timedelta(minutes=1), rate=0)
        assert phone.send(0, 16 * KB).status_code == 202
    assert [phone.how_far()[0] for phone in phones] == [0, *[16 * KB] * most]
    assert len(_stored(runtime)) == most


def test_parts_whose_rest_does_not_come_are_forgotten_a_week_after_the_last(
    client: FlaskClient, runtime: Runtime, keeper: Someone, clock: MovableClock
) -> None:
    left, slow = Phone(client, keeper, NOISE), Phone(client, keeper, NOISE)
    days = runtime.presets["media"].part_days
    left.send(0, 16 * KB)
    slow.send(0, 16 * KB)
    clock.set(clock.now() + timedelta(days=days - 1), rate=0)
    slow.send(16 * KB, 24 * KB)
    assert sweeps.forget_parts(runtime) == 0
    clock.set(clock.now() + timedelta(days=2), rate=0)
    assert sweeps.forget_parts(runtime) == 1
    assert [_kept_parts(runtime, each.file_id) for each in (left, slow)] == [0, 2]
    assert len(_stored(runtime)) == 2


def test_the_sweep_of_orphans_knows_parts(
    client: FlaskClient, runtime: Runtime, keeper: Someone, clock: MovableClock
) -> None:
    phone = Phone(client, keeper, NOISE)
    phone.send(0, 16 * KB)
    runtime.port(Storage).put("part/nobodys", b"left by a crash")
    clock.set(clock.now() + timedelta(days=400), rate=0)
    assert sweeps.forget_orphans(runtime) == 1
    assert len(_stored(runtime)) == _kept_parts(runtime, phone.file_id) == 1


def _kept_parts(runtime: Runtime, file_id: UUID) -> int:
    with reading(runtime) as db:
        return db.scalar(select(func.count()).select_from(Part).where(Part.file_id == file_id)) or 0


def _stored(runtime: Runtime) -> set[str]:
    return set(runtime.port(Storage).names(runtime.clock.now() + timedelta(days=900)))


def _bring_all_parts(runtime: Runtime, who: Someone, phone: Phone) -> None:
    """As the server leaves it that is killed between the last part and the file."""
    for start in range(0, len(phone.raw), 16 * KB):
        piece, name = phone.raw[start : start + 16 * KB], f"part/{start}"
        runtime.port(Storage).put(name, piece)
        with transaction(runtime, who.actor) as tx:
            new = actions.NewPart(phone.file_id, FileKind.picture, start, len(piece), len(phone.raw), name)
            actions.keep_part(tx, new)
