"""The public contract of the API: its description is whole and pinned, its page is ours alone, its refusals look alike.

`LIANXIN_RENEW=1 python -m pytest tests/faces/test_api_contract.py` writes `openapi.json` anew; read its difference before
committing it: phones that are out there rely on what stands in it.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel
from werkzeug.test import TestResponse

from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from app.web.forms import Form, Shape
from app.web.routes import PREFIX, PUBLIC, endpoints
from tests.makers.areas import make_household
from tests.makers.identity import bearer, make_account, make_session, signed_in
from tests.makers.members import make_member

PINNED = Path(__file__).with_name("openapi.json")
CONVERTER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BODILESS = {"202", "204", "304"}
Operation = dict[str, Any]


@pytest.fixture
def spec(client: FlaskClient) -> dict[str, Any]:
    """The document as it is served."""
    found: dict[str, Any] = client.get(f"{PREFIX}/openapi.json").get_json()
    return found


@pytest.fixture
def guest(runtime: Runtime) -> dict[str, str]:
    """The headers of somebody who has signed in and stands for nobody."""
    with transaction(runtime, SYSTEM) as tx:
        return bearer(make_session(tx, make_account(tx)))


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """Every operation as (method, path, what is said of it)."""
    for path, item in spec["paths"].items():
        yield from ((method.upper(), path, operation) for method, operation in item.items())


def said_routes(app: Flask) -> set[tuple[str, str, str]]:
    """Every route of the API in the way the document writes it, with what it asks for."""
    documents = {
        rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] in {"openapi", "rapidoc"}
    }
    found = {(m, rule, p) for m, rule, p in endpoints(app) if rule.startswith(PREFIX) and rule not in documents}
    return {(method, CONVERTER.sub(r"{\1}", rule), permission) for method, rule, permission in found}


# ---- the document


def test_every_route_is_in_the_document(app: Flask, spec: dict[str, Any]) -> None:
    assert {(m, path) for m, path, _ in operations(spec)} == {(m, path) for m, path, _ in said_routes(app)}


def test_every_operation_says_in_chinese_what_it_is_for(spec: dict[str, Any]) -> None:
    assert [f"{m} {p}" for m, p, op in operations(spec) if not CHINESE.search(op.get("summary", ""))] == []
    assert [f"{m} {p}" for m, p, op in operations(spec) if not op.get("tags")] == []


def test_every_answer_has_a_schema_and_every_operation_an_answer(spec: dict[str, Any]) -> None:
    silent, bare = [], []
    for method, path, operation in operations(spec):
        answers = operation["responses"]
        if not any(status.startswith("2") for status in answers):
            silent.append(f"{method} {path}")
        bare += [f"{method} {path} {s}" for s, a in answers.items() if s not in BODILESS and not a.get("content")]
    assert (silent, bare) == ([], [])


def test_every_refusal_has_the_one_shape(spec: dict[str, Any]) -> None:
    shape = {"$ref": "#/components/schemas/ErrorShape"}
    other = [
        f"{method} {path} {status}"
        for method, path, operation in operations(spec)
        for status, answer in operation["responses"].items()
        if status >= "400" and answer["content"]["application/json"]["schema"] != shape
    ]
    assert other == []
    assert set(spec["components"]["schemas"]["ErrorShape"]["properties"]) == {"code", "message", "field", "ref"}


def test_every_body_that_is_read_is_described(spec: dict[str, Any]) -> None:
    bodiless = [
        f"{method} {path}" for method, path, operation in operations(spec)
        if method in {"POST", "PUT", "PATCH"} and "requestBody" not in operation
    ]  # fmt: skip
    assert sorted(bodiless) == sorted(f"POST {PREFIX}{path}" for path in DEEDS_WITHOUT_WORDS)


DEEDS_WITHOUT_WORDS = [
    "/session/renew",
    "/me/export",
    "/duties/{duty_id}/unexcuse",
    "/feed/broadcasts/{broadcast_id}/release",
    "/feed/comments/{comment_id}/release",
    "/feed/{post_id}/mute",
    "/feed/{post_id}/release",
    "/inbox/{message_id}/read",
    "/told/{broadcast_id}/read",
    "/zone/links/{link_id}/confirm",
]


def test_only_the_open_doors_need_no_token(app: Flask, spec: dict[str, Any]) -> None:
    open_doors = {(m, path) for m, path, permission in said_routes(app) if permission == PUBLIC}
    assert {(m, path) for m, path, op in operations(spec) if op["security"] == []} == open_doors
    assert all(op["security"] in ([], [{"token": []}]) for _, _, op in operations(spec))


def test_every_name_in_the_document_leads_somewhere(spec: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(spec)))
    assert named <= set(spec["components"]["schemas"])
    ids = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(ids) == len(set(ids))


@pytest.mark.usefixtures("app")
def test_no_two_forms_or_shapes_share_a_name() -> None:
    """The document knows them by their names alone: of two that share one, only one would be described."""
    names = [kind.__name__ for kind in (*narrower(Form), *narrower(Shape))]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def narrower(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every form or shape of the product."""
    for found in kind.__subclasses__():
        if found.__module__.startswith(("app.", "miniprogram_api.", "bot.")):
            yield found
            yield from narrower(found)


def test_the_document_is_the_one_that_phones_rely_on(spec: dict[str, Any]) -> None:
    written = json.dumps(spec, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if os.environ.get("LIANXIN_RENEW") == "1":
        PINNED.write_text(written, encoding="utf-8")
    pinned = json.loads(PINNED.read_text(encoding="utf-8"))
    assert json.loads(written) == pinned, (
        "the contract has changed: LIANXIN_RENEW=1 writes it anew (see this file's head)"
    )


# ---- the page


def test_the_page_and_its_files_load_nothing_from_outside(client: FlaskClient) -> None:
    for path in (f"{PREFIX}/", f"{PREFIX}/rapidoc"):
        page = client.get(path)
        assert page.status_code == 200
        assert re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page.get_data(as_text=True)) == []
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert not re.search(r"https?:|//|\*", policy)
    page_text = client.get(f"{PREFIX}/rapidoc").get_data(as_text=True)
    assert 'load-fonts="false"' in page_text  # else RapiDoc fetches its letters from a host abroad
    for file in re.findall(r'(?:src|href)="(rapidoc/[^"]+)"', page_text):
        with client.get(f"{PREFIX}/{file}") as served:
            assert served.status_code == 200
            assert "Content-Security-Policy" in served.headers


# ---- refusals


def said(answer: TestResponse) -> dict[str, Any]:
    """The body of a refusal."""
    found: dict[str, Any] = json.loads(answer.get_data())
    return found


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", f"{PREFIX}/nowhere", 404, "not_found"),
        ("GET", f"{PREFIX}/inbox/not-an-id/read", 404, "not_found"),
        ("PUT", f"{PREFIX}/me", 405, "not_found"),
        ("PATCH", f"{PREFIX}/session", 405, "not_found"),
        ("GET", f"{PREFIX}/me", 401, "sign_in_needed"),
    ],
)
def test_a_refusal_is_json_in_chinese(client: FlaskClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert set(said(answer)) == {"code", "message", "field", "ref"}
    assert said(answer)["code"] == code
    assert CHINESE.search(said(answer)["message"])
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    assert client.put(f"{PREFIX}/me").headers["Allow"] == "DELETE, GET, HEAD, OPTIONS"


def test_a_form_is_told_which_field_is_wrong_and_never_what_was_sent(client: FlaskClient) -> None:
    missing = client.post(f"{PREFIX}/session", json={})
    assert (missing.status_code, said(missing)["field"]) == (422, "code")
    long = client.post(f"{PREFIX}/session", json={"code": "王桂兰" * 200})
    assert (long.status_code, said(long)["field"]) == (422, "code")
    extra = client.post(f"{PREFIX}/session", json={"code": "x", "王桂兰13800138000": 1})
    assert (extra.status_code, said(extra)["field"]) == (422, None)
    nothing = client.post(f"{PREFIX}/session", json=[])
    assert (nothing.status_code, said(nothing)["field"]) == (422, None)
    assert "王桂兰" not in "".join(a.get_data(as_text=True) for a in (missing, long, extra, nothing))


# ---- how answers travel


def test_options_tells_the_methods_to_anybody(client: FlaskClient) -> None:
    answer = client.options(f"{PREFIX}/me")
    assert answer.status_code == 200
    assert set(answer.headers["Allow"].split(", ")) == {"DELETE", "GET", "HEAD", "OPTIONS"}
    assert answer.get_data() == b""


def test_head_answers_like_get_without_the_body(client: FlaskClient, guest: dict[str, str]) -> None:
    for path in ("/healthz", f"{PREFIX}/me"):
        got, head = client.get(path, headers=guest), client.head(path, headers=guest)
        assert (head.status_code, head.get_data()) == (200, b"")
        assert head.headers["Content-Length"] == got.headers["Content-Length"]


REPEATED = ["/me", "/consents", "/feed", "/duties/month", "/zone/households", "/sync/waiting", "/inbox"]


@pytest.mark.parametrize("path", REPEATED)
def test_what_phones_ask_again_and_again_is_answered_not_changed(
    client: FlaskClient, runtime: Runtime, path: str
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        keeper = make_member(tx)
        make_household(tx, keeper_id=keeper)
        headers = bearer(signed_in(tx, keeper, "party_member"))
    first = client.get(f"{PREFIX}{path}", headers=headers)
    assert first.status_code == 200
    again = client.get(f"{PREFIX}{path}", headers={**headers, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert client.get(f"{PREFIX}{path}", headers={**headers, "If-None-Match": 'W/"other"'}).status_code == 200


def test_long_answers_are_zipped_for_who_can_read_them(client: FlaskClient, guest: dict[str, str]) -> None:
    plain = client.get(f"{PREFIX}/consents", headers=guest)
    zipped = client.get(f"{PREFIX}/consents", headers={**guest, "Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in zipped.headers["Vary"]
    assert gzip.decompress(zipped.get_data()) == plain.get_data()
    assert len(zipped.get_data()) < len(plain.get_data())
    assert "Content-Encoding" not in client.get(f"{PREFIX}/me", headers={"Accept-Encoding": "gzip"}).headers  # short


def test_every_answer_forbids_guessing_framing_and_telling_where_one_was(client: FlaskClient) -> None:
    for path in ("/healthz", "/nowhere", f"{PREFIX}/me", f"{PREFIX}/rapidoc", "/d/abcdefgh"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
