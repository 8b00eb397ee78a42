"""How each route is asked about things in a place: one recipe a route, used by every promise about access and input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.web.routes import DOCUMENTS, endpoints
from tests.makers.identity import bearer
from tests.promises.villages import JPEG, Things

NOW = "2026-11-02T08:30:00+08:00"
SOON = "2026-11-20"  # the clock of tests stands on 2 November 2026
_STORY = {"themes": ["livelihood"], "note": "屋顶漏雨", "problems": ["屋顶漏雨"]}
_addresses = count()


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: what is asked, with which body."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    raw: bytes | None = None
    kind: str = "application/json"

    def sent(self, client: FlaskClient, token: str | None, **headers: str) -> TestResponse:
        """Ask it with this token, each time from another address, so that no limiter answers instead."""
        known = {"json": self.body} if self.body is not None else {}
        if self.raw is not None:
            known = {"data": self.raw, "content_type": self.kind}
        return client.open(
            self.path,
            method=self.method,
            query_string=dict(self.query),
            headers={**(bearer(token) if token else {}), **headers},
            environ_base={"REMOTE_ADDR": next_address()},
            **known,
        )

    def with_body(self, **more: Any) -> Ask:
        """The same with other fields in its body."""
        return replace(self, body={**(self.body or {}), **more})


def next_address() -> str:
    """An address that has not knocked before."""
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


Recipe = Callable[[Things], Ask]


def get(path: str, **query: str) -> Recipe:
    """A GET whose path and query name things of the place, as {household_id}."""
    return lambda t: Ask("GET", path.format(**t.ids()), {k: v.format(**t.ids()) for k, v in query.items()})


def delete(path: str, **query: str) -> Recipe:
    """A DELETE whose path names things of the place."""
    return lambda t: Ask("DELETE", path.format(**t.ids()), query)


def post(path: str, **body: Any) -> Recipe:
    """A POST whose path and body name things of the place; `id=NEW` is an id that the phone makes."""
    return lambda t: Ask("POST", path.format(**t.ids()), body=_filled(body, t) if body else None)


NEW = "{new}"


def _filled(value: Any, things: Things) -> Any:
    if isinstance(value, str):
        return str(uuid4()) if value == NEW else value.format(**things.ids())
    if isinstance(value, dict):
        return {key: _filled(one, things) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, things) for one in value]
    return value


def _upload(_things: Things) -> Ask:
    return Ask("POST", "/api/v1/media", {"id": str(uuid4()), "kind": "picture"}, raw=JPEG, kind="image/jpeg")


def _sync(things: Things) -> Ask:
    item_id = str(uuid4())
    body = {"household_id": str(things.household_id), "visited_at": NOW, **_STORY}
    return Ask("POST", "/api/v1/sync", body={"items": [{"id": item_id, "kind": "visit", "body": body}]})


# Routes that are asked about something in a place.
PLACED: dict[str, Recipe] = {
    "POST /api/v1/bindings": post("/api/v1/bindings", id=NEW, way="door", token="{door_code}", name="{name}"),
    "POST /api/v1/bindings/<uuid:binding_id>/decide": post(
        "/api/v1/bindings/{binding_id}/decide", id=NEW, is_known=True
    ),
    "POST /api/v1/persons/<uuid:person_id>/open": post("/api/v1/persons/{person_id}/open", reason="上门前打个电话"),
    "POST /api/v1/slips": post("/api/v1/slips", id=NEW, person_id="{person_id}"),
    "GET /api/v1/grants": get("/api/v1/grants", area="{path}"),
    "POST /api/v1/grants": post(
        "/api/v1/grants", id=NEW, person_id="{newcomer_id}", role="party_member", area_path="{path}"
    ),
    "DELETE /api/v1/grants/<uuid:grant_id>": delete("/api/v1/grants/{grant_id}"),
    "POST /api/v1/visits": post("/api/v1/visits", id=NEW, household_id="{household_id}", visited_at=NOW, **_STORY),
    "POST /api/v1/visits/<visit_id>/correct": post("/api/v1/visits/{visit_id}/correct", id=NEW, made_at=NOW, **_STORY),
    "POST /api/v1/visits/<visit_id>/void": post(
        "/api/v1/visits/{visit_id}/void", id=NEW, made_at=NOW, reason="走错了门"
    ),
    "POST /api/v1/visits/<visit_id>/note": post(
        "/api/v1/visits/{visit_id}/note", id=NEW, made_at=NOW, words="又去看了一次"
    ),
    "POST /api/v1/visits/<visit_id>/tap": post("/api/v1/visits/{visit_id}/tap", id=NEW, made_at=NOW, says_yes=True),
    "GET /api/v1/visits/<visit_id>": get("/api/v1/visits/{visit_id}"),
    "GET /api/v1/households/<household_id>/visits": get("/api/v1/households/{household_id}/visits"),
    "GET /api/v1/households/<household_id>/points": get("/api/v1/households/{household_id}/points"),
    "POST /api/v1/appraisals": post(
        "/api/v1/appraisals", id=NEW, kind="deed", items=["mediate"], words="劝开了", household_id="{household_id}"
    ),
    "GET /api/v1/appraisals/<appraisal_id>": get("/api/v1/appraisals/{appraisal_id}"),
    "POST /api/v1/appraisals/<appraisal_id>/check": post(
        "/api/v1/appraisals/{declared_id}/check", id=NEW, is_fine=True
    ),
    "POST /api/v1/appraisals/<appraisal_id>/look": post("/api/v1/appraisals/{declared_id}/look", id=NEW),
    "POST /api/v1/appraisals/<appraisal_id>/vote": post(
        "/api/v1/appraisals/{declared_id}/vote", id=NEW, is_yes=False, points=0, reason="not_found"
    ),
    "POST /api/v1/appraisals/<appraisal_id>/stand-aside": post(
        "/api/v1/appraisals/{declared_id}/stand-aside", id=NEW, reason="kin"
    ),
    "POST /api/v1/appraisals/<appraisal_id>/object": post(
        "/api/v1/appraisals/{appraisal_id}/object", id=NEW, reason="not_true"
    ),
    "POST /api/v1/appraisals/<appraisal_id>/answer": post(
        "/api/v1/appraisals/{appraisal_id}/answer", id=NEW, is_upheld=False
    ),
    "POST /api/v1/appraisals/<appraisal_id>/withdraw": post("/api/v1/appraisals/{declared_id}/withdraw", id=NEW),
    "POST /api/v1/appraisals/<appraisal_id>/decline": post("/api/v1/appraisals/{declared_id}/decline", id=NEW),
    "GET /api/v1/points/<transfer_id>": get("/api/v1/points/{transfer_id}"),
    "POST /api/v1/cases/who-will-get": post(
        "/api/v1/cases/who-will-get", kind="whistle", category="habitat", household_id="{household_id}"
    ),
    "POST /api/v1/cases": post(
        "/api/v1/cases",
        id=NEW,
        kind="whistle",
        category="habitat",
        household_id="{household_id}",
        form={"text": "灯坏了"},
    ),
    "POST /api/v1/cases/<case_id>/moves": post("/api/v1/cases/{case_id}/moves", id=NEW, move="withdraw"),
    "POST /api/v1/cases/<case_id>/urge": post("/api/v1/cases/{case_id}/urge", id=NEW),
    "POST /api/v1/cases/<case_id>/extend": post(
        "/api/v1/cases/{case_id}/extend", id=NEW, clock="solve", reason="等配件"
    ),
    "GET /api/v1/cases/<case_id>": get("/api/v1/cases/{case_id}"),
    "GET /api/v1/cases/<case_id>/near": get("/api/v1/cases/{case_id}/near"),
    "GET /api/v1/cases/area": get("/api/v1/cases/area", area="{path}"),
    "POST /api/v1/sync": _sync,
    "GET /api/v1/duties/progress": get("/api/v1/duties/progress", area="{path}"),
    "POST /api/v1/duties/<duty_id>/excuse": post("/api/v1/duties/{duty_id}/excuse", reason="household_away"),
    "POST /api/v1/duties/<duty_id>/unexcuse": post("/api/v1/duties/{duty_id}/unexcuse"),
    "POST /api/v1/feed/<post_id>/hold": post("/api/v1/feed/{visit_id}/hold", reason="private"),
    "POST /api/v1/feed/<post_id>/like": post("/api/v1/feed/{visit_id}/like", id=NEW, made_at=NOW, likes=True),
    "GET /api/v1/feed/<post_id>/comments": get("/api/v1/feed/{visit_id}/comments"),
    "POST /api/v1/feed/<post_id>/comments": post("/api/v1/feed/{visit_id}/comments", id=NEW, words="辛苦了"),
    "POST /api/v1/feed/<post_id>/mute": post("/api/v1/feed/{visit_id}/mute"),
    "DELETE /api/v1/feed/<post_id>/mute": delete("/api/v1/feed/{visit_id}/mute"),
    "POST /api/v1/feed/<post_id>/report": post("/api/v1/feed/{visit_id}/report", id=NEW, reason="untrue"),
    "POST /api/v1/feed/comments/<comment_id>/take-back": post("/api/v1/feed/comments/{comment_id}/take-back", id=NEW),
    "POST /api/v1/feed/comments/<comment_id>/report": post(
        "/api/v1/feed/comments/{comment_id}/report", id=NEW, reason="rude"
    ),
    "POST /api/v1/feed/comments/<comment_id>/hold": post("/api/v1/feed/comments/{comment_id}/hold", reason="rude"),
    "POST /api/v1/feed/comments/<comment_id>/release": post("/api/v1/feed/comments/{comment_id}/release"),
    "POST /api/v1/feed/broadcasts/<broadcast_id>/hold": post(
        "/api/v1/feed/broadcasts/{broadcast_id}/hold", reason="rude"
    ),
    "POST /api/v1/feed/broadcasts/<broadcast_id>/release": post("/api/v1/feed/broadcasts/{broadcast_id}/release"),
    "POST /api/v1/feed/<post_id>/release": post("/api/v1/feed/{visit_id}/release"),
    "POST /api/v1/inbox/<uuid:message_id>/read": post("/api/v1/inbox/{message_id}/read"),
    "POST /api/v1/household-codes/resolve": post("/api/v1/household-codes/resolve", token="{door_code}"),
    "DELETE /api/v1/proxies/<uuid:proxy_id>": delete("/api/v1/proxies/{proxy_id}"),
    "POST /api/v1/proxies": post(
        "/api/v1/proxies",
        id=NEW,
        for_person_id="{person_id}",
        holder={"name": "段永平", "phone": "13900009999"},
        powers=["report"],
        last_day=SOON,
    ),
    "GET /api/v1/numbers": get("/api/v1/numbers", area="{path}"),
    "GET /api/v1/numbers/owed": get("/api/v1/numbers/owed", area="{path}"),
    "GET /api/v1/numbers/unreached": get("/api/v1/numbers/unreached", area="{path}"),
    "GET /api/v1/broadcasts/reach": get("/api/v1/broadcasts/reach", area="{path}"),
    "POST /api/v1/broadcasts": post(
        "/api/v1/broadcasts", id=NEW, area_path="{path}", audience="everybody", words="明天停水", is_urgent=False
    ),
    "GET /api/v1/broadcasts/<broadcast_id>": get("/api/v1/broadcasts/{broadcast_id}"),
    "GET /api/v1/broadcasts/<broadcast_id>/unread": get("/api/v1/broadcasts/{broadcast_id}/unread"),
    "POST /api/v1/broadcasts/<broadcast_id>/remind": post("/api/v1/broadcasts/{broadcast_id}/remind", id=NEW),
    "POST /api/v1/broadcasts/<broadcast_id>/withdraw": post("/api/v1/broadcasts/{broadcast_id}/withdraw", id=NEW),
    "GET /api/v1/told/<broadcast_id>": get("/api/v1/told/{broadcast_id}"),
    "POST /api/v1/told/<broadcast_id>/read": post("/api/v1/told/{broadcast_id}/read"),
    "GET /api/v1/zone/coverage": get("/api/v1/zone/coverage", area="{path}"),
    "POST /api/v1/zone/links/<uuid:link_id>/confirm": lambda t: Ask("POST", f"/api/v1/zone/links/{t.link_id}/confirm"),
    "GET /d/<token>": get("/d/{door_code}"),
    "GET /api/v1/media/<file_id>": get("/api/v1/media/{file_id}"),
    "GET /api/v1/media/<file_id>/part": get("/api/v1/media/{file_id}/part"),
    "GET /api/v1/media/fetch/<token>": get("/api/v1/media/fetch/{fetch_token}"),
}
# Routes about oneself or about everything that one may see: no place is named.
UNPLACED: dict[str, Recipe] = {
    "POST /api/v1/session": lambda _t: Ask("POST", "/api/v1/session", body={"code": f"openid-{uuid4().hex}"}),
    "POST /api/v1/session/staff": post("/api/v1/session/staff", username="zhoumin", password="不是它", totp="123456"),
    "POST /api/v1/session/staff/password": post("/api/v1/session/staff/password", old="旧的那个", new="Xin-De-2026!"),
    "POST /api/v1/session/renew": lambda _t: Ask("POST", "/api/v1/session/renew"),
    "DELETE /api/v1/session": delete("/api/v1/session"),
    "DELETE /api/v1/session/all": delete("/api/v1/session/all"),
    "GET /api/v1/me": get("/api/v1/me"),
    "DELETE /api/v1/me": delete("/api/v1/me", confirm="true"),
    "GET /api/v1/me/readers": get("/api/v1/me/readers"),
    "GET /api/v1/me/household": get("/api/v1/me/household"),
    "GET /m/": get("/m/"),
    "GET /m/<path:name>": get("/m/static/mark.svg"),
    "GET /m/entry.json": get("/m/entry.json"),
    "POST /api/v1/me/export": lambda _t: Ask("POST", "/api/v1/me/export"),
    "GET /api/v1/consents": get("/api/v1/consents"),
    "POST /api/v1/consents": post("/api/v1/consents", id=NEW, purpose="privacy", version="1", is_given=False),
    "GET /api/v1/bindings/waiting": get("/api/v1/bindings/waiting"),
    "DELETE /api/v1/bindings/mine": delete("/api/v1/bindings/mine"),
    "GET /api/v1/audit": get("/api/v1/audit"),
    "GET /api/v1/duties/month": get("/api/v1/duties/month"),
    "GET /api/v1/points": get("/api/v1/points"),
    "GET /api/v1/appraisals/kinds": get("/api/v1/appraisals/kinds"),
    "GET /api/v1/appraisals/mine": get("/api/v1/appraisals/mine"),
    "GET /api/v1/appraisals/votes": get("/api/v1/appraisals/votes"),
    "GET /api/v1/appraisals/published": get("/api/v1/appraisals/published"),
    "GET /api/v1/appraisals/checks": get("/api/v1/appraisals/checks"),
    "POST /api/v1/appraisals/neighbours": post("/api/v1/appraisals/neighbours", name="查无此人"),
    "GET /api/v1/appraisals/looks": get("/api/v1/appraisals/looks"),
    "GET /api/v1/appraisals/objected": get("/api/v1/appraisals/objected"),
    "GET /api/v1/feed": get("/api/v1/feed"),
    "GET /api/v1/feed/month": get("/api/v1/feed/month"),
    "GET /api/v1/feed/held": get("/api/v1/feed/held"),
    "GET /api/v1/cases/kinds": get("/api/v1/cases/kinds"),
    "GET /api/v1/cases/mine": get("/api/v1/cases/mine"),
    "GET /api/v1/cases/queue": get("/api/v1/cases/queue"),
    "GET /api/v1/feed/reasons": get("/api/v1/feed/reasons"),
    "GET /api/v1/sync/waiting": get("/api/v1/sync/waiting"),
    "POST /api/v1/media": _upload,
    "GET /api/v1/zone/households": get("/api/v1/zone/households"),
    "GET /api/v1/proxies": get("/api/v1/proxies"),
    "POST /api/v1/proxies/paper": post(
        "/api/v1/proxies/paper",
        id=NEW,
        number="0000",
        name="无此人",
        holder={"name": "段永平", "phone": "13900009999"},
        witness={"name": "段永平", "phone": "13900009999"},
        powers=["report"],
        last_day=SOON,
    ),
    "GET /api/v1/broadcasts": get("/api/v1/broadcasts"),
    "GET /api/v1/broadcasts/offer": get("/api/v1/broadcasts/offer"),
    "GET /api/v1/inbox": get("/api/v1/inbox"),
    "GET /api/v1/subscriptions": get("/api/v1/subscriptions"),
    "POST /api/v1/subscriptions": post("/api/v1/subscriptions", choices={"visit_reminder": "accept"}),
    "GET /api/v1/me/quiet-hours": get("/api/v1/me/quiet-hours"),
    "PUT /api/v1/me/quiet-hours": lambda _t: Ask("PUT", "/api/v1/me/quiet-hours", body={"from_hour": 21, "to_hour": 7}),
    "GET /healthz": get("/healthz"),
    "GET /readyz": get("/readyz"),
    "GET /metrics": get("/metrics"),
}
# What a matrix of roles says nothing about: the description of the API is for everybody, WeChat has its own promise.
ELSEWHERE = ("/wechat/",)
RECIPES = {**PLACED, **UNPLACED}


def routes(app: Flask) -> list[str]:
    """Every route that has to have a recipe, as it stands in the URL map."""
    documents = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] in DOCUMENTS}
    found = ((method, rule) for method, rule, _ in endpoints(app) if rule not in documents)
    return sorted(f"{method} {rule}" for method, rule in found if not rule.startswith(ELSEWHERE))
