"""A51: hostile pictures sent by a phone are refused or drawn anew; nothing of what they carried is ever served."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import media_worker
from tests.adapters.test_pictures import REFUSED, SECRET, annotated_jpeg, annotated_png, segments
from tests.makers.areas import make_person
from tests.makers.identity import bearer, signed_in
from tests.promises.asks import next_address

pytestmark = pytest.mark.promise


class Phone:
    """Somebody who sends pictures and looks at them."""

    def __init__(self, client: FlaskClient, runtime: Runtime) -> None:
        with transaction(runtime, SYSTEM) as tx:
            self._headers = bearer(signed_in(tx, make_person(tx), "party_member"))
        self._client = client

    def send(self, raw: bytes) -> tuple[str, int]:
        """Send a picture; its id and what was said."""
        file_id = str(uuid4())
        answer = self._client.post(
            "/api/v1/media",
            query_string={"id": file_id, "kind": "picture"},
            data=raw,
            headers={**self._headers, "Content-Type": "image/jpeg"},
            environ_base={"REMOTE_ADDR": next_address()},
        )
        return file_id, answer.status_code

    def look(self, file_id: str, size: str = "full") -> tuple[int, bytes]:
        """Look at a picture."""
        answer = self._client.get(f"/api/v1/media/{file_id}", query_string={"size": size}, headers=self._headers)
        return answer.status_code, answer.get_data()


@pytest.fixture
def phone(client: FlaskClient, runtime: Runtime) -> Phone:
    """A phone that is signed in."""
    return Phone(client, runtime)


def test_a51_what_is_no_honest_picture_is_never_served(phone: Phone, runtime: Runtime) -> None:
    sent = {name: phone.send(make()) for name, make, _ in REFUSED}
    assert {status for _, status in sent.values()} <= {201, 422}
    media_worker.work_once(runtime)
    while media_worker.clean_pictures(runtime):
        pass
    seen = {name: phone.look(file_id)[0] for name, (file_id, _) in sent.items()}
    print(f"A51: {len(seen)} hostile pictures sent, {sum(status != 404 for status in seen.values())} served")
    assert set(seen.values()) == {404}


@pytest.mark.parametrize("made", [annotated_jpeg, annotated_png])
def test_a51_where_a_picture_was_taken_is_never_served(
    phone: Phone, runtime: Runtime, made: Callable[[], bytes]
) -> None:
    file_id, status = phone.send(made())
    assert status == 201
    assert phone.look(file_id)[0] == 404  # not before it has been drawn anew
    media_worker.work_once(runtime)
    for size in ("full", "thumb"):
        status, served = phone.look(file_id, size)
        assert status == 200
        assert SECRET not in served
        assert b"Exif" not in served
        assert set(segments(served)) <= {0xE0, 0xDB, 0xC0, 0xC4}
