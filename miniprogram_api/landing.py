"""The page behind a door code for whoever scans it with an ordinary camera: it shows nothing of anybody.

It is the same page for every token, also for one that was never issued: the database is not even asked.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template

from app.web.routes import public, runtime
from miniprogram_api.client import entry_of

_TOKEN = re.compile(r"[0-9A-Za-z]{8,64}")
_PAGE = "pages/door/index"
_STYLE = (Path(__file__).parent / "static" / "landing.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

landing = Blueprint("landing", __name__, template_folder="templates")


@landing.get("/d/<token>")
@public
def door(token: str) -> Response:
    """Say what this sign is for, and lead on to the client, which asks who is there."""
    page = make_response(render_template("landing.html", style=_STYLE, link=_way_on(token)))
    page.headers.update(_HEADERS)
    return page


def _way_on(token: str) -> str:
    """WeChat's own address for opening a mini-program, on a desk the client in the browser; what is no token is not passed on."""
    query = f"t={token}" if _TOKEN.fullmatch(token) else ""
    way = entry_of(runtime(), page=_PAGE, query=query)
    return f"/m/#/{_PAGE}?{query}" if way.sign_in else way.mini_program
