"""The Flask application that every face is mounted on: JSON, errors, limits, headers, gzip, and the door keeper."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider
from flask_openapi3 import APIBlueprint, Info, OpenAPI
from prometheus_client import Counter, Histogram
from werkzeug.middleware.proxy_fix import ProxyFix

from app.kernel import log
from app.kernel.runtime import Runtime
from app.web import contract, errors, health, limits
from app.web.forms import ErrorShape
from app.web.routes import DOCUMENTS, PREFIX, Faces, guard

_WORTH_ZIPPING = 1024
_SAFE = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"))
_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])  # what else is said is not repeated


class Orjson(JSONProvider):
    """JSON by orjson: strict about depth, NaN, half characters and encodings, and quick."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        """An object as JSON."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """JSON as an object; ValueError when it is none."""
        return orjson.loads(s)


class Plain(OpenAPI):
    """Without Flask's question, asked seven times a request, whether a function is asynchronous: none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


def build(runtime: Runtime, faces: Faces) -> Flask:
    """An application over a runtime, with these faces mounted; a route that declares no permission stops it here."""
    app = Plain(
        "lianxin",
        info=Info(title="连心 Lianxin", version="1", description="小程序接口"),
        security_schemes={"token": {"type": "http", "scheme": "bearer"}},
        doc_prefix=PREFIX,
        validation_error_callback=errors.wrong_form,
        validation_error_model=ErrorShape,
        static_folder=None,
    )
    app.json = Orjson(app)
    app.extensions["lianxin"] = runtime
    app.config.update(RAPIDOC_HTML_STRING=contract.PAGE, PROPAGATE_EXCEPTIONS=False)
    for face in (health.health, *faces):
        app.register_api(face) if isinstance(face, APIBlueprint) else app.register_blueprint(face)
    errors.register(app)
    _watch(app)
    limits.register(app, runtime.settings.redis.url)
    guard(app)
    contract.complete(app)
    if runtime.settings.web.proxies:
        count = runtime.settings.web.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    return app


def _watch(app: Flask) -> None:
    app.before_request(_start)
    app.after_request(_headers)
    app.after_request(_zip)
    app.after_request(_count)


def _start() -> None:
    g.started = time.perf_counter()


def _headers(response: Response) -> Response:
    for name, value in _SAFE:
        response.headers.setdefault(name, value)
    if (request.endpoint or "").split(".", maxsplit=1)[0] in DOCUMENTS:
        response.headers.setdefault("Content-Security-Policy", contract.ONLY_OURS)
    return response


def _zip(response: Response) -> Response:
    wanted = "gzip" in request.headers.get("Accept-Encoding", "")
    if not wanted or response.direct_passthrough or response.mimetype != "application/json":
        return response
    body = response.get_data()
    if len(body) >= _WORTH_ZIPPING and response.status_code != 304:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _count(response: Response) -> Response:
    route, method = str(request.url_rule or "none"), request.method if request.method in _METHODS else "other"
    took = time.perf_counter() - g.get("started", time.perf_counter())
    _counter(route, method, response.status_code).inc()
    _watch_of(route).observe(took)
    if response.status_code >= 500:
        log.say("web", "failed", route=route, method=method, status=response.status_code)
    return response


@cache
def _counter(route: str, method: str, status: int) -> Counter:
    return health.requests_total.labels(route, method, status)


@cache
def _watch_of(route: str) -> Histogram:
    return health.seconds.labels(route)
