"""The one table from refusals to HTTP, and what anything else becomes: a 500 with a number that is in the log."""

from __future__ import annotations

import errno
import logging
from uuid import uuid4

import orjson
from flask import Flask, Response, g, request
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.kernel import log
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, TooMany
from app.web.forms import field_names

STATUS: dict[type[Refusal], int] = {Invalid: 422, Forbidden: 403, NotFound: 404, Conflict: 409, TooMany: 429}


class SignInNeeded(Refusal):
    """Nobody is signed in, or the session is over."""

    code = "sign_in_needed"
    sentence = "请先登录。登录过期了就再登一次，没送出的内容都还在。"


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_HTTP_SENTENCES = {
    400: ("unreadable", "送来的内容读不懂，请重新填一遍再送。"),
    404: ("not_found", NotFound.sentence),
    405: ("not_found", NotFound.sentence),
    413: ("too_large", "内容太大了，请分几次送，照片请压缩后再传。"),
    415: ("unreadable", "送来的内容格式不对，请更新小程序后再试。"),
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal's kind."""
    if isinstance(refusal, SignInNeeded):
        return 401
    return next((status for kind, status in STATUS.items() if isinstance(refusal, kind)), 422)


def problem(status: int, code: str, message: str, *, field: str | None = None, ref: str | None = None) -> Response:
    """A refusal as JSON."""
    body = {"code": code, "message": message, "field": field, "ref": ref}
    response = Response(orjson.dumps(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def wrong_form(error: ValidationError) -> Response:
    """The first thing that is wrong with a form, without repeating what was sent."""
    field = place_of(error)
    return problem(422, "invalid", _sentence_for(_first(error)["type"], field), field=field or None)


def place_of(error: ValidationError) -> str:
    """Where in a form the first mistake is, in names of our own forms: what the sender called it is not repeated."""
    return ".".join(str(part) for part in _first(error)["loc"] if isinstance(part, int) or part in field_names())


def _first(error: ValidationError) -> ErrorDetails:
    return error.errors(include_input=False, include_url=False, include_context=False)[0]


def _sentence_for(kind: str, field: str) -> str:
    if kind == "extra_forbidden":
        return "多了一项不认识的内容，请更新小程序后再试。"
    if not field:
        return _HTTP_SENTENCES[400][1]
    if kind == "missing":
        return f"还缺一项没有填（{field}），请补上再送。"
    if kind.endswith("too_long"):
        return f"写得太长了（{field}），请写短一些。"
    return f"有一项填得不对（{field}），请改一下再送。"


def register(app: Flask) -> None:
    """Teach a Flask app the table."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    for down in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(down, _database_away)
    app.register_error_handler(OSError, _no_room)
    app.register_error_handler(Exception, _our_fault)


def _refused(refusal: Refusal) -> Response:
    response = problem(status_of(refusal), refusal.code, refusal.sentence, field=refusal.field)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.wait_seconds)
    return response


def _http(error: HTTPException) -> Response:
    if isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    code, sentence = _HTTP_SENTENCES.get(status, ("unreadable", _HTTP_SENTENCES[400][1]))
    response = problem(status, code, sentence)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _database_away(error: Exception) -> Response:
    if isinstance(error, DBAPIError) and not _is_outage(error):
        return _our_fault(error)
    log.say("web", "database away", level=logging.WARNING, route=str(request.url_rule))
    response = problem(503, "try_again", "这会儿没连上，您写的都存着，过一会儿再送一次。")
    response.headers["Retry-After"] = "2"
    return response


def _is_outage(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or state[:2] in {"08", "53", "57", "55", "40"}


def _no_room(error: OSError) -> Response:
    """The disk for files is full: nothing of it was kept, and the phone sends it again."""
    if error.errno not in _FULL:
        return _our_fault(error)
    log.say("web", "disk full", level=logging.ERROR, route=str(request.url_rule))
    response = problem(503, "try_again", "我们这边存东西的地方满了，正在腾。您的东西还在手机里，过一会儿再送一次。")
    response.headers["Retry-After"] = "60"
    return response


def _our_fault(_error: Exception) -> Response:
    ref = uuid4().hex[:8].upper()
    log.say("web", "unexpected", level=logging.ERROR, error=True, ref=ref, route=str(request.url_rule))
    g.ref = ref
    return problem(
        500,
        "our_fault",
        f"这会儿没办成，是我们的问题，您写的都存着。过一会儿再试；还不行，请把编号 {ref} 告诉村里。",
        ref=ref,
    )
