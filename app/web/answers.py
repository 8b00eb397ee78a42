"""How a route answers: shapes as JSON, deeds done once under the client's id, ETags on what phones repeat."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from flask import Response, request
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.errors import Conflict, Refusal
from app.kernel.receipts import Receipt, context, keep, matching
from app.kernel.transaction import Tx, reading, transaction
from app.web.routes import actor, runtime

JSON = "application/json"


def answer(shape: BaseModel | dict[str, Any], *, status: int = 200, etag: bool = False) -> Response:
    """A shape as JSON; with `etag` the phone may ask whether it has changed."""
    response = Response(encoded(shape), status=status, mimetype=JSON)
    if etag:
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:24], weak=True)
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request)
        return response
    response.headers["Cache-Control"] = "no-store"
    return response


def encoded(shape: BaseModel | dict[str, Any]) -> bytes:
    """A shape as JSON bytes."""
    return orjson.dumps(shape.model_dump(mode="json") if isinstance(shape, BaseModel) else shape)


def write(work: Callable[[Tx], BaseModel | dict[str, Any]], *, status: int = 200) -> Response:
    """Do one deed in one transaction and answer with what it returns."""
    with transaction(runtime(), actor()) as tx:
        shape = work(tx)
    return answer(shape, status=status)


def once(
    receipt_id: UUID,
    body: BaseModel,
    work: Callable[[Tx], BaseModel | dict[str, Any]],
    *,
    status: int = 201,
    now: Callable[[Session], BaseModel | None] = lambda _: None,
) -> Response:
    """Do one deed under the client's id: the same id again gives the same bytes, two at once do it once.

    The deed is tried first and the receipt is looked for only when it fails: the first try is by far the most common.
    After 72 hours the bytes are gone, and `now` tells how the deed stands; None is for what cannot be told again.
    """
    route, body_hash = str(request.url_rule), hashlib.sha256(encoded(body)).digest()
    try:
        with transaction(runtime(), actor()) as tx:
            said = encoded(work(tx)).decode()
            keep(tx, receipt_id, route=route, body_hash=body_hash, status=status, answer=said)
    except (IntegrityError, Refusal) as failed:
        receipt = _receipt(receipt_id, route=route, body_hash=body_hash, failed=failed)
        return _stored(_told_again(receipt, now), receipt.status)
    return _stored(said, status)


def _receipt(receipt_id: UUID, *, route: str, body_hash: bytes, failed: IntegrityError | Refusal) -> Receipt:
    with reading(runtime()) as db:
        found = db.get(Receipt, receipt_id)
    if found is None:
        raise _clash(failed) from failed
    return matching(found, route=route, body_hash=body_hash, account_id=actor().account_id)


def _told_again(receipt: Receipt, now: Callable[[Session], BaseModel | None]) -> str:
    if receipt.answer_sealed is not None:
        return runtime().vault.open(context(receipt.id), receipt.answer_sealed)
    with reading(runtime()) as db:
        shape = now(db)
    return encoded(shape or {"id": str(receipt.id)}).decode()


def _clash(failed: IntegrityError | Refusal) -> Exception:
    if isinstance(failed, Refusal):
        return failed
    clash = getattr(failed.orig, "sqlstate", "") in {"23505", "23P01"}
    return Conflict() if clash else failed


def _stored(said: str, status: int) -> Response:
    response = Response(said, status=status, mimetype=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response
