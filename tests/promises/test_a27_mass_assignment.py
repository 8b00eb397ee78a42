"""A27: a body that brings more than its form knows is refused, and no row changes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from tests.promises.asks import RECIPES, Ask
from tests.promises.test_a23_access_matrix import read_table
from tests.promises.test_a24_swapped_ids import NESTED
from tests.promises.villages import Place, Role, Villages

pytestmark = pytest.mark.promise
FIELDS = [
    "role",
    "roles",
    "zone_id",
    "area_path",
    "is_admin",
    "is_staff",
    "status",
    "state",
    "id_",
    "_id",
    "__class__",
    "__proto__",
    "constructor",
    "person_id_",
    "account_id",
    "household",
    "account",
    "visitor_id",
    "keeper_id",
    "author_id",
    "owner_id",
    "by_person_id",
    "granted_by",
    "decided_by",
    "logged_at",
    "created_at",
    "decided_at",
    "revoked_at",
    "expires_at",
    "is_counted",
    "is_late",
    "proof",
    "batch_id",
    "permissions",
    "grants",
    "kind_",
    "actor",
    "token_hash",
    "password_hash",
    "totp_sealed",
    "verdict",
    "points",
    "balance",
]
COUNTERS = {"identity_attempt", "identity_session"}  # tries are counted and a session is kept awake whatever is sent


def fingerprint(runtime: Runtime) -> dict[str, str]:
    """What every table holds."""
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    with reading(runtime) as db:
        return {
            table: db.execute(
                text(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t")
            ).scalar_one()
            for table in db.scalars(text(tables)).all()
            if table not in COUNTERS
        }


def bodies(villages: Villages) -> Iterator[tuple[str, Ask, Role]]:
    """Every request with a JSON body, by somebody who would get his way, or at least is heard."""
    things = villages.things(Place.own)
    for route, recipe in RECIPES.items():
        if recipe(things).body is not None:
            yield route, recipe(things), who_is_heard(route)
    for name, (recipe, role) in NESTED.items():
        yield name, recipe(things), role


# Of what is one's own alone the table says no to every role; whoever holds the permission is heard all the same.
HEARD = {"POST /api/v1/broadcasts/<broadcast_id>/withdraw": Role.village_cadre}


def who_is_heard(route: str) -> Role:
    """Somebody whose body is read: who gets his way, else who holds the permission."""
    if route in HEARD:
        return HEARD[route]
    table = read_table()
    said = {role: table[route, role, Place.own] for role in Role}
    heard = [role for wanted in ({"yes"}, {"waits", "refused", "not_found"}) for role in Role if said[role] in wanted]
    return [*heard, Role.villager][0]


def smuggled(body: Any, more: dict[str, Any]) -> Iterator[Any]:
    """The body with more fields: on top, and in each object inside it."""
    if isinstance(body, dict):
        yield {**more, **body}
        for key, value in body.items():
            yield from ({**body, key: inner} for inner in smuggled(value, more))
    if isinstance(body, list):
        for place, value in enumerate(body):
            yield from ([*body[:place], inner, *body[place + 1 :]] for inner in smuggled(value, more))


def additions(*alone: str) -> Iterator[dict[str, Any]]:
    """All the fields at once, and some alone: with a flag and with an id."""
    yield dict.fromkeys(FIELDS, "x")
    yield from ({field: value} for field in alone for value in (True, str(uuid4())))


def is_refused(answer: Any) -> bool:
    """422; in a batch the item's receipt says so."""
    if answer.status_code == 200 and "receipts" in answer.json:
        return all(r["state"] == "conflict" and r["code"] == "sync.unreadable" for r in answer.json["receipts"])
    return bool(answer.status_code == 422 and answer.json["code"] == "invalid")


def test_a27_no_body_takes_more_than_its_form_knows(
    runtime: Runtime, client: FlaskClient, dice: random.Random, *, full: bool
) -> None:
    villages, count, wrong = Villages(runtime), 0, []
    asks = list(bodies(villages))
    tokens = {role: villages.token(role) for role in Role}
    before = fingerprint(runtime)
    for name, ask, role in asks:
        for more in additions(*(FIELDS if full else dice.sample(FIELDS, 4))):
            for body in smuggled(ask.body, more):
                if body == ask.body:
                    continue  # its form knows this field
                if name == "POST /api/v1/subscriptions" and body["choices"] != ask.body["choices"]:
                    continue  # a map of template names, not an object with fields
                answer = replace(ask, body=body).sent(client, tokens[role])
                count += 1
                if not is_refused(answer):
                    wrong.append(f"{name} + {sorted(more)[:3]}: {answer.status_code} {answer.get_data()[:200]!r}")
    after = fingerprint(runtime)
    changed = [table for table in before if after[table] != before[table]]
    print(
        f"A27: {count} bodies with extra fields to {len(asks)} requests: {len(wrong)} taken, {len(changed)} tables changed"
    )
    assert wrong == []
    assert changed == []
    assert len(FIELDS) >= 40
