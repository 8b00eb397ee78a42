"""The client in a browser: the built files under /m/, how long they may be kept, and how one comes in.

Files whose names carry a hash are kept for ever, everything else is asked about each time. Nothing may be loaded from elsewhere.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request

from app.kernel.runtime import Runtime
from app.web.answers import answer
from app.web.forms import Shape
from app.web.routes import public, runtime

BUILT = Path(__file__).resolve().parents[1] / "miniprogram" / "dist" / "build" / "h5"
_WORTH_ZIPPING = 1024
_FOR_EVER = "public, max-age=31536000, immutable"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self' blob:; media-src 'self' blob:; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}

client = Blueprint("client", __name__, template_folder="templates")


class ComingInShape(Shape):
    """How a browser comes in: WeChat's pages for a code, a phone number and its question about messages, and the mini-program."""

    sign_in: str | None
    phone_number: str | None
    subscribe: str | None
    mini_program: str


@dataclass(frozen=True, slots=True)
class _File:
    """A built file as it goes out."""

    body: bytes
    zipped: bytes | None
    kind: str
    etag: str


@client.get("/m/")
@public
def page() -> Response:
    """The client itself, or what to do when it was not built."""
    if _built("index.html") is None:
        return make_response(render_template("unbuilt.html"), 503)
    return _sent("index.html")


@client.get("/m/<path:name>")
@public
def file(name: str) -> Response:
    """One of its files."""
    return _sent(name)


@client.get("/m/entry.json")
@public
def entry() -> Response:
    """Where a browser signs in."""
    return answer(entry_of(runtime()))


def entry_of(here: Runtime, *, page: str = "", query: str = "") -> ComingInShape:
    """On a desk the fake WeChat stands in for WeChat's pages; elsewhere a browser goes on inside the mini-program."""
    facts = {"appid": here.settings.wechat.mini_program.app_id, "path": page, "query": query}
    desk = here.settings.demo.sandbox_url
    return ComingInShape(
        sign_in=f"{desk}/connect/login" if desk else None,
        phone_number=f"{desk}/connect/phone" if desk else None,
        subscribe=f"{desk}/connect/subscribe" if desk else None,
        mini_program=f"weixin://dl/business/?{urlencode(facts)}",
    )


def _sent(name: str) -> Response:
    found = _built(name)
    if found is None:
        return make_response("", 404)
    wants_zipped = found.zipped is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(found.zipped if wants_zipped else found.body, mimetype=found.kind)
    response.headers.update(_HEADERS)
    response.headers["Cache-Control"] = _FOR_EVER if name.startswith("assets/") else "no-cache"
    if wants_zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.set_etag(found.etag)
    response.make_conditional(request)
    return response


def _built(name: str) -> _File | None:
    if "\0" in name:
        return None
    path = (BUILT / name).resolve()
    if not path.is_relative_to(BUILT) or not path.is_file():
        return None
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, _changed: int) -> _File:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = kind.startswith("text/") or kind in {"image/svg+xml", "application/javascript", "application/json"}
    zipped = gzip.compress(body, 9, mtime=0) if is_text and len(body) >= _WORTH_ZIPPING else None
    return _File(body, zipped, kind, hashlib.sha256(body).hexdigest()[:24])
