"""Routes as this house writes them: a blueprint per subject, and on each route who may call it.

A route without a declaration stops the start. The person is found before the body is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Blueprint, Flask, current_app, g, request
from flask_openapi3 import APIBlueprint, Tag

from app.domains.areas.errors import HouseholdNotFound
from app.domains.identity import actions as identity
from app.domains.identity import queries as identities
from app.kernel.access import ANONYMOUS, Actor
from app.kernel.errors import Forbidden
from app.kernel.runtime import Runtime
from app.kernel.transaction import glancing, reading, transaction
from app.web.errors import SignInNeeded
from app.web.forms import ErrorShape

PREFIX = "/api/v1"
PUBLIC = "public"
SIGNED_IN = "signed in"
ACTS_FOR = "X-Acts-For"
DOCUMENTS = ("openapi", "rapidoc", "static")
_MARK = "__lianxin_permission__"
_BODY_LIMIT = 300 * 1024
_REFUSED = (400, 401, 403, 404, 409, 413, 422, 429, 500, 503)
_REFUSAL = {"schema": {"$ref": f"#/components/schemas/{ErrorShape.__name__}"}}
_View = TypeVar("_View", bound=Callable[..., Any])


class UndeclaredRoute(Exception):
    """A route that does not say who may call it; the start stops here."""


def blueprint(name: str, title: str) -> APIBlueprint:
    """A subject of the mini-program's API, under /api/v1.

    What a refusal looks like is named, not given as a class: its schema would be built ten times for each route.
    """
    refusals: dict[Any, Any] = {status: {"content": {"application/json": _REFUSAL}} for status in _REFUSED}
    return APIBlueprint(
        name,
        name,
        url_prefix=PREFIX,
        abp_tags=[Tag(name=title)],
        abp_responses=refusals,
        abp_security=[{"token": []}],
    )


def needs(permission: str, *, up_to: int = _BODY_LIMIT) -> Callable[[_View], _View]:
    """Only for people who hold this permission somewhere; the domain checks where. `up_to` bounds the body in bytes."""
    return _marked(permission, up_to)


def signed_in(view: _View) -> _View:
    """For everybody with a valid session."""
    return _marked(SIGNED_IN, _BODY_LIMIT)(view)


def public(view: _View) -> _View:
    """For everybody, also without a session."""
    return _marked(PUBLIC, _BODY_LIMIT)(view)


def _marked(permission: str, up_to: int) -> Callable[[_View], _View]:
    def keep(view: _View) -> _View:
        setattr(view, _MARK, (permission, up_to))
        return view

    return keep


def runtime() -> Runtime:
    """The runtime behind the request."""
    return cast("Runtime", current_app.extensions["lianxin"])


def actor() -> Actor:
    """Who is calling."""
    return cast("Actor", g.actor)


def permission_of(app: Flask, endpoint: str) -> str | None:
    """What a route asks for; None when it says nothing."""
    if endpoint.split(".", maxsplit=1)[0] in DOCUMENTS:
        return PUBLIC
    marked = getattr(app.view_functions[endpoint], _MARK, None)
    return marked[0] if marked else None


def guard(app: Flask) -> None:
    """Check that every route declares who may call it, then check every call."""
    silent = [r.endpoint for r in app.url_map.iter_rules() if permission_of(app, r.endpoint) is None]
    if silent:
        raise UndeclaredRoute(", ".join(sorted(silent)))
    app.before_request(_admit)


def _admit() -> None:
    g.actor = ANONYMOUS
    if request.endpoint is None or request.endpoint.split(".")[0] in DOCUMENTS or request.method == "OPTIONS":
        return  # nothing is behind these; OPTIONS only tells the methods
    permission, up_to = getattr(current_app.view_functions[request.endpoint], _MARK)
    request.max_content_length = up_to
    if permission is not PUBLIC:
        g.actor = _who()
        if permission is not SIGNED_IN and not g.actor.holds(permission):
            raise Forbidden
    if request.is_json:
        request.get_json()


def bearer() -> str | None:
    """The token of the request, if there is one."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" and token else None


def _who() -> Actor:
    token = bearer()
    if token is None:
        raise SignInNeeded
    here = runtime()
    with glancing(here) as connection:
        found = identities.actor_of(connection, token, here.clock.now(), roles=here.presets["roles"])
    if found is None:
        raise SignInNeeded
    if found.kind == "staff":
        with transaction(here, found) as tx:
            identity.stay_awake(tx, token)
    said = request.headers.get(ACTS_FOR)
    return found if said is None else acting_for(found, said)


def acting_for(who: Actor, said: str) -> Actor:
    """The person for whom the caller says that he acts; without a consent in force there is no such household."""
    here = runtime()
    with reading(here) as db:
        found = identities.acting_for(db, who, _person(said), now=here.clock.now(), limits=here.presets["proxies"])
    if found is None:
        raise HouseholdNotFound
    return found


def _person(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise HouseholdNotFound from None


def endpoints(app: Flask) -> Iterable[tuple[str, str, str]]:
    """Every route as (method, rule, permission), for the tests that hold them to a table."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule, permission_of(app, rule.endpoint) or ""


Faces = Iterable[APIBlueprint | Blueprint]
