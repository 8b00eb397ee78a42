"""Every door has a keeper: each route in the URL map says who may call it, and the doors that are open to all are listed here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from flask import Flask

from app.web.routes import PUBLIC, SIGNED_IN, UndeclaredRoute, endpoints, guard, needs, permission_of, public
from tests.architecture.source import ROOT, must_be_empty

# Open to everybody, and why. A new public door is a decision: it gets a line here.
PUBLIC_DOORS = {
    "GET /d/<token>": "the page behind a door code; the same for every token, the database is not asked",
    "GET /m/": "the client itself: files that were built, the same for everybody",
    "GET /m/<path:name>": "the client's files",
    "GET /m/entry.json": "where a browser signs in; nothing of anybody",
    "GET /healthz": "the process is alive; says nothing else",
    "GET /readyz": "the process can serve; says nothing else",
    "GET /metrics": "counts only; the web server in front keeps it inside",
    "GET /api/v1/": "the description of the API",
    "GET /api/v1/openapi.json": "the description of the API",
    "GET /api/v1/rapidoc": "the description of the API, to browse",
    "GET /api/v1/rapidoc/<path:filename>": "the files of that page",
    "GET /api/v1/static/<path:filename>": "the files of that page",
    "GET /api/v1/media/fetch/<token>": "the content checker fetches a picture; unguessable, void once decided",
    "GET /wechat/<account>": "WeChat's own check of the address; the adapter proves the signature",
    "POST /wechat/<account>": "WeChat's packets; the adapter proves the signature",
    "POST /api/v1/session": "signing in itself",
    "POST /api/v1/session/staff": "signing in itself",
}


def roles_permissions() -> set[str]:
    roles = tomllib.loads((ROOT / "app" / "presets" / "roles.toml").read_text(encoding="utf-8"))
    return {word.partition("@")[0] for role in roles.values() for word in role["permissions"]}


def open_doors(app: Flask) -> Iterator[str]:
    for method, rule, permission in endpoints(app):
        if permission == PUBLIC:
            yield f"{method} {rule}"


def unknown_keepers(app: Flask, known: set[str]) -> list[str]:
    allowed = known | {PUBLIC, SIGNED_IN}
    return [f"{method} {rule} asks for {p!r}" for method, rule, p in endpoints(app) if p not in allowed]


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    must_be_empty(unknown_keepers(app, roles_permissions()))


def test_the_doors_open_to_all_are_the_listed_ones(app: Flask) -> None:
    assert sorted(set(open_doors(app))) == sorted(PUBLIC_DOORS)


def test_a_route_without_a_keeper_stops_the_start() -> None:
    app = Flask(__name__)
    app.add_url_rule("/open", view_func=lambda: "", endpoint="open")
    with pytest.raises(UndeclaredRoute, match="open"):
        guard(app)


def test_a_keeper_that_no_role_knows_is_seen() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/fly", view_func=needs("pigs.fly")(lambda: ""), endpoint="fly")
    app.add_url_rule("/all", view_func=public(lambda: ""), endpoint="all")
    assert unknown_keepers(app, {"visits.log"}) == ["GET /fly asks for 'pigs.fly'"]
    assert list(open_doors(app)) == ["GET /all"]
    assert permission_of(app, "fly") == "pigs.fly"
