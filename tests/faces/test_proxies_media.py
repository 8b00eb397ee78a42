"""Pictures and recordings through somebody who acts for an elder: those of what was left to him, and no others."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domains.appraisals.models import Seat
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import media_worker
from tests.faces.test_proxies import A_CASE, Family
from tests.makers.appraisals import checked, declared, make_village, seats
from tests.makers.identity import bearer
from tests.makers.media import a_picture, make_file, make_voice
from tests.makers.visits import Someone, visit_body


@pytest.fixture
def family(runtime: Runtime, client: FlaskClient) -> Family:
    return Family(runtime, client)


def look(family: Family, who: Someone, file_id: object, *, acting: Someone | None = None) -> TestResponse:
    return family.ask(who, "GET", f"/media/{file_id}", acting=acting)


def drawn(family: Family) -> None:
    while media_worker.work_once(family.runtime):
        pass


def reported(family: Family, who: Someone, *files: UUID, acting: Someone | None = None) -> UUID:
    form = {"text": "灯坏了", "photos": [str(each) for each in files]}
    answer = family.ask(who, "POST", "/cases", {**A_CASE, "id": str(uuid4()), "form": form}, acting=acting)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json["id"])


def sent(family: Family, who: Someone, *, acting: Someone | None = None) -> UUID:
    file_id = uuid4()
    headers = bearer(who.token) | ({"X-Acts-For": str(acting.person_id)} if acting else {})
    answer = family.client.post(f"/api/v1/media?id={file_id}", data=a_picture(), headers=headers)
    assert answer.status_code == 201, answer.text
    return file_id


def test_the_pictures_of_her_earlier_matters_and_deeds_are_there_for_who_acts_for_her(family: Family) -> None:
    picture, shown = make_file(family.runtime, family.mother.actor), make_file(family.runtime, family.mother.actor)
    voice = make_voice(family.runtime, family.mother.actor)
    reported(family, family.mother, picture)
    declared(family.runtime, family.mother, file_ids=(shown,), voice_id=voice)
    drawn(family)
    assert [look(family, family.daughter, each).status_code for each in (picture, shown, voice)] == [404, 404, 404]
    assert look(family, family.daughter, picture, acting=family.mother).status_code == 404  # nothing was left yet
    assert family.give().status_code == 201
    for file_id in (picture, shown, voice):
        answer = look(family, family.daughter, file_id, acting=family.mother)
        assert answer.status_code == 200, file_id
        assert answer.headers["Cache-Control"] == "no-store", "it must not stay on his phone when it is over"
        assert look(family, family.daughter, file_id).status_code == 404, "as himself he sees nothing of hers"


@pytest.mark.parametrize(
    ("powers", "sees"), [(["report"], (200, 404)), (["deed"], (404, 200)), (["points"], (403, 403))]
)
def test_each_power_opens_its_own_pictures(family: Family, powers: list[str], sees: tuple[int, int]) -> None:
    picture, shown = make_file(family.runtime, family.mother.actor), make_file(family.runtime, family.mother.actor)
    reported(family, family.mother, picture)
    declared(family.runtime, family.mother, file_ids=(shown,))
    drawn(family)
    assert family.give(powers=powers).status_code == 201
    found = tuple(look(family, family.daughter, each, acting=family.mother).status_code for each in (picture, shown))
    assert found == sees


def test_nothing_else_of_hers_is_opened(family: Family, runtime: Runtime) -> None:
    """Not what she has sent and not used, nor what she sees at her own door, in the feed, or as a judge."""
    assert family.give().status_code == 201
    loose = make_file(runtime, family.mother.actor)
    at_door, in_feed = visited(family)
    judged = on_her_ballot(family)
    own = make_file(runtime, family.daughter.actor)
    drawn(family)
    for name, file_id in {"loose": loose, "at door": at_door, "in feed": in_feed, "ballot": judged}.items():
        assert look(family, family.daughter, file_id, acting=family.mother).status_code == 404, name
    assert [look(family, family.mother, each).status_code for each in (loose, at_door, judged)] == [200, 200, 200]
    assert look(family, family.daughter, own, acting=family.mother).status_code == 404, "his own is no matter of hers"
    assert look(family, family.daughter, own).status_code == 200


def visited(family: Family) -> tuple[UUID, UUID]:
    """Two pictures of a visit at her door, one of them in the feed."""
    keeper = family.roster.keeper
    files = [make_file(family.runtime, keeper.actor) for _ in range(2)]
    share: dict[str, Any] = {"words": "灯换好了", "file_ids": [str(files[1])], "has_picture_consent": True}
    body = visit_body(
        family.household_id, uuid4(), family.runtime.clock.now(), file_ids=[str(f) for f in files], share=share
    )
    assert family.ask(keeper, "POST", "/visits", body).status_code == 201
    return files[0], files[1]


def on_her_ballot(family: Family) -> UUID:
    """A picture of another household's deed that she was drawn to judge."""
    village = make_village(family.runtime)
    picture = make_file(family.runtime, village.villager.actor)
    deed = declared(family.runtime, village.villager, file_ids=(picture,))
    checked(family.runtime, village.clerk, deed)
    with transaction(family.runtime, SYSTEM) as tx:
        seat = tx.db.get_one(Seat, seats(family.runtime, deed)[0].id)
        seat.person_id, seat.household_id = family.mother.person_id, family.household_id
    return picture


def test_a_picture_that_was_taken_for_her_is_hers_and_everybody_concerned_sees_it(family: Family) -> None:
    assert family.give().status_code == 201
    picture = sent(family, family.daughter, acting=family.mother)
    reported(family, family.daughter, picture, acting=family.mother)
    drawn(family)
    assert look(family, family.mother, picture).status_code == 200
    assert look(family, family.roster.keeper, picture).status_code == 200
    assert look(family, family.daughter, picture, acting=family.mother).status_code == 200
    (given,) = family.ask(family.mother, "GET", "/proxies").json["given"]
    assert family.ask(family.mother, "DELETE", f"/proxies/{given['id']}").status_code == 200
    assert look(family, family.daughter, picture, acting=family.mother).status_code == 404
    assert look(family, family.daughter, picture).status_code == 404, "it is over for what he took himself, too"


def test_without_a_power_that_needs_pictures_none_can_be_sent_for_her(family: Family) -> None:
    assert family.give(powers=["points"]).status_code == 201
    headers = bearer(family.daughter.token) | {"X-Acts-For": str(family.mother.person_id)}
    assert family.client.post(f"/api/v1/media?id={uuid4()}", data=a_picture(), headers=headers).status_code == 403
