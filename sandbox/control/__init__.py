"""The desk's own web face: the page at `/` and the control API under `/__ctl` (JSON in, JSON out; see README.md)."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox.control import connect, desk, faults, phones, pushes
from sandbox.world import World

LOCAL = ("http://127.0.0.1", "http://localhost")


def make_desk(world: World) -> Flask:
    """The Flask application for one world."""
    app = Flask("sandbox", static_folder="static", template_folder="templates")
    app.extensions["world"] = world
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    for module in (connect, desk, faults, phones, pushes):
        app.register_blueprint(module.routes)
    app.register_error_handler(ValueError, _wrong)
    app.register_error_handler(TypeError, _wrong)
    app.register_error_handler(KeyError, _wrong)
    app.register_error_handler(HTTPException, _refused)
    app.after_request(_let_the_client_in)
    app.add_url_rule("/__ctl", view_func=lambda: _contents(app))
    return app


def _contents(app: Flask) -> dict[str, Any]:
    """What one can do, with the first line of what each is for."""
    told: dict[str, str] = {}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/__ctl/"):
            continue
        doc = app.view_functions[rule.endpoint].__doc__ or ""
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            told[f"{method} {rule.rule}"] = doc.split("\n")[0]
    return dict(sorted(told.items(), key=lambda one: one[0].split(" ")[1]))


def _wrong(error: Exception) -> tuple[Response, int]:
    return jsonify(error=f"{type(error).__name__}: {error}"), 400


def _refused(error: HTTPException) -> tuple[Response, int]:
    return jsonify(error=error.description), error.code or 500


def _let_the_client_in(response: Response) -> Response:
    """The H5 client on another local port plays the phone: it asks here for sign-in codes."""
    origin = request.headers.get("Origin", "")
    if origin.startswith(LOCAL):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PATCH, DELETE"
    return response
