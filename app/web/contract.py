"""What the API's description says beyond what each route declares, and the page that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask_openapi3 import OpenAPI

from app.web.routes import PUBLIC, permission_of

_CONVERTER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
_UNCHANGED: Any = {"description": "没有变化（带了 If-None-Match）"}
# Python's own phrases change from one edition to the next, and nobody in a village speaks them.
_MEANING = {
    "400": "看不懂送来的内容",
    "401": "没有登录，或者登录已经过期",
    "403": "没有做这件事的权限",
    "404": "没有这一条，或者不在您的范围里",
    "409": "和已有的对不上",
    "413": "内容太大",
    "422": "有一格填得不对，field 说是哪一格",
    "429": "太频繁，过一会儿再来",
    "500": "我们的问题，ref 在日志里找得到",
    "503": "暂时忙不过来，过一会儿再来",
}
# RapiDoc's own page would fetch its letters from a host abroad; this one loads nothing but what we serve.
PAGE = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>连心接口说明</title>
<link rel="icon" href="rapidoc/images/rapidoc.svg">
<rapi-doc spec-url="openapi.json" load-fonts="false" show-header="false" render-style="view"></rapi-doc>
<script src="rapidoc/js/rapidoc-min.js"></script>
</html>
"""
ONLY_OURS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def complete(app: OpenAPI) -> None:
    """Fill in what holds for whole kinds of routes: open doors need no token, a refusal says what it means."""
    for method, endpoint, operation in _operations(app):
        if permission_of(app, endpoint) == PUBLIC:
            operation.security = []
        for status in _MEANING.keys() & (operation.responses or {}).keys():
            operation.responses[status].description = _MEANING[status]
        if method == "get":
            operation.responses = {**(operation.responses or {}), "304": _UNCHANGED}


def _operations(app: OpenAPI) -> Iterator[tuple[str, str, Any]]:
    for rule in app.url_map.iter_rules():
        item = app.paths.get(_CONVERTER.sub(r"{\1}", rule.rule))
        for method in (name.lower() for name in rule.methods or ()):
            operation = getattr(item, method, None)
            if operation is not None:
                yield method, rule.endpoint, operation
