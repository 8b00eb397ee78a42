"""The address at which WeChat speaks to us: prove the packet, store it once, answer within milliseconds.

Nothing else happens here; a worker acts on what is stored. When the database is away the answer is an error, so that
WeChat sends the packet again.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError

from app.domains.notices import actions as notices
from app.domains.notices.actions import Arrival
from app.domains.notices.ports import CallbackDoor, Doors, Inbound, InboundRefusal, RawCallback
from app.kernel import log
from app.kernel.access import SYSTEM
from app.kernel.transaction import transaction
from app.web.routes import public, runtime
from bot import metrics

callback = Blueprint("callback", __name__, url_prefix="/wechat")

_STATUS = {
    InboundRefusal.TOO_LARGE: 413,
    InboundRefusal.BAD_SIGNATURE: 403,
    InboundRefusal.STALE: 403,
    InboundRefusal.FOREIGN_APP: 403,
    InboundRefusal.UNREADABLE: 400,
}


@callback.get("/<account>")
@public
def greet(account: str) -> Response:
    """WeChat's console checks that this address is ours."""
    echo = _door(account).greet(request.args, runtime().clock.now())
    return _refused(account, echo) if isinstance(echo, InboundRefusal) else _plain(echo)


@callback.post("/<account>")
@public
def receive(account: str) -> Response:
    """A packet: stored once, answered `success`; copies are answered like the first."""
    raw = RawCallback(request.args, request.get_data(cache=False), request.content_type or "")
    packet = _door(account).receive(raw, runtime().clock.now())
    if isinstance(packet, InboundRefusal):
        return _refused(account, packet)
    return _stored(account, packet)


def _stored(account: str, packet: Inbound) -> Response:
    try:
        with transaction(runtime(), SYSTEM) as tx:
            arrival = notices.store(tx, account, packet)
    except SQLAlchemyError:
        metrics.packets.labels(account, "unstored").inc()
        log.say("callback", "packet not stored, WeChat will send it again", app=account)
        return _plain("", status=503)
    metrics.packets.labels(account, arrival).inc()
    return _plain("", status=403) if arrival is Arrival.forged else _plain("success")


def _door(account: str) -> CallbackDoor:
    door = runtime().port(Doors).get(account)
    return abort(404) if door is None else door


def _refused(account: str, refusal: InboundRefusal) -> Response:
    metrics.packets.labels(account, refusal).inc()
    log.say("callback", "packet refused", app=account, outcome=refusal.value)
    return _plain("", status=_STATUS[refusal])


def _plain(text: str, *, status: int = 200) -> Response:
    return Response(text, status=status, mimetype="text/plain")
