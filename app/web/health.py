"""What a watchdog asks: is the process alive, can it serve, and the figures behind it."""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from sqlalchemy import text

from app.kernel.transaction import reading
from app.web.answers import answer
from app.web.errors import problem
from app.web.routes import public, runtime

_SCHEMA = text("SELECT version_num FROM alembic_version")
health = Blueprint("health", __name__)
registry = CollectorRegistry()
requests_total = Counter("lianxin_requests", "Requests answered", ["route", "method", "status"], registry=registry)
seconds = Histogram(
    "lianxin_request_seconds",
    "Time to answer",
    ["route"],
    registry=registry,
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 3),
)


@health.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return answer({"ok": True})


@health.get("/readyz")
@public
def ready() -> Response:
    """The database answers and its schema is there."""
    with reading(runtime()) as db:
        version = db.execute(_SCHEMA).scalar()
    return answer({"ok": True, "schema": version}) if version else problem(503, "not_ready", "数据库还没有准备好。")


@health.get("/metrics")
@public
def metrics() -> Response:
    """Counters for Prometheus; the web server in front keeps it from outsiders."""
    return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)
