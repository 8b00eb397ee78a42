"""Files over HTTP: sent once, cleaned, and seen only by their owner, by who may see the visit, and by readers of the feed."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.domains.media import actions
from app.domains.media.ports import ContentChecker, Verdict
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.receipts import forget_answers
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import media_worker
from tests.fakes import FakeChecker
from tests.makers.identity import bearer
from tests.makers.media import RECORDING, a_picture, files_up_to, make_file
from tests.makers.visits import Door, Someone, a_share, make_door, make_villager, make_visit


@pytest.fixture
def door(runtime: Runtime) -> Door:
    return make_door(runtime)


def send(
    client: FlaskClient, who: Someone, raw: bytes, *, file_id: object = None, kind: str = "picture"
) -> TestResponse:
    query = {"id": str(file_id or uuid4()), "kind": kind}
    headers = {**bearer(who.token), "Content-Type": "application/octet-stream"}
    return client.post("/api/v1/media", query_string=query, data=raw, headers=headers)


def look(client: FlaskClient, who: Someone, file_id: object, query: str = "", **headers: str) -> TestResponse:
    return client.get(f"/api/v1/media/{file_id}{query}", headers={**bearer(who.token), **headers})


def test_a_full_disk_keeps_nothing_of_a_picture_says_try_again_and_is_good_when_there_is_room(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    file_id, raw = uuid4(), a_picture(size=(800, 600))
    with files_up_to(len(raw) // 2):
        full = send(client, door.keeper, raw, file_id=file_id)
    assert (full.status_code, full.json["code"], full.headers["Retry-After"]) == (503, "try_again", "60")
    assert [path for path in Path(runtime.settings.storage.folder).rglob("*") if path.is_file()] == []
    assert send(client, door.keeper, raw, file_id=file_id).status_code == 201


def test_a_picture_is_sent_once_drawn_anew_and_read_by_its_owner(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    file_id, raw = uuid4(), a_picture(size=(2000, 1000))
    first, again = (send(client, door.keeper, raw, file_id=file_id) for _ in range(2))
    assert (first.status_code, first.data) == (201, again.data)
    assert first.json == {"id": str(file_id), "kind": "picture", "state": "received"}
    assert look(client, door.keeper, file_id).status_code == 404
    media_worker.work_once(runtime)
    full, thumb = look(client, door.keeper, file_id), look(client, door.keeper, file_id, "?size=thumb")
    assert Image.open(io.BytesIO(full.data)).size == (1600, 800)
    assert len(thumb.data) < len(full.data)
    assert (full.mimetype, full.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "private" in full.headers["Cache-Control"]
    tag = full.headers["ETag"]
    assert look(client, door.keeper, file_id, **{"If-None-Match": tag}).status_code == 304


def test_after_72_hours_a_picture_that_comes_again_is_answered_as_it_stands_now(
    client: FlaskClient, runtime: Runtime, door: Door, clock: MovableClock
) -> None:
    file_id, raw = uuid4(), a_picture()
    assert send(client, door.keeper, raw, file_id=file_id).status_code == 201
    media_worker.work_once(runtime)
    clock.set(clock.now() + timedelta(hours=73), rate=0)
    with transaction(runtime, SYSTEM) as tx:
        assert forget_answers(tx) == 1
    again = send(client, door.keeper, raw, file_id=file_id)
    assert (again.status_code, again.json) == (201, {"id": str(file_id), "kind": "picture", "state": "ready"})
    assert look(client, door.keeper, file_id).status_code == 200


def test_a_picture_may_come_as_part_of_a_form(client: FlaskClient, runtime: Runtime, door: Door) -> None:
    file_id = uuid4()
    answer = client.post(
        f"/api/v1/media?id={file_id}",
        data={"file": (io.BytesIO(a_picture()), "IMG_0001.jpg")},
        headers=bearer(door.keeper.token),
    )
    assert answer.status_code == 201
    media_worker.work_once(runtime)
    assert look(client, door.keeper, file_id).status_code == 200


def test_the_same_id_with_other_bytes_is_refused(client: FlaskClient, door: Door) -> None:
    file_id = uuid4()
    assert send(client, door.keeper, a_picture(), file_id=file_id).status_code == 201
    other = send(client, door.keeper, a_picture(colour="red"), file_id=file_id)
    assert (other.status_code, other.json and other.json["code"]) == (422, "same_id_other_content")


def test_a_recording_is_kept_as_it_is(client: FlaskClient, door: Door) -> None:
    file_id = uuid4()
    assert send(client, door.keeper, RECORDING, file_id=file_id, kind="voice").json == {
        "id": str(file_id),
        "kind": "voice",
        "state": "ready",
    }
    heard = look(client, door.keeper, file_id)
    assert (heard.data, heard.mimetype) == (RECORDING, "audio/mpeg")


@pytest.mark.parametrize(
    ("raw", "kind", "code"),
    [
        (b"", "picture", "media.empty"),
        (b"<script>alert(1)</script>", "voice", "media.not_a_recording"),
        (RECORDING + b"\0" * 2 * 1024 * 1024, "voice", "media.too_large"),
        (b"\xff\xd8\xff" + b"\0" * 10 * 1024 * 1024, "picture", "media.too_large"),
    ],
)
def test_what_is_too_large_or_no_file_is_refused(
    client: FlaskClient, door: Door, raw: bytes, kind: str, code: str
) -> None:
    answer = send(client, door.keeper, raw, kind=kind)
    assert (answer.status_code, answer.json and answer.json["code"]) == (422, code)


def test_a_body_without_end_is_cut_off(client: FlaskClient, door: Door) -> None:
    assert send(client, door.keeper, b"\0" * 12 * 1024 * 1024).status_code == 413


def test_a_strangers_file_and_one_that_does_not_exist_look_the_same(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    file_id = make_file(runtime, door.keeper.actor)
    media_worker.work_once(runtime)
    with transaction(runtime, SYSTEM) as tx:
        stranger = make_villager(tx, make_door(runtime).household_id, "赵四")
    answers = [look(client, stranger, each) for each in (file_id, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].data == answers[1].data


def test_a_picture_of_a_shown_post_is_seen_by_the_village_once_it_has_passed(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    file_id = make_file(runtime, door.keeper.actor)
    make_visit(runtime, door, share=a_share("灯修好了", file_id))
    while media_worker.work_once(runtime):
        pass
    with transaction(runtime, SYSTEM) as tx:
        neighbour = make_villager(tx, make_door(runtime).household_id, "赵四")
    assert look(client, neighbour, file_id).status_code == 404
    with transaction(runtime, SYSTEM) as tx:
        actions.decide_check(tx, "trace-1", Verdict.PASS)
    assert look(client, neighbour, file_id).status_code == 200


def test_the_content_checker_fetches_without_signing_in_until_it_has_decided(
    client: FlaskClient, runtime: Runtime, door: Door
) -> None:
    file_id = make_file(runtime, door.keeper.actor)
    make_visit(runtime, door, share=a_share("灯修好了", file_id))
    while media_worker.work_once(runtime):
        pass
    checker = runtime.port(ContentChecker)
    assert isinstance(checker, FakeChecker)
    path = checker.asked[0].removeprefix(runtime.settings.web.public_url)
    assert client.get(path).mimetype == "image/jpeg"
    assert client.get(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 404
    with transaction(runtime, SYSTEM) as tx:
        actions.decide_check(tx, "trace-1", Verdict.REVIEW)
    assert client.get(path).status_code == 404
