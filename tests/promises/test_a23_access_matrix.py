"""A23: every route asked by every role about things in every place answers as the checked-in table says.

`LIANXIN_RENEW=1 python -m pytest tests/promises/test_a23_access_matrix.py` writes the table anew; read its difference
line by line before committing it: it is the list of who may do what.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from app.web.routes import ACTS_FOR, PUBLIC, SIGNED_IN, endpoints
from tests.makers.areas import make_person
from tests.makers.proxies import make_proxy
from tests.makers.visits import make_someone
from tests.promises.asks import PLACED, RECIPES, UNPLACED, routes
from tests.promises.villages import SEES, Place, Role, Villages

pytestmark = pytest.mark.promise
TABLE = Path(__file__).with_name("access_matrix.csv")
HEAD = ["route", "role", *Place]
# What each status means in the table. A 2xx is looked into: a batch says in its receipts what became of each item.
WORDS = {200: "yes", 201: "yes", 202: "waits", 400: "refused", 401: "sign_in", 403: "forbidden", 404: "not_found"}
RECEIPTS = {"received": "yes", "waiting": "waits", "conflict": "refused"}
SHORT = (Place.own, Place.other)
Cell = tuple[str, Role, Place]


def word_for(response: TestResponse) -> str:
    """The class of an answer; 409, 422 and 429 are refusals of somebody who may ask."""
    receipts = response.json.get("receipts") if response.is_json and isinstance(response.json, dict) else None
    if receipts:
        code = receipts[0]["code"] or ""
        return "not_found" if code.endswith("not_found") else RECEIPTS[receipts[0]["state"]]
    if response.status_code >= 500:
        return f"broken {response.status_code}"
    return WORDS.get(response.status_code, "refused")


def read_table() -> dict[Cell, str]:
    """The table as it is checked in; an empty cell is not asked."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["route"], Role(row["role"]), place): row[place] for row in rows for place in Place if row[place]}


def write_table(found: dict[Cell, str]) -> None:
    """The table as the product answers now."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for route in sorted(RECIPES, key=lambda r: r.split(" ")[::-1]):
            for role in Role:
                writer.writerow([route, role, *(found.get((route, role, place), "") for place in Place)])


def cells(places: Sequence[Place]) -> Iterator[Cell]:
    """What is asked: routes that name no place are asked once."""
    for route in RECIPES:
        for role in Role:
            for place in places if route in PLACED else (Place.own,):
                yield route, role, place


class Asking:
    """Asks each cell with things and callers of its own where something may change, and looks for foreign secrets."""

    def __init__(self, villages: Villages, client: FlaskClient) -> None:
        self.villages, self.client = villages, client
        self.things = {place: villages.things(place) for place in Place}
        self.tokens = {role: villages.token(role) for role in Role}
        self.leaks: list[str] = []

    def ask(self, cell: Cell) -> str:
        """The class of the answer to one cell."""
        route, role, place = cell
        is_reading = route.startswith("GET ")
        things = self.things[place] if is_reading or route in UNPLACED else self.villages.things(place)
        token = self.tokens[role] if is_reading else self.villages.token(role)
        response = RECIPES[route](things).sent(self.client, token)
        self._look_for_leaks(cell, response)
        return word_for(response)

    def _look_for_leaks(self, cell: Cell, response: TestResponse) -> None:
        route, role, asked = cell
        said = response.get_data().decode(errors="replace")
        for place in set(Place) - {Place.none} - SEES.get(role, set()):
            for kind, secrets in self.villages.secrets(place).items():
                # who names an id or a code sees it again in the answer; the feed of a town is for all of its villages
                is_known = (
                    kind == "ids" and (place is asked or (route, place) == EXPORTED)
                ) or place in SEES_BOARD.get(route, ())
                self.leaks += [
                    f"{route} tells {role} of {kind} in {place}" for s in secrets if s in said and not is_known
                ]


# Whom a villager has nominated stands in his own export, by the id that he named.
EXPORTED = ("POST /api/v1/me/export", Place.neighbour)
# What is shown to many: posts and the words under them to a town, what is published of appraisals to the village.
SEES_BOARD = {
    "GET /api/v1/feed": {Place.own, Place.neighbour, Place.sibling, Place.parent},
    "GET /api/v1/feed/<post_id>/comments": {Place.own, Place.neighbour, Place.sibling, Place.parent},
    "GET /api/v1/appraisals/published": {Place.own, Place.neighbour},
}


@pytest.fixture
def asking(client: FlaskClient, runtime: Runtime) -> Asking:
    """Callers and things in all places."""
    return Asking(Villages(runtime), client)


def test_a23_every_route_has_a_recipe_and_rows_in_the_table(app: Flask) -> None:
    assert sorted(RECIPES) == routes(app)
    listed = {(route, role) for route, role, _ in read_table()}
    assert listed == {(route, role) for route in RECIPES for role in Role}


@pytest.mark.timeout(600)
def test_a23_every_role_gets_what_the_table_says_in_every_place(asking: Asking, *, full: bool) -> None:
    renews = os.environ.get("LIANXIN_RENEW") == "1"
    found = {cell: asking.ask(cell) for cell in cells(tuple(Place) if full or renews else SHORT)}
    if renews:
        write_table(found)
    expected = read_table()
    wrong = [f"{cell}: {word}, not {expected.get(cell)}" for cell, word in found.items() if expected.get(cell) != word]
    print(f"A23: {len(RECIPES)} routes x {len(Role)} roles: {len(found)} cells asked, {len(wrong)} differ, "
          f"{len(asking.leaks)} foreign secrets told")  # fmt: skip
    assert wrong == []
    assert asking.leaks == []


# ---- what must hold of the table itself, whoever renews it

MAY = "yes"
# Deeds and looks that reach beyond the caller's own place on purpose, and why.
BEYOND = {
    "GET /api/v1/grants": "a list: beyond one's place it is empty",
    "GET /api/v1/cases/area": "a list: beyond one's place it is empty",
    "POST /api/v1/bindings": "whoever holds a door code and knows a name may ask; others confirm",
    "POST /api/v1/household-codes/resolve": "whoever stands at a door learns its village and whom to ask, nothing more",
    "GET /d/<token>": "the page behind a door code is the same for every token",
    "GET /api/v1/media/fetch/<token>": "the token is the right: only the content checker is given it",
    "GET /api/v1/media/<file_id>/part": "how far one's own upload is; of another person's file it says zero",
    "POST /api/v1/appraisals": "whoever lives in a village may nominate a neighbour, who may say no",
    "POST /api/v1/appraisals/<appraisal_id>/object": "whoever lives in a village may object to what is published there",
    "GET /api/v1/feed/<post_id>/comments": "a town reads its feed together, and what is said under it",
    "POST /api/v1/feed/<post_id>/comments": "whoever reads a post may say something under it",
    "POST /api/v1/feed/<post_id>/like": "whoever reads a post may like it",
    "POST /api/v1/feed/<post_id>/mute": "whoever reads a post may wish not to see it",
    "DELETE /api/v1/feed/<post_id>/mute": "and may wish to see it again",
    "POST /api/v1/feed/<post_id>/report": "whoever reads a post may report it",
    "POST /api/v1/feed/comments/<comment_id>/report": "whoever reads a comment may report it",
}
OPEN_TO_NOBODY = {
    "GET /m/",
    "GET /m/<path:name>",
    "GET /m/entry.json",
    "POST /api/v1/session",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /api/v1/media/fetch/<token>",
    "GET /d/<token>",
}


def reached(*, role: Role, places: set[Place]) -> set[str]:
    """The routes on which a role gets its way in one of these places."""
    return {
        route for (route, who, place), word in read_table().items() if who is role and place in places and word == MAY
    }


def test_a23_nobody_signed_in_gets_nothing_but_the_open_doors() -> None:
    assert reached(role=Role.nobody, places=set(Place)) == OPEN_TO_NOBODY


@pytest.mark.parametrize(
    "role",
    [Role.villager, Role.party_member, Role.village_cadre, Role.clerk, Role.secretary, Role.council, Role.town_cadre],
)
def test_a23_no_role_reaches_beyond_its_place(role: Role) -> None:
    beyond = set(Place) - SEES[role]
    assert {route for route in reached(role=role, places=beyond) if route in PLACED} <= set(BEYOND)


def test_a23_the_feed_and_what_is_said_in_it_end_at_the_town() -> None:
    of_feed = [(route, who, word) for (route, who, place), word in read_table().items()
               if route in BEYOND and "/feed/" in route and place is Place.other]  # fmt: skip
    assert len(of_feed) == 7 * len(Role)
    assert [row for row in of_feed if row[2] not in {"not_found", "forbidden", "sign_in"}] == []


def test_a23_a_guest_reaches_no_household_and_no_person() -> None:
    assert {r for r in reached(role=Role.guest, places=set(Place)) if r in PLACED} <= set(BEYOND)


def test_a23_what_is_foreign_looks_like_what_does_not_exist() -> None:
    table = read_table()
    told_apart = [
        f"{route} by {role}: {table[route, role, place]} in {place}, {table[route, role, Place.none]} if it is nowhere"
        for route in set(PLACED) - set(BEYOND)
        for role in set(SEES)
        for place in set(Place) - SEES[role]
        if table[route, role, place] != table[route, role, Place.none]
    ]
    assert told_apart == []


# ---- who acts for another

# What can be asked in the name of somebody who has left everything that can be left, of her own place.
LEFT = {
    "GET /api/v1/appraisals/<appraisal_id>",
    "GET /api/v1/appraisals/kinds",
    "GET /api/v1/appraisals/mine",
    "GET /api/v1/cases/<case_id>",
    "GET /api/v1/cases/area",  # a list: of an area he sees none
    "GET /api/v1/cases/kinds",
    "GET /api/v1/cases/mine",
    "GET /api/v1/cases/queue",
    "GET /api/v1/households/<household_id>/points",
    "GET /api/v1/media/<file_id>/part",  # how far one's own upload is
    "GET /api/v1/points",
    "GET /api/v1/points/<transfer_id>",
    "POST /api/v1/appraisals",
    "POST /api/v1/cases",
    "POST /api/v1/cases/who-will-get",
    "POST /api/v1/media",
}


def test_a23_who_acts_for_another_reaches_what_was_left_and_nothing_else(asking: Asking, app: Flask) -> None:
    own, runtime = asking.villages.homes[Place.own], asking.villages.runtime
    with transaction(runtime, SYSTEM) as tx:
        person_id = make_person(tx, "帮忙的", path=own.path)
        make_proxy(tx, own.head_id, holder_id=person_id, home=own.household_id, path=own.path)
    guarded = {f"{method} {rule}" for method, rule, needed in endpoints(app) if needed not in {PUBLIC, SIGNED_IN}}
    found = set()
    for route in guarded & set(RECIPES):
        with transaction(runtime, SYSTEM) as tx:
            token = make_someone(tx, person_id, path=own.path).token
        ask = RECIPES[route](asking.villages.things(Place.own))
        if word_for(ask.sent(asking.client, token, **{ACTS_FOR: str(own.head_id)})) == MAY:
            found.add(route)
    assert found == LEFT
