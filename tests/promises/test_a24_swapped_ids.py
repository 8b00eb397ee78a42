"""A24: an id of another village in a recorded request finds nothing, and the answer is what an id that never was would get."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.web.routes import ACTS_FOR
from tests.makers.areas import make_person
from tests.makers.proxies import make_proxy
from tests.makers.visits import make_someone
from tests.promises.asks import NEW, NOW, PLACED, Ask, Recipe, post
from tests.promises.test_a23_access_matrix import read_table, word_for
from tests.promises.villages import Place, Role, Things, Villages, nothing

pytestmark = pytest.mark.promise
FOREIGN = (Place.sibling, Place.other)
UUID_TEXT = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
COUNTED = re.compile(rb'"is_counted":(true|false)')  # whether it is the first visit of the day is the caller's own

# Where the answer may differ from that to an id that never was, and why; it is never a yes.
KNOWN_ANYWAY = {
    ("POST /api/v1/bindings", "door_code"): "a door code is read off the door, so its door is known to exist",
    ("a scanned visit", "door_code"): "a door code is read off the door; which household it is stays untold",
    (
        "a visit with everything",
        "door_code",
    ): "a door code of another door beside a household of one's own is a conflict",
}
# Ids that a phone may name before the thing has arrived: accepted like any id, and they open nothing (see below).
NAMED_AHEAD = {"file_id"}
# Tokens that are the right itself: who has one, may.
CAPABILITIES = {
    "GET /api/v1/media/fetch/<token>",
    "GET /d/<token>",  # the same page for every token
    "POST /api/v1/household-codes/resolve",  # says the village and nobody's name: tests/faces
}
# What a whole town reads together: a post of the village next door is nothing foreign, as the table of A23 says too.
READ_BY_THE_TOWN = {
    f"{verb} /api/v1/feed/{what}"
    for verb, what in (
        ("POST", "<post_id>/like"),
        ("GET", "<post_id>/comments"),
        ("POST", "<post_id>/comments"),
        ("POST", "<post_id>/mute"),
        ("DELETE", "<post_id>/mute"),
        ("POST", "<post_id>/report"),
        ("POST", "comments/<comment_id>/report"),
    )
}


def _item(kind: str, **body: Any) -> dict[str, Any]:
    return {"id": NEW, "kind": kind, "body": body}


def _queue(*items: dict[str, Any]) -> Recipe:
    return post("/api/v1/sync", items=list(items))


_STORY = {"themes": ["livelihood"], "note": "屋顶漏雨", "problems": []}
# Requests with ids in deeper places than the plain recipes have.
NESTED: dict[str, tuple[Recipe, Role]] = {
    "a scanned visit": (post("/api/v1/visits", id=NEW, door_code="{door_code}", visited_at=NOW), Role.party_member),
    "a visit with everything": (
        post(
            "/api/v1/visits",
            id=NEW,
            household_id="{household_id}",
            door_code="{door_code}",
            visited_at=NOW,
            file_ids=["{file_id}"],
            share={"words": "收玉米", "file_ids": ["{file_id}"], "has_picture_consent": True},
            **_STORY,
        ),
        Role.party_member,
    ),
    "a queued visit": (_queue(_item("visit", household_id="{household_id}", visited_at=NOW)), Role.party_member),
    "a queued correction": (
        _queue(_item("visit_correction", visit_id="{visit_id}", made_at=NOW, **_STORY)),
        Role.party_member,
    ),
    "a queued note": (_queue(_item("visit_note", visit_id="{visit_id}", made_at=NOW, words="补")), Role.party_member),
    "a queued void": (_queue(_item("visit_void", visit_id="{visit_id}", made_at=NOW, reason="错")), Role.party_member),
    "a queued urge": (_queue(_item("case_urge", case_id="{case_id}")), Role.villager),
    "a queued move": (_queue(_item("case_move", case_id="{case_id}", move="withdraw")), Role.villager),
    "a queued vote": (
        _queue(_item("appraisal_vote", appraisal_id="{declared_id}", is_yes=False, points=0, reason="not_found")),
        Role.villager,
    ),
    "a queued tap": (_queue(_item("visit_tap", visit_id="{visit_id}", made_at=NOW, says_yes=True)), Role.villager),
}


class Recorded(NamedTuple):
    """A request that goes well in one's own place."""

    name: str
    role: Role
    recipe: Recipe


def recorded() -> Iterator[Recorded]:
    """Every route that names something, by every role that gets its way there; and the nested ones."""
    table = read_table()
    for route, recipe in PLACED.items():
        if route not in CAPABILITIES:
            yield from (Recorded(route, role, recipe) for role in Role if table[route, role, Place.own] == "yes")
    yield from (Recorded(name, role, recipe) for name, (recipe, role) in NESTED.items())


def named_in(ask: Ask, things: Things) -> list[str]:
    """Which of the things' names stand in a request: in its path, its query or anywhere in its body."""
    written = f"{ask.path} {dict(ask.query)} {ask.body}"
    return [name for name, value in things.ids().items() if value in written]


def swapped(things: Things, names: list[str], foreign: Things) -> Things:
    """The things with some names taken from elsewhere."""
    return replace(things, **{name: getattr(foreign, name) for name in names})


def told(response: TestResponse) -> tuple[int, bytes]:
    """An answer without the ids that the caller himself has sent."""
    return response.status_code, COUNTED.sub(b"counted", UUID_TEXT.sub(b"id", response.get_data()))


def rows_of(runtime: Runtime, path: str) -> dict[str, str]:
    """A fingerprint of every row that belongs to a place, by table."""
    places = {
        "area_path": f"area_path LIKE '{path}%'",
        "visit_id": f"visit_id IN (SELECT id FROM visits_visit WHERE area_path LIKE '{path}%')",
        "person_id": f"person_id IN (SELECT id FROM areas_person WHERE area_path LIKE '{path}%')",
        "household_id": f"household_id IN (SELECT id FROM areas_household WHERE area_path LIKE '{path}%')",
    }
    known = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    with reading(runtime) as db:
        columns = {(table, places[column]) for table, column in db.execute(text(known)) if column in places}
        return {
            f"{table}: {where}": db.execute(
                text(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t WHERE {where}"
                )
            ).scalar_one()
            for table, where in sorted(columns)
        }


@pytest.fixture
def villages(runtime: Runtime) -> Villages:
    """The places."""
    return Villages(runtime)


def swaps(one: Recorded, own: Things) -> list[list[str]]:
    """Each name by itself, and all at once where that is still a lie."""
    names = named_in(one.recipe(own), own)
    every = [] if one.name == "POST /api/v1/bindings" or len(names) < 2 else [names]
    return [[name] for name in names] + every


@pytest.mark.timeout(600)
def test_a24_an_id_of_another_village_is_answered_like_one_that_never_was(
    villages: Villages, client: FlaskClient, *, full: bool
) -> None:
    foreign = {place: villages.things(place) for place in (FOREIGN if full else FOREIGN[1:])}
    before = {place: rows_of(villages.runtime, things.path) for place, things in foreign.items()}
    count, wrong = 0, list[str]()
    for one in recorded():
        own = villages.things(Place.own)
        for names in swaps(one, own):
            unknown = told(one.recipe(swapped(own, names, nothing())).sent(client, villages.token(one.role)))
            for place, things in foreign.items():
                if not is_foreign(one, place):
                    continue
                response = one.recipe(swapped(own, names, things)).sent(client, villages.token(one.role))
                count += 1
                wrong += complaints(one.name, names, place=place, got=response, unknown=unknown)
    changed = [
        key
        for place, things in foreign.items()
        for key, row in rows_of(villages.runtime, things.path).items()
        if before[place][key] != row
    ]
    print(
        f"A24: {count} swapped requests of {len(list(recorded()))} recorded: {len(wrong)} told more, {len(changed)} changed"
    )
    assert wrong == []
    assert changed == []
    assert count > 40


def is_foreign(one: Recorded, place: Place) -> bool:
    """Whether a place is beyond the one who asks: his office does not reach there, and no feed of the town does."""
    if one.role is Role.county_operator:
        return False
    return place is not Place.sibling or not (one.role is Role.town_cadre or one.name in READ_BY_THE_TOWN)


def complaints(
    name: str, names: list[str], *, place: Place, got: TestResponse, unknown: tuple[int, bytes]
) -> Iterator[str]:
    """What an answer has told or done that it should not."""
    where = f"{name} with {'+'.join(names)} of {place}: {got.status_code} {got.get_data()[:160]!r}"
    word = word_for(got)
    is_known = any((name, one) in KNOWN_ANYWAY for one in names)
    if word == "yes" and got.status_code != 200 and not set(names) <= NAMED_AHEAD:
        yield f"done: {where}"
    if told(got) != unknown and not (is_known and word != "yes"):
        yield f"told: {where}, not {unknown}"


def test_a24_a_strangers_picture_named_in_ones_own_visit_stays_closed(villages: Villages, client: FlaskClient) -> None:
    own, foreign = villages.things(Place.own), villages.things(Place.other)
    token = villages.token(Role.party_member)
    recipe = NESTED["a visit with everything"][0]
    assert recipe(swapped(own, ["file_id"], foreign)).sent(client, token).status_code == 201
    for role in (Role.party_member, Role.villager, Role.village_cadre, Role.town_cadre):
        answer = PLACED["GET /api/v1/media/<file_id>"](foreign).sent(client, villages.token(role))
        assert answer.status_code == 404


def test_a24_acting_for_one_household_opens_no_picture_of_another_nor_of_a_visit(
    villages: Villages, client: FlaskClient
) -> None:
    """With everything left to him; what he does get to see is in tests/faces/test_proxies_media.py."""
    own = villages.homes[Place.own]
    with transaction(villages.runtime, SYSTEM) as tx:
        helper = make_someone(tx, make_person(tx, "帮忙的", path=own.path), path=own.path)
        make_proxy(tx, own.head_id, holder_id=helper.person_id, home=own.household_id, path=own.path)
    for place in Place:
        ask = PLACED["GET /api/v1/media/<file_id>"](villages.things(place))
        assert ask.sent(client, helper.token, **{ACTS_FOR: str(own.head_id)}).status_code == 404, place


def test_a24_the_id_of_anothers_deed_is_refused_and_its_answer_stays_untold(
    villages: Villages, client: FlaskClient
) -> None:
    """Whoever learns a client-made id and sends it as his own gets neither the stored answer nor a second deed."""
    own, deed_id = villages.things(Place.own), str(uuid4())
    ask = PLACED["POST /api/v1/visits"](own).with_body(id=deed_id)
    first = ask.sent(client, villages.token(Role.party_member))
    assert first.status_code == 201
    for body in (ask, ask.with_body(household_id=str(villages.things(Place.neighbour).household_id))):
        again = body.sent(client, villages.token(Role.party_member))  # another account of the same person
        assert again.status_code in {409, 422}
        assert str(own.household_id) not in again.get_data(as_text=True)


def test_a24_every_kind_of_name_is_swapped_somewhere() -> None:
    """A new kind of thing needs a recorded request that names it."""
    own = nothing()
    used = {name for one in recorded() for name in named_in(one.recipe(own), own)}
    unused = {f.name for f in fields(Things)} - used
    assert unused <= {"fetch_token", "slip_code", "keeper_id", "deputy_id"}
